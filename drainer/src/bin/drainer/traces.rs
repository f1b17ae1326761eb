//! Traces of one invocation: whether they are sent, with which headers, and what became of them.
//!
//! No task waits for a trace: what is wrong with them is warned of, and the drain goes on without.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use jobq_adapters::aws::secrets::AwsSecrets;
use jobq_adapters::otlp::headers::Headers;
use jobq_adapters::otlp::{FLUSH, OtlpSpans};
use jobq_core::event::program::WarningTold;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::policy::exporting::Export;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::spans::Spans;
use jobq_core::stack::Traces;

use crate::env_vars;
use crate::environment::{Environment, Setup};

/// How many spans wait at most, unless `OTEL_BSP_MAX_QUEUE_SIZE` says it. Room for all of them is made at once, and a
/// small function has 128 MB; a batch is sent every few seconds.
const QUEUE: usize = 1 << 12;

/// How long reading the secrets of the headers may take.
const TO_READ_SECRETS: Duration = Duration::from_secs(2);

/// Opens the export of spans if the function's variables ask for it.
pub(crate) async fn open(environment: &Environment, setup: &Setup) -> OtlpSpans {
    let Some(export) = Export::asked_for(env_vars::read) else {
        return OtlpSpans::off();
    };
    if let Some(told) = export.other_protocol() {
        warn(environment, told);
    }
    let headers = match headers(environment, setup).await {
        Ok(headers) => headers,
        Err(fault) => {
            warn(environment, format!("nothing is traced: {}", fault.chain()));
            return OtlpSpans::off();
        }
    };
    OtlpSpans::open(export.queue.unwrap_or(QUEUE), export.timeout, headers).unwrap_or_else(|_| {
        // What is wrong may hold a password, and so isn't repeated.
        warn(environment, export.no_such_place());
        OtlpSpans::off()
    })
}

/// How long before the function's deadline a drain has to end, so that its last spans can be sent.
pub(crate) fn time_to_close(spans: &OtlpSpans) -> Duration {
    if spans.is_on() { FLUSH } else { Duration::ZERO }
}

/// Sends the last spans, and tells if some were lost.
pub(crate) fn close(environment: &Environment, spans: &OtlpSpans) {
    if let Some(lost) = spans.close() {
        warn(environment, format!("traces: {lost}"));
    }
}

async fn headers(environment: &Environment, setup: &Setup) -> Result<Headers, Fault> {
    let Some(Traces { headers, secrets, .. }) = &setup.stack.traces else {
        return Ok(Headers::default());
    };
    let store = AwsSecrets::open(&setup.sdk, setup.stack.clone(), environment.clock);
    let filled = pin!(Headers::filled(headers, secrets, store));
    match select(filled, pin!(environment.clock.sleep(TO_READ_SECRETS))).await {
        Either::Left((filled, _)) => filled,
        Either::Right(_) => Err(Fault::new(
            FaultKind::Passing,
            format!("read the secrets of traces within {TO_READ_SECRETS:?}"),
        )),
    }
}

fn warn(environment: &Environment, text: String) {
    environment.tell(&WarningTold { text });
}
