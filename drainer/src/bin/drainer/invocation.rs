//! One invocation: drains until nothing is left, or the function's deadline nears, and says what it did.

use std::future::pending;
use std::time::Duration;

use jobq_adapters::aws::log::{Level, Line};
use jobq_adapters::aws::wake::Wake;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::DrainerId;
use jobq_core::ports::clock::Clock;
use jobq_core::time::Timestamp;
use jobq_drainer::drain;
use jobq_drainer::plan::{Plan, Until};
use jobq_drainer::summary::Summary;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::{Map, Value};

use crate::environment::{Environment, Setup};
use crate::world::LambdaWorld;

/// How long before the function's deadline calls are broken off: what was called must still be settled, in spite of
/// a lost packet or two, and told of.
const BEFORE_DEADLINE: Duration = Duration::from_secs(8);

/// Of a short time, this part is kept for that at most.
const PART_OF_TIME: u32 = 4;

/// Drains the limit's queues, whoever asked for it. A fault is the function's error, so that alarms see it.
pub(crate) async fn run(environment: &Environment, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let (payload, context) = event.into_parts();
    let begun = environment.clock.uptime();
    let woken_by = ("woken_by", Value::from(Wake::read(&payload).as_str()));
    environment.tell(&Line::new(Level::Info, "drain_begun", [woken_by.clone()]));
    match drained(environment, &context).await {
        Ok(summary) => {
            let seconds = environment.clock.uptime().saturating_sub(begun).as_secs_f64();
            let mut line = Line::new(Level::Info, "drain_ended", [woken_by, ("seconds", seconds.into())]);
            line.fields.extend(counts(&summary));
            environment.tell(&line);
            Ok(Value::Object(line.fields))
        }
        Err(fault) => {
            let error = fault.chain();
            environment.tell(&Line::new(Level::Error, "drain_failed", [("error", error.clone().into())]));
            Err(Diagnostic { error_type: "Fault".to_owned(), error_message: error })
        }
    }
}

async fn drained(environment: &Environment, context: &Context) -> Result<Summary, Fault> {
    let setup = environment.setup()?;
    let drainer = drainer_id(&context.request_id)?;
    let account = account(&context.invoked_function_arn)?;
    let world = LambdaWorld::open(environment, setup, &drainer, account)?;
    let plan = plan(setup, drainer, environment.clock.now(), deadline(context));
    let summary = drain(&world, &plan, pending(), pending()).await;
    world.flush();
    summary
}

fn plan(setup: &Setup, drainer: DrainerId, now: Timestamp, deadline: Timestamp) -> Plan {
    let margin = BEFORE_DEADLINE.min(deadline.since(now) / PART_OF_TIME);
    let mut plan = Plan::new(drainer, setup.limit.clone(), setup.queues.clone()).over_sqs();
    plan.until = Until::Empty;
    plan.deadline = Some(deadline.minus(margin));
    plan
}

fn deadline(context: &Context) -> Timestamp {
    Timestamp::from_micros(context.deadline.saturating_mul(1_000))
}

/// An id of its own: an event that is delivered twice keeps its request's.
fn drainer_id(request: &str) -> Result<DrainerId, Fault> {
    let id = format!("lambda-{request}-{:08x}", fastrand::u32(..));
    id.parse().map_err(|error| Fault::new(FaultKind::Lasting, "name the drainer").caused_by(error))
}

/// The account in `arn:aws:lambda:REGION:ACCOUNT:function:NAME`.
fn account(arn: &str) -> Result<&str, Fault> {
    arn.split(':').nth(4).filter(|account| !account.is_empty()).ok_or_else(|| {
        Fault::new(FaultKind::Lasting, format!("find out the account: the function is called '{arn}'"))
    })
}

fn counts(summary: &Summary) -> Map<String, Value> {
    let Summary { calls, done, retried, throttled, dead, released, stale, forfeited } = *summary;
    let counts = [
        ("calls", calls),
        ("done", done),
        ("retried", retried),
        ("throttled", throttled),
        ("dead", dead),
        ("released", released),
        ("stale", stale),
        ("forfeited", forfeited),
    ];
    counts.into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect()
}
