//! A limit's drainers over Lambda: one function a limit, its reserved concurrency the cap.

use aws_sdk_lambda::Client;
use futures::future::join_all;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::LimitName;
use jobq_core::ports::fleet::Fleet;
use jobq_core::stack::Stack;

use super::failure::fault;
use super::invoke::invoke;
use super::sdk::Sdk;
use super::wake::Wake;

/// The drainers of a stack's limits.
///
/// Reserved concurrency is never taken away, which would mean no cap at all, and never 0: events would be thrown
/// away. It is written only where it changes: all of an account's tools share 15 such writes a second.
pub struct LambdaFleet {
    lambda: Client,
    stack: Stack,
}

impl LambdaFleet {
    /// The drainers of `stack`. Asks nothing of AWS yet.
    pub fn new(sdk: &Sdk, stack: Stack) -> Self {
        Self { lambda: Client::new(sdk.config()), stack }
    }
}

impl Fleet for LambdaFleet {
    async fn cap(&self, limit: &LimitName) -> Result<Option<u32>, Fault> {
        let function = self.stack.drainer(limit);
        let answer = self.lambda.get_function_concurrency().function_name(&function).send().await;
        let answer =
            answer.map_err(|error| fault(format!("read the reserved concurrency of {function}"), error))?;
        Ok(answer.reserved_concurrent_executions().and_then(|cap| u32::try_from(cap).ok()))
    }

    async fn set_cap(&self, limit: &LimitName, cap: u32) -> Result<(), Fault> {
        let function = self.stack.drainer(limit);
        let operation = || format!("set the reserved concurrency of {function} to {cap}");
        let reserved = i32::try_from(cap).ok().filter(|cap| *cap > 0);
        let reserved = reserved.ok_or_else(|| Fault::new(FaultKind::Lasting, operation()))?;
        if self.cap(limit).await? == Some(cap) {
            return Ok(());
        }
        let put = self.lambda.put_function_concurrency().function_name(&function);
        let answer = put.reserved_concurrent_executions(reserved).send().await;
        answer.map(drop).map_err(|error| fault(operation(), error))
    }

    async fn start(&self, limit: &LimitName, count: u32) -> Result<(), Fault> {
        let function = self.stack.drainer(limit);
        let starts = (0..count).map(|_| invoke(&self.lambda, &function, Wake::Autoscaler));
        // Each is asked for, whatever becomes of the others.
        join_all(starts).await.into_iter().collect()
    }
}
