//! Whether a queue is open, by its openings alone. Drainer and autoscaler ask this same function.
//!
//! An opening comes on whole minutes and lasts whole minutes, so a day is 1,440 answers. A day's answers are
//! worked out at once, and days are looked at one by one no further than is said below: an expression that
//! comes each minute costs what one that comes once a day costs. The days are those of UTC; each opening's own
//! days are laid on them.

mod course;
mod minutes;
mod moment;

use jiff::civil::Date;

use crate::opening::Opening;
use crate::opening::times::Times;
use crate::time::Timestamp;
use course::Course;
use minutes::{A_DAY, Minutes};
use moment::Moment;

/// How many days ahead a closing is looked for: longer than an opening lasts, so that one which comes once a
/// year shows the gap before the next.
const DAYS_AHEAD: u64 = 400;

/// Whether a queue may be drained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Openness {
    /// It has no openings to keep to, or they leave no gap in the next 400 days.
    Always,
    /// It is open.
    Open {
        /// The first instant at which it isn't.
        until: Timestamp,
    },
    /// It is closed.
    Closed {
        /// When it opens next; `None` where it never will.
        until: Option<Timestamp>,
    },
}

/// Whether a queue with these openings is open at `now`. Openings that overlap or touch are one.
pub fn openness(schedule: &[Opening], now: Timestamp) -> Openness {
    if schedule.is_empty() {
        return Openness::Always;
    }
    let now = Moment::of(now);
    match closing(schedule, now) {
        None => Openness::Always,
        Some(gap) if gap == now => Openness::Closed { until: next_start(schedule, now).map(Moment::instant) },
        Some(gap) => Openness::Open { until: gap.instant() },
    }
}

/// Whether an opening begins after `from` and at `to` at the latest; also one that overlaps or touches another.
pub fn begins_between(schedule: &[Opening], from: Timestamp, to: Timestamp) -> bool {
    // Openings come on whole minutes.
    let after = Moment(Moment::of(from).0 + 1);
    next_start(schedule, after).is_some_and(|start| start.instant() <= to)
}

/// The first of these times that is later than `after`.
pub fn next_time(times: &Times, after: Timestamp) -> Option<Timestamp> {
    // Times are whole minutes.
    let from = Moment(Moment::of(after).0 + 1);
    Course::of(times.beginnings()).next_start(from).map(Moment::instant)
}

/// The next `count` stretches of time in which a queue is open, each from its first instant to the first
/// after it, or to 400 days later where it lasts longer. The one that covers `now` is not among them.
pub fn next_openings(schedule: &[Opening], now: Timestamp, count: usize) -> Vec<(Timestamp, Timestamp)> {
    let mut gap = closing(schedule, Moment::of(now));
    let next = || {
        let from = next_start(schedule, gap?)?;
        gap = closing(schedule, from);
        let until = gap.unwrap_or(Moment(from.0 + DAYS_AHEAD * A_DAY));
        Some((from.instant(), until.instant()))
    };
    std::iter::from_fn(next).take(count).collect()
}

/// The first of the next 400 days on which this opening would begin, had the clocks of its zone not been put forward over
/// each of its times.
pub fn first_skipped(opening: &Opening, now: Timestamp) -> Option<Date> {
    let course = Course::of(opening);
    let days = std::iter::successors(Some(course.date(Moment::of(now))), |day| day.tomorrow().ok());
    days.take(usize::try_from(DAYS_AHEAD).unwrap_or_default()).find(|day| course.is_skipped_on(*day))
}

/// The first of the next 400 days on which these times would come, had the clocks of their zone not been put forward over
/// each of them.
pub fn first_skipped_time(times: &Times, now: Timestamp) -> Option<Date> {
    first_skipped(times.beginnings(), now)
}

/// The first minute at or after `now` that no opening covers; `None` where each of the next days is full.
fn closing(schedule: &[Opening], now: Moment) -> Option<Moment> {
    let courses: Vec<Course<'_>> = schedule.iter().map(Course::of).collect();
    let today = now.midnight();
    let mut covered_until = courses.iter().filter_map(|course| course.end_of_last_before(today)).max();
    for midnight in (0..=DAYS_AHEAD).map(|day| Moment(today.0 + day * A_DAY)) {
        let carried = covered_until.unwrap_or(midnight).0.saturating_sub(midnight.0);
        let mut open = Minutes::before(carried);
        for course in &courses {
            covered_until = covered_until.max(course.add_to(&mut open, midnight));
        }
        if let Some(minute) = open.first_gap(now.0.saturating_sub(midnight.0)) {
            return Some(Moment(midnight.0 + minute));
        }
    }
    None
}

/// The first start at or after `from`.
fn next_start(schedule: &[Opening], from: Moment) -> Option<Moment> {
    schedule.iter().filter_map(|opening| Course::of(opening).next_start(from)).min()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod zones;
