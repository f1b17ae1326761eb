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

/// How many looks in a row bring nothing new after a failure before it is asked whether anything goes on at all.
const QUIET_LOOKS: u32 = 5;

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
        let (mut shown, mut failures, mut quiet) = (BTreeSet::new(), Vec::new(), 0);
        loop {
            let events =
                persist(clock, async || self.formation.events(self.stack_id, self.token).await).await?;
            // A stack that isn't known any more has been deleted.
            let Some(events) = events else {
                return Ok(());
            };
            quiet += 1;
            for event in events {
                if !shown.insert(event.id.clone()) {
                    continue;
                }
                quiet = 0;
                printer.note(line(&event));
                if is_over(&event) && is_success(&event.status) {
                    return Ok(());
                }
                if is_over(&event) {
                    return Err(self.failure(&failures, &event, clock).await);
                }
                if is_cause(&event) {
                    failures.push(event);
                }
            }
            if let Some(last) = failures.last().filter(|_| quiet >= QUIET_LOOKS)
                && !self.is_in_progress(clock).await?
            {
                return Err(self.failure(&failures, last, clock).await);
            }
            clock.sleep(LOOK_EVERY).await;
        }
    }

    async fn is_in_progress(&self, clock: &SystemClock) -> Result<bool, Failure> {
        let standing = persist(clock, async || self.formation.standing_of(self.stack_id).await).await?;
        Ok(standing.is_some_and(|standing| standing.status.ends_with("_IN_PROGRESS")))
    }

    /// The first failure is the cause; what follows is only cancelled or undone because of it.
    async fn failure(&self, failures: &[Event], last: &Event, clock: &SystemClock) -> Failure {
        let cause = failures.first().unwrap_or(last);
        let told = cause.reason.clone().unwrap_or_else(|| cause.status.clone());
        let explained = persist(clock, async || self.formation.explain(self.stack_id, &told).await).await;
        let reason = explained.unwrap_or(told);
        let of = match &cause.subject {
            Subject::Stack => String::new(),
            Subject::Resource { id, kind } => format!("{id} ({kind}): "),
        };
        let ended = &last.status;
        Failure::failed(format!("{}: {of}{reason}\n  the stack is now in {ended}", self.failed))
            .hint(hint(&reason))
    }
}

/// Whether it is the end of all that was to be done. What couldn't be made or changed is undone after that.
fn is_over(event: &Event) -> bool {
    let undone = ["CREATE_FAILED", "UPDATE_FAILED"].contains(&event.status.as_str());
    event.subject == Subject::Stack && !undone && !event.status.ends_with("_IN_PROGRESS")
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
