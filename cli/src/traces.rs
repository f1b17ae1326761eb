//! Traces: whether they are on, where those of a push begin, and the one warning if they didn't arrive.

use jobq_adapters::otlp::OtlpSpans;
use jobq_adapters::otlp::headers::Headers;
use jobq_core::policy::exporting::Export;
use jobq_core::policy::sampling::Sampler;
use jobq_core::trace::Roots;
use jobq_producer::traced::Tracing;

use crate::env_vars;
use crate::printer::Printer;

/// How many spans wait at most, unless `OTEL_BSP_MAX_QUEUE_SIZE` says it: a push makes them faster than the SDK's own
/// measure allows for.
const QUEUE: usize = 1 << 16;

/// Opens the export of spans if OpenTelemetry's variables ask for it. What is wrong with it is warned of: no task
/// waits for a trace.
pub(crate) fn open(printer: Printer) -> OtlpSpans {
    let Some(export) = Export::asked_for(env_vars::read) else {
        return OtlpSpans::off();
    };
    if let Some(told) = export.other_protocol() {
        printer.warn(format_args!("{told}"));
    }
    OtlpSpans::open(export.queue.unwrap_or(QUEUE), export.timeout, Headers::default()).unwrap_or_else(|_| {
        // What is wrong may hold a password, and so isn't repeated.
        printer.warn(format_args!("{}", export.no_such_place()));
        OtlpSpans::off()
    })
}

/// Sends the last spans, and says if some were lost.
pub(crate) fn close(spans: &OtlpSpans, printer: Printer) {
    if let Some(lost) = spans.close() {
        printer.warn(format_args!("traces: {lost}"));
    }
}

/// How the tasks of a push are traced, if they are.
pub(crate) fn of_push(printer: Printer) -> Option<Tracing> {
    Export::asked_for(env_vars::read).map(|_| {
        let parent = env_vars::read(env_vars::TRACEPARENT).and_then(|text| text.parse().ok());
        let chance = std::array::from_fn(|_| fastrand::u8(..));
        Tracing { roots: Roots::new(chance, parent), sampler: sampler(printer) }
    })
}

fn sampler(printer: Printer) -> Sampler {
    let Some(name) = env_vars::read(env_vars::SAMPLER) else {
        return Sampler::default();
    };
    let argument = env_vars::read(env_vars::SAMPLER_ARG);
    Sampler::parse(&name, argument.as_deref()).unwrap_or_else(|error| {
        printer.warn(format_args!("{}: {error}; every trace is recorded", env_vars::SAMPLER));
        Sampler::default()
    })
}
