//! Whether a queue is open, by its openings alone. Drainer and autoscaler ask this same function.
//!
//! An opening comes on whole minutes and lasts whole minutes, so a day is 1,440 answers. A day's answers are
//! worked out at once, and days are looked at one by one no further than is said below: an expression that
//! comes each minute costs what one that comes once a day costs.

mod minutes;

use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::Date;

use crate::opening::Opening;
use crate::time::Timestamp;
use minutes::{A_DAY, Minutes};

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

/// The first minute at or after `now` that no opening covers; `None` where each of the next days is full.
fn closing(schedule: &[Opening], now: Moment) -> Option<Moment> {
    let today = now.date();
    let mut covered_until = schedule.iter().filter_map(|opening| end_of_last_before(opening, today)).max();
    let days: Vec<OpenDay> = schedule.iter().map(OpenDay::of).collect();
    let mut date = today;
    for midnight in (0..=DAYS_AHEAD).map(|day| Moment(now.midnight().0 + day * A_DAY)) {
        let carried = covered_until.unwrap_or(midnight).0.saturating_sub(midnight.0);
        let mut open = Minutes::before(carried);
        for day in days.iter().filter(|day| day.opening.cron().falls_on(date)) {
            open.add(&day.minutes);
            covered_until = covered_until.max(Some(Moment(midnight.0 + day.end)));
        }
        if let Some(minute) = open.first_gap(now.0.saturating_sub(midnight.0)) {
            return Some(Moment(midnight.0 + minute));
        }
        date = date.tomorrow().ok()?;
    }
    None
}

/// The first start at or after `from`.
fn next_start(schedule: &[Opening], from: Moment) -> Option<Moment> {
    let today = from.date();
    let start = |opening: &Opening| {
        let cron = opening.cron();
        let mut minutes = cron.minutes_of_day().map(u64::from);
        let later_today = minutes.find(|minute| from.midnight().0 + minute >= from.0);
        if let Some(minute) = later_today.filter(|_| cron.falls_on(today)) {
            return Some(Moment(from.midnight().0 + minute));
        }
        let date = cron.first_day_from(today.tomorrow().ok()?)?;
        Some(Moment(Moment::midnight_of(date)?.0 + u64::from(cron.minutes_of_day().next()?)))
    };
    schedule.iter().filter_map(start).min()
}

/// When the last of this opening's starts before `date` is over. Starts too long ago to matter are not
/// looked at.
fn end_of_last_before(opening: &Opening, date: Date) -> Option<Moment> {
    let reach = minutes(opening.length()).div_ceil(A_DAY);
    let mut days = std::iter::successors(date.yesterday().ok(), |day| day.yesterday().ok());
    let day = days.by_ref().take(usize::try_from(reach).ok()?).find(|day| opening.cron().falls_on(*day))?;
    Some(Moment(Moment::midnight_of(day)?.0 + OpenDay::of(opening).end))
}

/// What one opening does on each day on which it comes.
struct OpenDay<'a> {
    opening: &'a Opening,
    /// The minutes of that day at which it is open.
    minutes: Minutes,
    /// When its last start is over, in minutes from that midnight: on this day or a later one.
    end: u64,
}

impl<'a> OpenDay<'a> {
    fn of(opening: &'a Opening) -> Self {
        let starts = || opening.cron().minutes_of_day().map(u64::from);
        let length = minutes(opening.length());
        let end = starts().last().unwrap_or_default() + length;
        Self { opening, minutes: Minutes::lasting(starts(), length), end }
    }
}

/// A whole minute, counted from the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(u64);

impl Moment {
    /// The minute that `instant` lies in.
    fn of(instant: Timestamp) -> Self {
        Self(minutes(instant.since(Timestamp::EPOCH)))
    }

    fn instant(self) -> Timestamp {
        Timestamp::from_secs(self.0.saturating_mul(60))
    }

    fn midnight(self) -> Self {
        Self(self.0 - self.0 % A_DAY)
    }

    fn midnight_of(date: Date) -> Option<Self> {
        let days = date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
        Some(Self(u64::try_from(days).ok()? * A_DAY))
    }

    /// Its day. Every timestamp has one: the calendar goes on to the year 9999.
    fn date(self) -> Date {
        let days = i64::try_from(self.0 / A_DAY).unwrap_or(i64::MAX);
        let days = SignedDuration::from_hours(days.saturating_mul(24));
        Date::constant(1970, 1, 1).saturating_add(days)
    }
}

fn minutes(length: Duration) -> u64 {
    length.as_secs() / 60
}

#[cfg(test)]
mod tests;
