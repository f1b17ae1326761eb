//! What is left of a drain, held against what it was given: nothing may be missing.

use std::collections::{BTreeSet, HashMap};

use crate::state::path;
use jobq_tests::world::access_log::Call;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::run;

/// How often each path was recorded, called and buried.
pub(crate) struct Evidence {
    recorded: HashMap<String, usize>,
    called: HashMap<String, usize>,
    dead: usize,
}

impl Evidence {
    /// Reads every line of `results`: a torn one fails the test here.
    pub(crate) fn gather(folder: &Folder, results: &str, calls: &[Call]) -> Self {
        let records = folder.records(results);
        let recorded = records.iter().map(|record| path(record["url"].as_str().unwrap()));
        let letters = run(folder.path(), ["dlq", "ls", "--json", "--limit", "1000000"]).with_code(0);
        Self {
            recorded: count(recorded),
            called: count(calls.iter().map(|call| call.path.clone())),
            dead: letters.stdout.lines().count(),
        }
    }

    /// Every one of the `tasks` urls of [`jobq_tests::world::nginx::Nginx::urls`] has a record, and no letter lies about.
    #[track_caller]
    pub(crate) fn assert_all_done(&self, tasks: usize) {
        let missing: Vec<_> = (1..=tasks)
            .map(|n| format!("/call/{n}"))
            .filter(|path| !self.recorded.contains_key(path))
            .collect();
        assert!(missing.is_empty(), "{} tasks are lost: {missing:?}", missing.len());
        assert_eq!(self.recorded.len(), tasks, "there are records of tasks nobody pushed");
        assert_eq!(self.dead, 0, "tasks died of an API that answers everything");
    }

    /// The paths that were called more than once.
    pub(crate) fn called_again(&self) -> BTreeSet<&str> {
        again(&self.called)
    }

    /// The paths that have more than one record.
    pub(crate) fn recorded_again(&self) -> BTreeSet<&str> {
        again(&self.recorded)
    }

    /// How many calls there were beyond one a task.
    pub(crate) fn extra_calls(&self) -> usize {
        self.called.values().map(|times| times - 1).sum()
    }

    /// How many records there are beyond one a task.
    pub(crate) fn extra_records(&self) -> usize {
        self.recorded.values().map(|times| times - 1).sum()
    }
}

fn count(paths: impl Iterator<Item = String>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for path in paths {
        *counts.entry(path).or_default() += 1;
    }
    counts
}

fn again(counts: &HashMap<String, usize>) -> BTreeSet<&str> {
    counts.iter().filter(|(_, times)| **times > 1).map(|(path, _)| path.as_str()).collect()
}
