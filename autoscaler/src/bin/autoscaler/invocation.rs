//! One invocation: every limit is looked at once.

use jobq_adapters::aws::wake::Wake;
use jobq_autoscaler::report::{Report, Scaled};
use jobq_autoscaler::tick;
use jobq_core::event::operations::OperationFailed;
use jobq_core::event::sizing::{DrainersSized, SizingFailed};
use jobq_core::fault::Fault;
use jobq_core::name::LimitName;
use jobq_core::policy::scale::tempo::Tempo;
use jobq_core::ports::clock::Clock;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Map, Value, json};

use crate::environment::Environment;
use crate::world::LambdaWorld;

/// Sizes the drainers of every limit, whoever asked for it. A limit that couldn't be is the function's error, once
/// the others are done, so that alarms see it.
pub(crate) async fn run(environment: &Environment, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let woken_by = Wake::read(&event.payload).as_str();
    let setup = environment.setup().map_err(|fault| diagnostic(failed(environment, None, &fault)))?;
    let world = LambdaWorld::open(setup, environment.clock);
    let mut sized = Map::new();
    let mut failures = Vec::new();
    for Report { limit, outcome } in tick(&world, &setup.plans).await {
        match outcome {
            Ok(scaled) => {
                let Scaled { reading, decision, state, faults } = &scaled;
                let event = DrainersSized::new(&limit, woken_by, reading, decision, state);
                environment.log.show(environment.clock.now(), &setup.stack.name, &limit, &event);
                faults.iter().for_each(|fault| environment.tell_of(&limit, &impaired(fault)));
                sized.insert(limit.to_string(), answer(&scaled));
            }
            Err(fault) => failures.push(failed(environment, Some(limit), &fault)),
        }
    }
    if failures.is_empty() { Ok(Value::Object(sized)) } else { Err(diagnostic(failures.join("; "))) }
}

/// What the function answers of a limit.
fn answer(scaled: &Scaled) -> Value {
    let decision = &scaled.decision;
    let faults: Vec<String> = scaled.faults.iter().map(Fault::chain).collect();
    json!({
        "desired": decision.desired,
        "at_work": decision.crew.at_work,
        "start": decision.start,
        "reason": decision.reason(),
        "faults": faults,
    })
}

/// What could not be read or done is made good by the next tick.
fn impaired(fault: &Fault) -> OperationFailed {
    OperationFailed { error: fault.chain(), retry_in: Tempo::EACH_MINUTE.tick }
}

/// Tells what failed, and answers why.
fn failed(environment: &Environment, limit: Option<LimitName>, fault: &Fault) -> String {
    let failed = SizingFailed { limit, error: fault.chain() };
    environment.tell(&failed);
    failed.error
}

fn diagnostic(error_message: String) -> Diagnostic {
    Diagnostic { error_type: "Fault".to_owned(), error_message }
}
