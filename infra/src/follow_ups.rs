//! Which queues a limit's drainers may have to push to when a batch ends.
//!
//! A batch ends where its last task does, which may lie some fan-outs behind the queue it was pushed to. And what goes on
//! from it is a batch too, which may have ended by the time its push does.

use std::collections::BTreeSet;

use jobq_core::config::Config;
use jobq_core::name::QueueName;
use jobq_core::queue::Queue;

/// The queues that the drainers of `drained` push to at the ends of batches.
pub(crate) fn pushed_by<'a>(config: &'a Config, drained: &[&Queue]) -> BTreeSet<&'a QueueName> {
    let ends = |queue: &&Queue| grown(config, queue).iter().any(|name| is_one_of(drained, name));
    let mut targets = BTreeSet::new();
    for queue in config.queues.values().filter(ends) {
        let mut next = follow_up(queue);
        // What is there already has been gone on from.
        while let Some(name) = next.filter(|name| targets.insert(*name)) {
            next = config.queues.get(name).and_then(follow_up);
        }
    }
    targets
}

/// The queues in which tasks of a batch lie that was pushed to this one.
fn grown<'a>(config: &'a Config, queue: &'a Queue) -> BTreeSet<&'a QueueName> {
    let (mut grown, mut open) = (BTreeSet::new(), vec![&queue.name]);
    while let Some(name) = open.pop() {
        if grown.insert(name) {
            let thens = config.queues.get(name).into_iter().flat_map(|queue| &queue.growth.then);
            open.extend(thens.map(|then| &then.queue));
        }
    }
    grown
}

fn follow_up(queue: &Queue) -> Option<&QueueName> {
    queue.on_complete.task.as_ref().map(|task| &task.queue)
}

fn is_one_of(queues: &[&Queue], name: &QueueName) -> bool {
    queues.iter().any(|queue| queue.name == *name)
}

#[cfg(test)]
mod tests {
    //! Whoever may end a batch may push what goes on from it.

    use super::*;

    /// Two limits: lists grow on one, leaves on the other.
    const FILE: &str = r#"
        [limits.a]
        rate = "1/s"
        hosts = ["a.example"]
        [limits.b]
        rate = "1/s"
        hosts = ["b.example"]
        [queues.lists]
        limit = "a"
        then = { queue = "leaves", each = ".[]", task = "." }
        on_complete = { queue = "reports", task = "." }
        [queues.leaves]
        limit = "b"
        [queues.reports]
        limit = "a"
        on_complete = { queue = "mails", task = "." }
        [queues.mails]
        limit = "b"
        [queues.others]
        limit = "b"
        on_complete = { queue = "others-reports", task = "." }
        [queues.others-reports]
        limit = "a"
    "#;

    fn check(drained: &[&str], expected: &[&str]) {
        let config = Config::parse("jobq.toml", FILE).expect("a configuration");
        let drained: Vec<&Queue> =
            config.queues.values().filter(|queue| drained.contains(&queue.name.as_str())).collect();
        let pushed: Vec<&str> = pushed_by(&config, &drained).into_iter().map(QueueName::as_str).collect();
        assert_eq!(pushed, expected, "{}", drained.len());
    }

    #[test]
    fn a_batch_ends_where_its_last_task_does() {
        check(&["lists"], &["mails", "reports"]);
        check(&["leaves"], &["mails", "reports"]);
        check(&["others"], &["others-reports"]);
        check(&["reports"], &["mails"]);
        check(&["mails", "others-reports"], &[]);
    }
}
