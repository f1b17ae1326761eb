//! The Lambda bootstrap of a drainer: one function a limit.
//!
//! `environment` is made once and lasts for many invocations; `invocation` is one of them: it drains until there is
//! nothing left, or the function's deadline nears. `world` is what it works with, `traces` where its spans go.
//!
//! It registers no extension to be told of its end: at a deadline Lambda gives no time for anything, and a drainer
//! that leaves in time needs none.

mod env_vars;
mod environment;
mod invocation;
mod traces;
mod world;

use std::process::ExitCode;

use jobq_adapters::jq::child::serve_if_asked;
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::Value;

use crate::environment::Environment;

fn main() -> Result<ExitCode, Error> {
    if let Some(exit) = serve_if_asked(env_vars::arguments()) {
        return Ok(exit);
    }
    // One thread: a small function has a small part of one processor.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve())?;
    Ok(ExitCode::SUCCESS)
}

async fn serve() -> Result<(), Error> {
    let environment = Environment::open().await;
    let handler = |event: LambdaEvent<Value>| invocation::run(&environment, event);
    Runtime::new(service_fn(handler)).run().await
}
