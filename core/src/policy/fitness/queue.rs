//! Whether a queue's settings go together.

use std::time::Duration;

use super::{Remark, Weight};
use crate::human;
use crate::limit::Limit;
use crate::opening::Opening;
use crate::policy::retry::delay;
use crate::policy::schedule::{Openness, first_skipped, next_openings, openness};
use crate::queue::Queue;
use crate::time::Timestamp;

/// How many openings are looked at for the longest time between two of them.
const OPENINGS: usize = 400;

/// What is to be said of a queue at `now`. `retention` is how long its backend keeps a task, if it forgets any.
pub fn remarks(queue: &Queue, retention: Option<Duration>, now: Timestamp) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = too_old(queue).into_iter().collect();
    remarks.extend(schedule(queue, retention, now));
    remarks.extend(queue.schedule.iter().filter_map(|opening| skipped(queue, opening, now)));
    remarks
}

/// What is to be said of a queue that nobody drains by itself: no autoscaler starts its drainers, and no opening does.
pub fn unattended(queue: &Queue, limit: &Limit) -> Option<Remark> {
    let by_hand = !limit.drainers.autoscale && queue.schedule.is_empty();
    by_hand.then(|| {
        let remedy = format!(
            "give it a schedule, or drainers = {{ autoscale = true }}; or type: jobq drain {}",
            limit.name
        );
        remark(
            queue,
            Weight::Look,
            "it has no schedule and its limit no autoscaler: only hands drain it".to_owned(),
            remedy,
        )
    })
}

/// A task that is too old before it can be tried again.
fn too_old(queue: &Queue) -> Option<Remark> {
    let max_age = queue.retry.max_age?;
    let failures = queue.retry.max_attempts.get().saturating_sub(1);
    let waits = (failures > 0).then(|| delay(&queue.retry, failures, 1.0));
    let bounds = [("a call may take", queue.timeout), ("a retry may wait", waits.unwrap_or_default())];
    let (doing, length) = bounds.into_iter().find(|(_, length)| *length >= max_age)?;
    let what = format!(
        "{doing} {}, and tasks are too old after {}: they die before they are tried again",
        human::duration(length),
        human::duration(max_age)
    );
    let remedy = "a longer retry.max_age; or a shorter timeout and max_backoff".to_owned();
    Some(remark(queue, Weight::Look, what, remedy))
}

/// A schedule that never opens, or so seldom that tasks are gone by then.
fn schedule(queue: &Queue, retention: Option<Duration>, now: Timestamp) -> Option<Remark> {
    if queue.schedule.is_empty() {
        return None;
    }
    if openness(&queue.schedule, now) == (Openness::Closed { until: None }) {
        let remedy = "correct the year in its schedule, or leave schedule out: always open".to_owned();
        return Some(remark(queue, Weight::Wrong, "its schedule never opens again".to_owned(), remedy));
    }
    let closed = longest_closed(queue, now);
    let longer = |than: Option<Duration>| than.filter(|than| closed > *than);
    let remedy = "open it more often: another line in schedule".to_owned();
    if let Some(retention) = longer(retention) {
        let what = format!(
            "it is closed for up to {}, and SQS forgets tasks after {}",
            human::roughly(closed),
            human::duration(retention)
        );
        return Some(remark(queue, Weight::Wrong, what, remedy));
    }
    let max_age = longer(queue.retry.max_age)?;
    let what = format!(
        "it is closed for up to {}, and its tasks are too old after {}",
        human::roughly(closed),
        human::duration(max_age)
    );
    Some(remark(queue, Weight::Look, what, format!("{remedy}; or a longer retry.max_age")))
}

/// An opening at an hour that clocks skip when they go forward.
fn skipped(queue: &Queue, opening: &Opening, now: Timestamp) -> Option<Remark> {
    let day = first_skipped(opening, now)?;
    let what = format!("{opening} is skipped on {day}: clocks go forward over its start");
    let remedy = "let it begin at an hour that every day has".to_owned();
    Some(remark(queue, Weight::Note, what, remedy))
}

/// The longest time between two of the next openings, or until the first.
fn longest_closed(queue: &Queue, now: Timestamp) -> Duration {
    let begin = match openness(&queue.schedule, now) {
        Openness::Open { until } => until,
        Openness::Always | Openness::Closed { .. } => now,
    };
    let (mut closed_since, mut longest) = (begin, Duration::ZERO);
    for (from, until) in next_openings(&queue.schedule, now, OPENINGS) {
        longest = longest.max(from.since(closed_since));
        closed_since = until;
    }
    longest
}

fn remark(queue: &Queue, weight: Weight, what: String, remedy: String) -> Remark {
    Remark { weight, subject: format!("queue {}", queue.name), what, remedy }
}

#[cfg(test)]
mod tests {
    //! Queues that go together, and queues that don't.

    use super::*;

    const WEEK: Duration = Duration::from_secs(7 * 86_400);

    fn queue(schedule: &[&str], max_age: Option<&str>) -> Queue {
        let mut queue = Queue::new("troops".parse().unwrap(), "hermes".parse().unwrap());
        queue.schedule = schedule.iter().map(|opening| opening.parse().unwrap()).collect();
        queue.retry.max_age = max_age.map(|text| human::parse_duration(text).unwrap());
        queue
    }

    /// Each remark as `Weight: what`, on the 14th of November 2023.
    fn check(queue: &Queue, retention: Option<Duration>, expected: &[&str]) {
        let remarks = remarks(queue, retention, Timestamp::from_secs(1_700_000_000));
        let told: Vec<String> =
            remarks.into_iter().map(|remark| format!("{:?}: {}", remark.weight, remark.what)).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_goes_together_is_not_remarked_on() {
        for schedule in [&[][..], &["cron(0 0 * * ? *) for 6h"], &["cron(* * * * ? *) for 1m"]] {
            check(&queue(schedule, None), Some(WEEK), &[]);
            check(&queue(schedule, Some("2d")), Some(WEEK), &[]);
        }
        check(&queue(&["cron(0 22 L DEC ? *) for 4h"], None), None, &[]);
    }

    #[test]
    fn a_task_that_is_too_old_before_it_is_tried_again() {
        let tail = "they die before they are tried again";
        check(&queue(&[], Some("31s")), None, &[]);
        let told = format!("Look: a call may take 30s, and tasks are too old after 30s: {tail}");
        check(&queue(&[], Some("30s")), None, &[&told]);
        let mut slow = queue(&[], Some("2m"));
        // The delays before the attempts are at most 1, 2, 4 and 8 seconds, and then 20 times as long.
        check(&slow, None, &[]);
        slow.retry.min_backoff *= 20;
        let told = format!("Look: a retry may wait 160s, and tasks are too old after 2m: {tail}");
        check(&slow, None, &[&told]);
    }

    #[test]
    fn a_schedule_that_never_opens_or_too_seldom() {
        check(
            &queue(&["cron(0 0 1 1 ? 2020) for 1h"], None),
            None,
            &["Wrong: its schedule never opens again"],
        );
        let monthly = ["cron(0 0 1 * ? *) for 1h"];
        let told = "Wrong: it is closed for up to 30d 23h, and SQS forgets tasks after 7d";
        check(&queue(&monthly, None), Some(WEEK), &[told]);
        check(&queue(&monthly, None), None, &[]);
        let told = "Look: it is closed for up to 30d 23h, and its tasks are too old after 2d";
        check(&queue(&monthly, Some("2d")), None, &[told]);
        // Often enough once it has begun; the first opening is too far away.
        let told = "Wrong: it is closed for up to 16d 01h, and SQS forgets tasks after 7d";
        check(&queue(&["cron(0 0 1/5 12 ? 2023) for 1h"], None), Some(WEEK), &[told]);
    }

    #[test]
    fn an_opening_that_clocks_skip() {
        let told = "Note: cron(30 2 * * ? *) for 6h in Europe/Berlin is skipped on 2024-03-31: clocks go forward over its start";
        check(&queue(&["cron(30 2 * * ? *) for 6h in Europe/Berlin"], None), None, &[told]);
        check(&queue(&["cron(0 1 * * ? *) for 6h in Europe/Berlin"], None), None, &[]);
    }

    #[test]
    fn a_queue_that_only_hands_drain() {
        let (mut limit, own) =
            (Limit::new("hermes".parse().unwrap(), "1/s".parse().unwrap()), queue(&[], None));
        assert_eq!(unattended(&own, &limit), None);
        limit.drainers.autoscale = false;
        assert_eq!(unattended(&own, &limit).unwrap().weight, Weight::Look);
        assert_eq!(unattended(&queue(&["cron(0 0 * * ? *) for 6h"], None), &limit), None);
    }
}
