//! Walks in which tasks make tasks, in batches that end: all that grows ends too, nothing grows that no answer says, and
//! each end of a batch is told once, when its last task has ended.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jobq_core::completion::Completion;
use jobq_core::time::Timestamp;

use crate::end::End;
use crate::faulty::{Ended, How};
use crate::plan::{Plan, Push};
use crate::{assert_charged_for_their_own_only, each_seed, tree};

/// The tasks of one batch: how each of them ended, in the order it did.
fn ended_of<'a>(end: &'a End, push: &Push) -> BTreeMap<&'a str, Vec<&'a Ended>> {
    let mut tasks: BTreeMap<&str, Vec<&Ended>> = BTreeMap::new();
    for ended in end.ended.iter().filter(|ended| ended.of.batch.as_str() == push.batch) {
        tasks.entry(ended.of.task.as_str()).or_default().push(ended);
    }
    tasks
}

/// A batch's tasks are those that were pushed and those that answers say, each of which has ended once: well, dead with a
/// reason, or skipped. What died and went back has ended once more.
fn assert_whole(end: &End, push: &Push) {
    let tasks = ended_of(end, push);
    let is_done = |task: &str| tasks.get(task).is_some_and(|ends| ends.iter().any(|end| end.is_done()));
    let pushed = push.tasks.iter().map(|(task, _)| task.clone());
    let known = tree::all_of(pushed, is_done);
    let is_canceled = end.plan.canceled.is_some_and(|(batch, _)| batch == push.batch);
    let strange: Vec<_> = tasks.keys().filter(|task| !known.contains(**task)).collect();
    assert!(strange.is_empty(), "nobody made {strange:?}");
    let missing: Vec<_> = known.iter().filter(|task| !tasks.contains_key(task.as_str())).collect();
    assert!(is_canceled || missing.is_empty(), "{missing:?} never ended");
    let (mut done, mut dead, mut skipped) = (0, 0, missing.len());
    for (task, ends) in &tasks {
        let again = end.sent_back_at.is_some_and(|at| ends[0].how == How::Dead && ends[0].at <= at);
        assert_eq!(ends.len(), 1 + usize::from(again), "{task} ended so: {ends:?}");
        match &ends[ends.len() - 1].how {
            How::Done(children) => {
                assert_eq!(*children, tree::grows_into(task), "the answer to {task} says otherwise");
                assert!(end.records.contains_key(*task), "{task} has no record");
                done += 1;
            }
            How::Dead => {
                assert!(end.dead.iter().any(|(own, _)| own == task), "{task} has no letter");
                dead += 1;
            }
            How::Skipped => {
                assert!(is_canceled, "{task} was skipped");
                skipped += 1;
            }
        }
    }
    let tally = end.tallies[push.batch];
    let told = [tally.known, tally.done, tally.dead, tally.skipped].map(|count| count as usize);
    assert_eq!(told, [known.len(), done, dead, skipped], "known, done, dead, skipped of '{}'", push.batch);
}

/// Each end of a batch was told once, at the instant its last task ended: with all of its tasks, and nothing open.
fn assert_ends_told(end: &End, push: &Push) {
    let told: Vec<&Completion> =
        end.completions.iter().filter(|told| told.batch.id.as_str() == push.batch).collect();
    let ends: Vec<&Ended> = ended_of(end, push).into_values().flatten().collect();
    let died_first = ends.iter().any(|own| own.how == How::Dead && Some(own.at) <= end.sent_back_at);
    let times: Vec<u32> = told.iter().map(|told| told.times).collect();
    let expected: &[u32] = if end.sent_back_at.is_some() && died_first { &[1, 2] } else { &[1] };
    assert_eq!(times, expected, "the ends of '{}' that were told", push.batch);
    for told in &told {
        let sent_back_at = end.sent_back_at.filter(|_| told.times == 1);
        let until = |at: Timestamp| sent_back_at.is_none_or(|sent_back| at <= sent_back);
        let before: Vec<&&Ended> = ends.iter().filter(|end| until(end.at)).collect();
        let last = before.iter().map(|end| end.at).max().unwrap();
        let is_canceled = told.batch.canceled_at.is_some_and(|at| at >= last);
        assert!(told.finished_at == last || is_canceled, "{told:?}, its last task at {last}");
        let (tally, ended) = (told.batch.tally, before.iter().map(|end| end.of.task.as_str()));
        assert_eq!((tally.open(), told.batch.complete), (0, true));
        let ended: BTreeSet<&str> = ended.collect();
        assert!(tally.known as usize >= ended.len(), "{told:?}");
        assert!(tally.skipped > 0 || tally.known as usize == ended.len(), "{told:?}");
    }
}

fn assert_holds(end: &End) {
    assert_eq!((end.left, end.deleted_without_record), (0, 0));
    end.assert_no_window_passed();
    for push in &end.plan.pushes {
        assert_whole(end, push);
        assert_ends_told(end, push);
    }
}

#[test]
fn p1_p2_p4_all_that_grows_ends_and_each_end_of_a_batch_is_told_once() {
    let kills = Cell::new(0);
    each_seed(40..=43, Plan::grown, |end| {
        assert_holds(end);
        assert_eq!(end.missing(), Vec::<String>::new());
        assert_charged_for_their_own_only(end);
        assert!(!end.dead.is_empty() && end.ended.len() > 2 * 90, "{}", end.told());
        kills.set(kills.get() + end.kills);
    });
    assert!(std::env::var("JOBQ_SEED").is_ok() || kills.get() > 0, "nobody was killed");
}

#[test]
fn p1_p2_p4_hold_for_what_grows_over_what_is_treated_as_sqs() {
    each_seed(
        44..=46,
        |chance| Plan::grown(chance).over_sqs(),
        |end| {
            assert_holds(end);
            assert_charged_for_their_own_only(end);
        },
    );
}

#[test]
fn p1_what_is_sent_back_grows_too_and_its_batch_ends_once_more() {
    each_seed(
        47..=49,
        |chance| Plan::grown(chance).mended(),
        |end| {
            assert_holds(end);
            assert_eq!(end.dead, [], "the API is well");
            assert!(end.completions.iter().any(|told| told.times == 2), "{}", end.told());
        },
    );
}

#[test]
fn p1_of_a_canceled_batch_what_has_not_ended_is_skipped_and_the_other_goes_on() {
    each_seed(
        50..=53,
        |chance| Plan::grown(chance).canceled("first", Duration::from_millis(4_200)),
        |end| {
            assert_holds(end);
            let skipped = |batch| end.tallies[batch].skipped;
            assert!(skipped("first") > 0 && skipped("second") == 0, "{:?}", end.tallies);
        },
    );
}
