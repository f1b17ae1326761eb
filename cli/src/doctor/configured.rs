//! What jobq.toml says that can't work, and what the limits' documents say beside it. For both backends.

use std::time::Duration;

use jobq_core::config::Config;
use jobq_core::limit::Limit;
use jobq_core::policy::fitness::{Remark, Weight, limit, queue, steered};
use jobq_core::ports::ledger::Ledger;
use jobq_core::queue::Queue;
use jobq_core::time::Timestamp;

use super::finding::Finding;
use crate::openings;
use crate::store::Store;

/// Looks at what jobq.toml says. `retention` is how long the backend keeps a task, if it forgets any.
pub(super) fn settings(config: &Config, retention: Option<Duration>, now: Timestamp) -> Vec<Finding> {
    let unused = |own: &&Limit| config.queues_of(&own.name).next().is_none();
    let limits = config.limits.values().flat_map(limit::remarks);
    let unused = config.limits.values().filter(unused).map(limit::unused);
    let queues = config.queues.values().flat_map(|own| queue::remarks(own, retention, now));
    let mut findings: Vec<Finding> = limits.chain(unused).chain(queues).map(Finding::from).collect();
    if findings.is_empty() && !config.limits.is_empty() {
        findings.push(Finding::ok("settings", "they go together"));
    }
    findings.extend(config.queues.values().filter_map(|own| opens(own, now)));
    findings
}

/// When a queue with a schedule opens next.
fn opens(queue: &Queue, now: Timestamp) -> Option<Finding> {
    let next: Vec<String> = openings::next(now, &queue.schedule).iter().map(ToString::to_string).collect();
    (!next.is_empty())
        .then(|| Finding::ok(format!("queue {}", queue.name), format!("it opens {}", next.join("; "))))
}

/// Queues that only hands drain: for a backend where drainers are started.
pub(super) fn unattended(config: &Config) -> Vec<Finding> {
    let alone = config.queues.values().filter_map(|own| queue::unattended(own, config.limit_of(own)?));
    alone.map(Finding::from).collect()
}

/// Looks at what was done to the limits by hand, and who else uses them.
pub(super) async fn limits(config: &Config, store: &Store, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    for limit in config.limits.values() {
        match store.load(&limit.name).await {
            Ok(found) => {
                findings.extend(steered::remarks(limit, &found.state, now).into_iter().map(Finding::from));
            }
            Err(fault) => {
                findings.push(Finding::hidden(format!("limit {}", limit.name), "dynamodb:GetItem", &fault));
            }
        }
    }
    findings
}

impl From<Remark> for Finding {
    fn from(remark: Remark) -> Self {
        let Remark { weight, subject, what, remedy } = remark;
        match weight {
            Weight::Note => Self::note(subject, what, remedy),
            Weight::Look => Self::look(subject, what, remedy),
            Weight::Wrong => Self::wrong(subject, what, remedy),
        }
    }
}
