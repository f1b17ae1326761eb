//! Tracing: what is told of the calls of a traced task, and of how they end.
//!
//! Where a span stands follows from the task, the number of the call and the instant it began; so nothing is kept
//! between a call's start, when the API is told of it, and its end.

use std::borrow::Cow;
use std::time::Duration;

use jobq_core::envelope::Envelope;
use jobq_core::limit::Limit;
use jobq_core::outcome::Outcome;
use jobq_core::queue::Queue;
use jobq_core::reply::CallError;
use jobq_core::settlement::Settled;
use jobq_core::span::{self, Span, SpanKind, Value};
use jobq_core::task::Request;
use jobq_core::time::Timestamp;
use jobq_core::trace::{TRACEPARENT, TraceContext};
use url::Url;

use crate::hand::Ready;

/// What a call was like, as far as its span tells.
pub(crate) struct Seen<'a> {
    pub(crate) queue: &'a Queue,
    pub(crate) ready: &'a Ready,
    pub(crate) started_at: Timestamp,
    pub(crate) latency: Duration,
    /// The status, or why there is none.
    pub(crate) answer: Result<u16, &'a CallError>,
    pub(crate) outcome: &'a Outcome,
}

/// Where a call that is started now stands, if its task is in a trace.
pub(crate) fn place(envelope: &Envelope, started_at: Timestamp) -> Option<TraceContext> {
    Some(envelope.trace?.child("call", &envelope.id, envelope.calls, started_at))
}

/// The request as it goes out: it tells the API where it stands, unless the task or its limit say something else.
/// Where nobody records the call, the API is told of the last span that somebody has recorded.
pub(crate) fn telling<'a>(
    ready: &'a Ready,
    limit: &Limit,
    started_at: Timestamp,
    is_on: bool,
) -> Cow<'a, Request> {
    let is_said =
        |headers: &[(String, String)]| headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(TRACEPARENT));
    let request = &ready.request;
    let here = if is_on { place(&ready.envelope, started_at) } else { ready.envelope.trace };
    match here {
        Some(here) if !is_said(&request.headers) && !is_said(&limit.headers) => {
            let mut request = request.clone();
            request.headers.push((TRACEPARENT.to_owned(), here.to_string()));
            Cow::Owned(request)
        }
        _ => Cow::Borrowed(request),
    }
}

impl Seen<'_> {
    /// The span of the call; none if its task isn't recorded.
    pub(crate) fn span(&self) -> Option<Span> {
        let Ready { envelope, request, .. } = self.ready;
        let parent = envelope.trace.filter(TraceContext::is_sampled)?;
        let shown = span::shown_url(&request.url);
        let mut attributes = vec![
            (span::METHOD, request.method.as_str().into()),
            (span::ATTEMPT, Value::count(envelope.calls.saturating_add(1))),
            (span::OUTCOME, outcome(self.outcome).into()),
        ];
        if let Ok(url) = Url::parse(&shown) {
            attributes.extend(url.host_str().map(|host| (span::SERVER, host.into())));
            attributes.extend(url.port_or_known_default().map(|port| (span::PORT, Value::count(port))));
        }
        attributes.push((span::URL, shown.into()));
        if envelope.calls > 0 {
            attributes.push((span::RESEND_COUNT, Value::count(envelope.calls)));
        }
        let error = match self.answer {
            Ok(status) => {
                attributes.push((span::STATUS, Value::count(status)));
                let is_error = status >= 400;
                is_error.then(|| attributes.push((span::ERROR, status.to_string().into())));
                is_error.then(String::new)
            }
            Err(error) => {
                attributes.push((span::ERROR, kind(error).into()));
                Some(error.to_string())
            }
        };
        attributes.extend(self.whose());
        Some(Span {
            name: request.method.as_str().to_owned(),
            kind: SpanKind::Client,
            context: place(envelope, self.started_at)?,
            parent: Some(parent.span),
            started_at: self.started_at,
            ended_at: self.started_at.plus(self.latency),
            attributes,
            error,
        })
    }

    /// The span of the delivery's end, which begins now; none if its task isn't recorded, or goes on at once.
    pub(crate) fn settle(&self, now: Timestamp) -> Option<Span> {
        let envelope = &self.ready.envelope;
        envelope.trace.filter(TraceContext::is_sampled)?;
        let call = place(envelope, self.started_at)?;
        let seconds = |delay: &Duration| (span::DELAY, Value::Fraction(delay.as_secs_f64()));
        let (settlement, mut attributes, error) = match self.outcome {
            Outcome::Done => ("done", Vec::new(), None),
            Outcome::Retry { delay } | Outcome::Throttled { delay } | Outcome::Deferred { delay } => {
                ("retry", vec![seconds(delay)], None)
            }
            Outcome::Dead { reason, detail } => {
                ("dead", vec![(span::REASON, reason.as_str().into())], Some(detail.clone()))
            }
            Outcome::Redirected { .. } => return None,
        };
        attributes.push((span::SETTLEMENT, settlement.into()));
        attributes.push((span::OUTCOME, outcome(self.outcome).into()));
        attributes.push((span::OPERATION, "settle".into()));
        attributes.push((span::OPERATION_TYPE, "settle".into()));
        attributes.extend(self.whose());
        Some(Span {
            name: format!("settle {}", self.queue.name),
            kind: SpanKind::Internal,
            context: call.child("settle", &envelope.id, envelope.calls, now),
            parent: Some(call.span),
            started_at: now,
            ended_at: now,
            attributes,
            error,
        })
    }

    /// Which task it is.
    fn whose(&self) -> [(&'static str, Value); 4] {
        let envelope = &self.ready.envelope;
        [
            (span::SYSTEM, "jobq".into()),
            (span::QUEUE, self.queue.name.as_str().into()),
            (span::TASK, envelope.id.as_str().into()),
            (span::BATCH, envelope.batch.as_str().into()),
        ]
    }
}

/// The span of a delivery that has ended.
pub(crate) fn ended(mut span: Span, settled: Settled, recorded: Option<usize>, now: Timestamp) -> Span {
    span.ended_at = now;
    span.attributes.extend(recorded.map(|bytes| (span::RESULT_BYTES, Value::count(bytes))));
    if settled == Settled::Stale {
        span.attributes.push((span::STALE, Value::Flag(true)));
    }
    span
}

fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Retry { .. } => "retry",
        Outcome::Throttled { .. } => "throttled",
        Outcome::Deferred { .. } => "deferred",
        Outcome::Redirected { .. } => "redirected",
        Outcome::Dead { .. } => "dead",
    }
}

fn kind(error: &CallError) -> &'static str {
    match error {
        CallError::Timeout(_) => "timeout",
        CallError::Connection(_) => "connection",
        CallError::TooLarge(_) => "too_large",
        CallError::Forbidden(_) => "forbidden",
        CallError::Secret(_) => "secret",
        CallError::Panicked(_) => "panicked",
    }
}
