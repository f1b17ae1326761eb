//! A decision as one line: what was read, what was decided and why, and the metrics of it.

use jobq_adapters::aws::log::emf::{self, Measure, Unit};
use jobq_adapters::aws::wake::Wake;
use jobq_adapters::log::Line;
use jobq_autoscaler::report::Scaled;
use jobq_core::event::telling::Level;
use jobq_core::metric_names::{COOLING_SECONDS, DRAINERS_ALIVE, DRAINERS_DESIRED, RATE_ALLOWED};
use jobq_core::name::{LimitName, StackName};
use jobq_core::policy::scale::reading::{Cap, QueueReading, Reading};
use jobq_core::time::Timestamp;
use serde_json::{Value, json};

/// The line of a limit's decision, told at `now`.
pub(crate) fn line(
    now: Timestamp,
    woken_by: Wake,
    stack: &StackName,
    limit: &LimitName,
    scaled: &Scaled,
) -> Value {
    let Scaled { reading, decision, .. } = scaled;
    let fields = [
        ("woken_by", woken_by.as_str().into()),
        ("limit", limit.as_str().into()),
        ("reason", decision.reason().into()),
        ("reading", read(reading)),
        ("start", decision.start.into()),
        ("set_cap", decision.cap.into()),
        ("coming", decision.crew.coming.into()),
        ("ending", decision.crew.ending.into()),
    ];
    let fields = Line::new(Level::Info, "drainers_sized", fields).told(now);
    emf::line(now, stack, limit, &measures(scaled), fields)
}

/// What the function answers of a limit.
pub(crate) fn answer(scaled: &Scaled) -> Value {
    let decision = &scaled.decision;
    let faults: Vec<String> = scaled.faults.iter().map(|fault| fault.chain()).collect();
    json!({
        "desired": decision.desired,
        "at_work": decision.crew.at_work,
        "start": decision.start,
        "reason": decision.reason(),
        "faults": faults,
    })
}

fn measures(scaled: &Scaled) -> [Measure; 4] {
    let measure = |name, unit, value| Measure { name, unit, value };
    let Scaled { reading, decision, state, .. } = scaled;
    let cooling = state.cool_down.as_ref().map(|cool| cool.until.since(reading.at)).unwrap_or_default();
    [
        measure(DRAINERS_DESIRED, Unit::Count, decision.desired.into()),
        measure(DRAINERS_ALIVE, Unit::Count, decision.crew.at_work.into()),
        measure(COOLING_SECONDS, Unit::Seconds, cooling.as_secs_f64()),
        // Infinite without a pace: then it is no metric.
        measure(RATE_ALLOWED, Unit::CountPerSecond, decision.need.pace),
    ]
}

fn read(reading: &Reading) -> Value {
    let queues: Vec<Value> = reading.queues.iter().map(queue).collect();
    let cap = match reading.cap {
        Cap::Unknown => "unknown".into(),
        Cap::Unset => Value::Null,
        Cap::At(cap) => cap.into(),
    };
    json!({ "queues": queues, "arrivals": reading.arrivals, "cap": cap })
}

fn queue(reading: &QueueReading) -> Value {
    let counts = reading.backlog.map(|backlog| {
        json!({ "ready": backlog.ready, "in_flight": backlog.in_flight, "delayed": backlog.delayed })
    });
    json!({ "queue": reading.queue.as_str(), "open": reading.is_open(), "backlog": counts })
}
