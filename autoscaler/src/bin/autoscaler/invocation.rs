//! One invocation: every limit is looked at once.

use jobq_adapters::aws::wake::Wake;
use jobq_adapters::log::Line;
use jobq_autoscaler::report::Report;
use jobq_autoscaler::tick;
use jobq_core::event::telling::Level;
use jobq_core::fault::Fault;
use jobq_core::ports::clock::Clock;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Map, Value};

use crate::environment::Environment;
use crate::report;
use crate::world::LambdaWorld;

/// Sizes the drainers of every limit, whoever asked for it. A limit that couldn't be is the function's error, once
/// the others are done, so that alarms see it.
pub(crate) async fn run(environment: &Environment, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let woken_by = Wake::read(&event.payload);
    let setup = environment.setup().map_err(|fault| failed(environment, &fault))?;
    let world = LambdaWorld::open(setup, environment.clock);
    let mut sized = Map::new();
    let mut failures = Vec::new();
    for Report { limit, outcome } in tick(&world, &setup.plans).await {
        match outcome {
            Ok(scaled) => {
                let now = environment.clock.now();
                environment.log.write(&report::line(now, woken_by, &setup.stack.name, &limit, &scaled));
                for fault in &scaled.faults {
                    environment.tell(&warning(limit.as_str(), fault));
                }
                sized.insert(limit.to_string(), report::answer(&scaled));
            }
            Err(fault) => failures.push(failed(environment, &fault).error_message),
        }
    }
    if failures.is_empty() { Ok(Value::Object(sized)) } else { Err(diagnostic(failures.join("; "))) }
}

fn failed(environment: &Environment, fault: &Fault) -> Diagnostic {
    let error = fault.chain();
    environment.tell(&Line::new(Level::Error, "sizing_failed", [("error", error.clone().into())]));
    diagnostic(error)
}

fn diagnostic(error_message: String) -> Diagnostic {
    Diagnostic { error_type: "Fault".to_owned(), error_message }
}

fn warning(limit: &str, fault: &Fault) -> Line {
    let fields = [("limit", limit.into()), ("error", fault.chain().into())];
    Line::new(Level::Warn, "operation_failed", fields)
}
