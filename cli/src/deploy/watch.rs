//! Following CloudFormation while it makes, changes or deletes a stack.

use std::collections::BTreeSet;
use std::time::Duration;

use jobq_adapters::aws::stack::event::{Event, Subject};
use jobq_adapters::aws::stack::formation::Formation;
use jobq_adapters::clock::SystemClock;
use jobq_core::ports::clock::Clock;

use super::hints::hint;
use super::patience::persist;
use crate::failure::Failure;
use crate::printer::Printer;

/// Between two looks. CloudFormation takes minutes, and each look is one of the few requests a second there are.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// An operation on a stack that CloudFormation is at.
pub(crate) struct Operation<'a> {
    pub(crate) formation: &'a Formation,
    pub(crate) stack_id: &'a str,
    /// What marks its events.
    pub(crate) token: &'a str,
    /// What is said when it couldn't be done.
    pub(crate) failed: String,
}

impl Operation<'_> {
    /// Shows each event once, in order, until it is done. Whoever stops watching doesn't stop CloudFormation.
    pub(crate) async fn follow(&self, clock: &SystemClock, printer: Printer) -> Result<(), Failure> {
        tokio::select! {
            done = self.until_over(clock, printer) => done,
            _ = tokio::signal::ctrl_c() => {
                Err(Failure::failed("stopped watching; CloudFormation goes on")
                    .hint(format!("see how it ends: aws cloudformation describe-stack-events --stack-name {}", self.stack_id)))
            }
        }
    }

    async fn until_over(&self, clock: &SystemClock, printer: Printer) -> Result<(), Failure> {
        let (mut shown, mut failures) = (BTreeSet::new(), Vec::new());
        loop {
            let events =
                persist(clock, async || self.formation.events(self.stack_id, self.token).await).await?;
            // A stack that isn't known any more has been deleted.
            let Some(events) = events else {
                return Ok(());
            };
            for event in events {
                if !shown.insert(event.id.clone()) {
                    continue;
                }
                printer.note(line(&event));
                if is_over(&event) {
                    return if is_success(&event.status) {
                        Ok(())
                    } else {
                        Err(self.failure(&failures, &event))
                    };
                }
                if is_cause(&event) {
                    failures.push(event);
                }
            }
            clock.sleep(LOOK_EVERY).await;
        }
    }

    /// The first failure is the cause; what follows is only cancelled or undone because of it.
    fn failure(&self, failures: &[Event], last: &Event) -> Failure {
        let cause = failures.first().unwrap_or(last);
        let reason = cause.reason.clone().unwrap_or_else(|| cause.status.clone());
        let of = match &cause.subject {
            Subject::Stack => String::new(),
            Subject::Resource { id, kind } => format!("{id} ({kind}): "),
        };
        let ended = &last.status;
        Failure::failed(format!("{}: {of}{reason}\n  the stack is now {ended}", self.failed))
            .hint(hint(&reason))
    }
}

fn is_over(event: &Event) -> bool {
    event.subject == Subject::Stack && !event.status.ends_with("_IN_PROGRESS")
}

fn is_success(status: &str) -> bool {
    status.ends_with("_COMPLETE") && !status.contains("ROLLBACK")
}

fn is_cause(event: &Event) -> bool {
    let cancelled = event.reason.as_deref().is_some_and(|reason| reason.contains("cancelled"));
    event.status.ends_with("_FAILED") && !cancelled
}

fn line(event: &Event) -> String {
    let status = event.status.to_lowercase().replace('_', " ");
    let of = match &event.subject {
        Subject::Stack => "the stack".to_owned(),
        Subject::Resource { id, kind } => format!("{id} ({kind})"),
    };
    let reason = event.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("  {status:<22} {of}{reason}")
}
