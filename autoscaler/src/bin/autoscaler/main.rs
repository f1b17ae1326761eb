//! The Lambda bootstrap of the autoscaler: one function for all limits of a stack.
//!
//! Whatever wakes it, a rule each minute or a push, it does the same: `invocation` looks at every limit once and
//! tells what was decided. `environment` lasts for many invocations; `world` is what each works with.

mod env_vars;
mod environment;
mod invocation;
mod world;

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::Value;

use crate::environment::Environment;

fn main() -> Result<(), Error> {
    // One thread: a small function has a small part of one processor.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> Result<(), Error> {
    let environment = Environment::open().await;
    let handler = |event: LambdaEvent<Value>| invocation::run(&environment, event);
    Runtime::new(service_fn(handler)).run().await
}
