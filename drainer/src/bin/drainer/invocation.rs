//! One invocation: drains until nothing is left, or the function's deadline nears, and says what it did.

use std::future::pending;
use std::time::Duration;

use jobq_adapters::aws::wake::Wake;
use jobq_adapters::log::Line;
use jobq_core::event::drainers::{DrainBegun, DrainEnded, DrainFailed, Run};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::{DrainerId, NameError};
use jobq_core::policy::permits::per_drainer;
use jobq_core::ports::clock::Clock;
use jobq_core::time::Timestamp;
use jobq_drainer::drain;
use jobq_drainer::plan::{Plan, Until};
use jobq_drainer::world::World;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::Value;

use crate::environment::{Environment, Setup};
use crate::traces;
use crate::world::LambdaWorld;

/// How long before the function's deadline everything else is to be done: for what is told then, and for the answer.
const TO_TELL: Duration = Duration::from_secs(1);

/// How long a drainer stays when there is nothing to do. Waiting is paid for, and somebody who pushes wakes the next.
const IDLE: Duration = Duration::from_secs(10);

/// Drains the limit's queues, whoever asked for it, and answers what its log says at the end. A fault is the function's
/// error, so that alarms see it.
pub(crate) async fn run(environment: &Environment, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let (payload, context) = event.into_parts();
    let run = Run { drainer: id(&context.request_id), woken_by: Wake::read(&payload).as_str() };
    match drained(environment, &context, run.clone()).await {
        Ok(ended) => {
            environment.tell(&ended);
            Ok(Value::Object(Line::of(&ended).fields))
        }
        Err(fault) => {
            let limit = environment.setup().ok().map(|setup| setup.limit.name.clone());
            let failed = DrainFailed { limit, run, error: fault.chain() };
            environment.tell(&failed);
            Err(Diagnostic { error_type: "Fault".to_owned(), error_message: failed.error })
        }
    }
}

async fn drained(environment: &Environment, context: &Context, run: Run) -> Result<DrainEnded, Fault> {
    let begun = environment.clock.uptime();
    let setup = environment.setup()?;
    let limit = &setup.limit.name;
    environment.tell(&DrainBegun { limit: limit.clone(), drainers: 1, run: Some(run.clone()) });
    let drainer: DrainerId = run
        .drainer
        .parse()
        .map_err(|error: NameError| Fault::new(FaultKind::Lasting, "name the drainer").caused_by(error))?;
    let account = account(&context.invoked_function_arn)?;
    let spans = traces::open(environment, setup).await;
    let deadline = deadline(context).minus(TO_TELL).minus(traces::time_to_close(&spans));
    let world = LambdaWorld::open(environment, setup, &drainer, account, spans)?;
    let plan = plan(setup, drainer, deadline);
    let summary = drain(&world, &plan, pending(), pending()).await;
    world.flush();
    traces::close(environment, world.spans());
    let took = environment.clock.uptime().saturating_sub(begun);
    Ok(DrainEnded { run: Some(run), ..summary?.ended(limit, took) })
}

/// What the drainer is to do until it has to be done.
fn plan(setup: &Setup, drainer: DrainerId, deadline: Timestamp) -> Plan {
    let permits = per_drainer(&setup.limit).get();
    // Reserved concurrency is what holds drainers to the limit's most.
    let mut plan = Plan::new(drainer, setup.limit.clone(), setup.queues.clone()).over_sqs().capped();
    plan.permits = usize::try_from(permits).unwrap_or(usize::MAX);
    plan.until = Until::Idle(IDLE);
    plan.deadline = Some(deadline);
    plan
}

fn deadline(context: &Context) -> Timestamp {
    Timestamp::from_micros(context.deadline.saturating_mul(1_000))
}

/// What the drainer is called. An event that is delivered twice keeps its request's id, and makes two drainers.
fn id(request: &str) -> String {
    format!("lambda-{request}-{:08x}", fastrand::u32(..))
}

/// The account in `arn:aws:lambda:REGION:ACCOUNT:function:NAME`.
fn account(arn: &str) -> Result<&str, Fault> {
    arn.split(':').nth(4).filter(|account| !account.is_empty()).ok_or_else(|| {
        Fault::new(FaultKind::Lasting, format!("find out the account: the function is called '{arn}'"))
    })
}
