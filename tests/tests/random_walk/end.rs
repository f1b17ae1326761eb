//! How a walk ended, and what must hold then.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jobq_core::batch::Tally;
use jobq_core::completion::Completion;
use jobq_core::death::Reason;
use jobq_core::time::Timestamp;

use crate::faulty::Ended;
use crate::plan::{BURST, DRAINERS, PER_SECOND, Plan, QUOTA};

/// How a walk ended.
pub(crate) struct End {
    pub(crate) plan: Plan,
    /// How many records there are of each task.
    pub(crate) records: HashMap<String, usize>,
    pub(crate) dead: Vec<(String, Reason)>,
    /// Tasks still in the queues.
    pub(crate) left: u64,
    pub(crate) deleted_without_record: u64,
    pub(crate) starts: Vec<Timestamp>,
    pub(crate) failures: HashMap<String, u32>,
    pub(crate) kills: u32,
    /// How many times a drainer went alone.
    pub(crate) went_alone: u32,
    /// The ends of tasks, as the store took them.
    pub(crate) ended: Vec<Ended>,
    /// The ends of batches, as they were told.
    pub(crate) completions: Vec<Completion>,
    pub(crate) tallies: BTreeMap<&'static str, Tally>,
    /// When dead tasks were sent back.
    pub(crate) sent_back_at: Option<Timestamp>,
}

pub(crate) fn records(lines: &str) -> HashMap<String, usize> {
    let mut records = HashMap::new();
    for line in lines.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        *records.entry(record["task"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    records
}

impl End {
    /// Tasks with neither a record nor a dead letter, of those that were pushed.
    pub(crate) fn missing(&self) -> Vec<String> {
        let pushed = self.plan.pushes.iter().flat_map(|push| &push.tasks).map(|(task, _)| task);
        pushed.filter(|task| !self.has_ended(task)).cloned().collect()
    }

    /// Whether there is a record or a dead letter of a task.
    pub(crate) fn has_ended(&self, task: &str) -> bool {
        self.records.contains_key(task) || self.dead.iter().any(|(dead, _)| dead == task)
    }

    /// How many of a task's calls failed by its own fault.
    pub(crate) fn failures(&self, task: &str) -> u32 {
        self.failures.get(task).copied().unwrap_or_default()
    }

    /// The share of the limit's rate that was used from the first call to the last.
    pub(crate) fn used(&self) -> f64 {
        let length = self.starts.last().unwrap().since(self.starts[0]);
        (self.starts.len() - 1) as f64 / length.as_secs_f64() / PER_SECOND
    }

    /// No window holds more than the pace allows, and one call more for each drainer that may have gone alone.
    pub(crate) fn assert_no_window_passed(&self) {
        let alone = if self.went_alone > 0 { DRAINERS as f64 } else { 0.0 };
        for window in [20, 100, 1_000, 1_700, 10_000].map(Duration::from_millis) {
            let bound = PER_SECOND * window.as_secs_f64() + f64::from(BURST) + 1.0 + alone;
            let most = self.most_within(window);
            assert!(most as f64 <= bound, "{most} calls in {window:?}, bound {bound}");
        }
        let most = self.most_within(QUOTA.1);
        assert!(!self.plan.quota || most <= QUOTA.0, "{most} calls in the quota's window");
    }

    /// The most starts in any stretch of `window`, its end excluded.
    fn most_within(&self, window: Duration) -> usize {
        let until = |from: usize| self.starts.partition_point(|at| *at < self.starts[from].plus(window));
        (0..self.starts.len()).map(|from| until(from) - from).max().unwrap_or(0)
    }

    /// The walk in one line.
    pub(crate) fn told(&self) -> String {
        let records: usize = self.records.values().sum();
        format!(
            "{} tasks pushed, {} calls, {} records ({} twice), {} dead, {} drainers killed, {} went alone, {:.1} s",
            self.plan.pushes.iter().map(|push| push.tasks.len()).sum::<usize>(),
            self.starts.len(),
            records,
            records - self.records.len(),
            self.dead.len(),
            self.kills,
            self.went_alone,
            self.starts.last().unwrap().since(self.starts[0]).as_secs_f64(),
        )
    }
}
