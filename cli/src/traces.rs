//! Traces: whether they are on, where those of a push begin, and the one warning if they didn't arrive.

use std::time::Duration;

use jobq_adapters::otlp::OtlpSpans;
use jobq_core::policy::sampling::Sampler;
use jobq_core::trace::Roots;
use jobq_producer::traced::Tracing;

use crate::env_vars;
use crate::printer::Printer;

/// Opens the export of spans if OpenTelemetry's variables ask for it. What is wrong with it is warned of: no task
/// waits for a trace.
pub(crate) fn open(printer: Printer) -> OtlpSpans {
    if !is_asked_for() {
        return OtlpSpans::off();
    }
    let protocol =
        [env_vars::OTLP_TRACES_PROTOCOL, env_vars::OTLP_PROTOCOL].into_iter().find_map(env_vars::read);
    if let Some(protocol) = protocol.filter(|protocol| protocol != "http/protobuf") {
        printer.warn(format_args!("traces go out by http/protobuf alone, not by '{protocol}'"));
    }
    let number = |name| env_vars::read(name).and_then(|text| text.parse().ok());
    let timeout = [env_vars::OTLP_TRACES_TIMEOUT, env_vars::OTLP_TIMEOUT].into_iter().find_map(number);
    let timeout = timeout.map(Duration::from_millis);
    let queue = number(env_vars::BSP_QUEUE).and_then(|size| usize::try_from(size).ok());
    OtlpSpans::open(queue, timeout).unwrap_or_else(|_| {
        // What is wrong may hold a password, and so isn't repeated.
        let place = [env_vars::OTLP_TRACES_ENDPOINT, env_vars::OTLP_ENDPOINT];
        let set = place.into_iter().find(|name| env_vars::read(name).is_some()).unwrap_or(place[1]);
        printer.warn(format_args!(
            "nothing is traced: {set} is no place to send to, like http://localhost:4318"
        ));
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
    is_asked_for().then(|| {
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

/// Whether somebody said where traces go, and nobody said that there be none.
fn is_asked_for() -> bool {
    let is_off = env_vars::read(env_vars::OTEL_DISABLED)
        .is_some_and(|text| text.eq_ignore_ascii_case("true"))
        || env_vars::read(env_vars::TRACES_EXPORTER).is_some_and(|name| name == "none");
    let places = [env_vars::OTLP_ENDPOINT, env_vars::OTLP_TRACES_ENDPOINT];
    !is_off && places.into_iter().any(|name| env_vars::read(name).is_some())
}
