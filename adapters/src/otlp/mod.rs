//! Spans by OTLP: queued and exported by OpenTelemetry's own SDK, as its variables say.
//!
//! A span of ours becomes one of the SDK's, ids and all; the SDK's batch processor takes it on, its exporter encodes
//! it, and `client` sends it with its `headers`. `delivery` counts what arrived, since the SDK tells its own log alone.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::ports::spans::Spans;
use jobq_core::span::{Span, SpanKind, Value};
use jobq_core::time::Timestamp;
use opentelemetry::trace::{self, SpanContext, Status, TraceFlags, TraceState};
use opentelemetry::{InstrumentationScope, Key, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor,
};

use self::client::Client;
use self::delivery::{Counted, Delivery};
use self::headers::Headers;

pub mod headers;

mod client;
mod delivery;

/// How long the last spans may take: nobody waits longer for a receiver that is away.
pub const FLUSH: Duration = Duration::from_secs(3);

/// However many are asked for: the SDK makes room for all of them at once.
const MOST_QUEUE: usize = 1 << 20;

/// How long a batch may take, as OpenTelemetry's specification has it where nobody says otherwise. The SDK cuts off no
/// request by itself: without this a receiver that is silent would take all that follows with it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Takes spans on for a receiver, or drops them where there is none.
pub struct OtlpSpans(Option<Exporting>);

struct Exporting {
    processor: BatchSpanProcessor,
    delivery: Arc<Delivery>,
    scope: InstrumentationScope,
}

impl OtlpSpans {
    /// Nobody wants spans.
    pub fn off() -> Self {
        Self(None)
    }

    /// Exports to where OpenTelemetry's variables say, with `headers` beside those they name; `queue` spans wait at most,
    /// and a batch is given up after `timeout` (10 s if nobody says). Asks nothing of the receiver yet.
    pub fn open(queue: usize, timeout: Option<Duration>, headers: Headers) -> Result<Self, Fault> {
        let fault = |error: Box<dyn std::error::Error + Send + Sync>| {
            Fault::new(FaultKind::Lasting, "set up the export of traces").caused_by(error)
        };
        let client = Client::new(timeout.unwrap_or(TIMEOUT), headers).map_err(fault)?;
        let exporter = SpanExporter::builder().with_http().with_http_client(client).build();
        let exporter = exporter.map_err(|error| fault(error.into()))?;
        let delivery = Arc::new(Delivery::default());
        let config = BatchConfigBuilder::default().with_max_queue_size(queue.clamp(1, MOST_QUEUE)).build();
        let mut processor = BatchSpanProcessor::new(Counted::new(exporter, Arc::clone(&delivery)), config);
        processor.set_resource(&resource());
        let scope = InstrumentationScope::builder("jobq").with_version(env!("CARGO_PKG_VERSION")).build();
        Ok(Self(Some(Exporting { processor, delivery, scope })))
    }

    /// Sends what wasn't sent yet, and takes no more on. Ends within a few seconds, whatever the receiver does.
    /// Answers with what somebody should know: that spans were lost, and why.
    pub fn close(&self) -> Option<String> {
        let Exporting { processor, delivery, .. } = self.0.as_ref()?;
        let late = processor.shutdown_with_timeout(FLUSH).err();
        delivery.lost(late.map(|error| error.to_string()))
    }
}

impl Spans for OtlpSpans {
    fn is_on(&self) -> bool {
        self.0.is_some()
    }

    fn record(&self, span: Span) {
        if let Some(Exporting { processor, delivery, scope }) = &self.0 {
            delivery.taken();
            processor.on_end(data(span, scope.clone()));
        }
    }
}

/// What the spans are of, as OpenTelemetry's variables say; `jobq` where they say nothing.
fn resource() -> Resource {
    let found = Resource::builder().build();
    let name = found.get(&Key::from_static_str("service.name"));
    if name.is_none_or(|name| name.as_str().starts_with("unknown_service")) {
        return Resource::builder().with_service_name("jobq").build();
    }
    found
}

fn data(span: Span, scope: InstrumentationScope) -> SpanData {
    let flags = if span.context.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    let trace = trace::TraceId::from_bytes(span.context.trace.bytes());
    let id = trace::SpanId::from_bytes(span.context.span.bytes());
    let parent = span.parent.map_or(trace::SpanId::INVALID, |id| trace::SpanId::from_bytes(id.bytes()));
    SpanData {
        span_context: SpanContext::new(trace, id, flags, false, TraceState::default()),
        parent_span_id: parent,
        // What a task's calls are parts of was told by whoever pushed it.
        parent_span_is_remote: span.kind != SpanKind::Internal && span.parent.is_some(),
        span_kind: match span.kind {
            SpanKind::Producer => trace::SpanKind::Producer,
            SpanKind::Client => trace::SpanKind::Client,
            SpanKind::Internal => trace::SpanKind::Internal,
        },
        name: span.name.into(),
        start_time: UNIX_EPOCH + since_epoch(span.started_at),
        end_time: UNIX_EPOCH + since_epoch(span.ended_at),
        attributes: span.attributes.into_iter().map(|(key, value)| key_value(key, value)).collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: span.error.map_or(Status::Unset, Status::error),
        instrumentation_scope: scope,
    }
}

fn since_epoch(at: Timestamp) -> Duration {
    at.since(Timestamp::EPOCH)
}

fn key_value(key: &'static str, value: Value) -> KeyValue {
    match value {
        Value::Text(text) => KeyValue::new(key, text),
        Value::Number(number) => KeyValue::new(key, number),
        Value::Fraction(fraction) => KeyValue::new(key, fraction),
        Value::Flag(flag) => KeyValue::new(key, flag),
    }
}
