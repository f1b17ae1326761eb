//! What is held against what: the tasks pushed, the calls nginx saw, the results in S3.

use std::collections::BTreeSet;

use jobq_tests::world::access_log::{Call, with_status};
use serde_json::Value;

use crate::stage::Stage;

/// The urls of `count` calls to `api`, one a line.
pub(crate) fn urls(api: &str, name: &str, count: usize) -> String {
    (1..=count).map(|number| format!("{api}/{name}/{number}\n")).collect()
}

/// The distinct urls that have a result.
pub(crate) fn answered(stage: &Stage) -> BTreeSet<String> {
    stage.results().iter().map(|record| record["url"].as_str().unwrap().to_owned()).collect()
}

/// Holds that each of the urls has a result, and nothing else has.
#[track_caller]
pub(crate) fn all_answered(stage: &Stage, urls: &str) {
    let expected: BTreeSet<String> = urls.lines().map(str::to_owned).collect();
    let answered = answered(stage);
    let missing: Vec<_> = expected.difference(&answered).take(5).collect();
    assert!(missing.is_empty(), "{} have no result: {missing:?}", expected.difference(&answered).count());
    assert_eq!(answered.len(), expected.len());
}

/// Holds that nginx, the judge of the limit, refused none.
#[track_caller]
pub(crate) fn none_refused(calls: &[Call]) {
    assert_eq!(with_status(calls, 429), 0, "of {} calls", calls.len());
}

/// The dead letters of all queues.
pub(crate) fn letters(stage: &Stage) -> Vec<Value> {
    let listed = stage.run("dlq ls --json").with_code(0);
    listed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
