//! When one opening begins, day after day of its own time zone.
//!
//! As EventBridge Scheduler has it: a time of the day that clocks skip when they go forward begins nothing, and one that
//! they show twice when they go back begins something the first time.

use jiff::civil::Date;
use jiff::tz::AmbiguousOffset;

use super::minutes::{A_DAY, Minutes};
use super::moment::{Moment, minutes};
use crate::opening::Opening;

/// An opening, and what it does on each day on which it comes.
pub(super) struct Course<'a> {
    opening: &'a Opening,
    /// The minutes of a day at which it begins, in order.
    starts: Vec<u64>,
    /// The minutes of that day at which it is open then, if no clock is changed.
    open: Minutes,
    length: u64,
}

/// The starts of one day.
enum Starts {
    /// No clock is changed: they come so many minutes after this moment, which may lie before the first there is.
    Even(i64),
    /// Clocks are changed: they come at these moments, in order.
    Odd(Vec<Moment>),
}

impl<'a> Course<'a> {
    pub(super) fn of(opening: &'a Opening) -> Self {
        let starts: Vec<u64> = opening.cron().minutes_of_day().map(u64::from).collect();
        let length = minutes(opening.length());
        let open = Minutes::lasting(starts.iter().copied(), length);
        Self { opening, starts, open, length }
    }

    /// Takes in the minutes of the UTC day from `midnight` on at which it is open, as far as they follow from starts on
    /// the days of its zone that lie in this one; says when the last of the starts before the next midnight is over.
    pub(super) fn add_to(&self, open: &mut Minutes, midnight: Moment) -> Option<Moment> {
        let (mut date, last) = (self.date(midnight), self.date(Moment(midnight.0 + A_DAY - 1)));
        let mut over = None;
        while date <= last {
            if let Some(starts) = self.starts_on(date) {
                self.add(&starts, open, midnight);
                over = over.max(self.last_before(&starts, Moment(midnight.0 + A_DAY)));
            }
            date = date.tomorrow().ok()?;
        }
        over.map(|start| Moment(start.0 + self.length))
    }

    /// When the last of the starts before `midnight` is over. Starts too long ago to matter are not looked at.
    pub(super) fn end_of_last_before(&self, midnight: Moment) -> Option<Moment> {
        let reach = usize::try_from(self.length.div_ceil(A_DAY)).unwrap_or(usize::MAX).saturating_add(2);
        let days = std::iter::successors(Some(self.date(midnight)), |day| day.yesterday().ok());
        let mut starts = days.take(reach).filter_map(|day| self.starts_on(day));
        let start = starts.find_map(|starts| self.last_before(&starts, midnight))?;
        Some(Moment(start.0 + self.length))
    }

    /// The first start at or after `from`.
    pub(super) fn next_start(&self, from: Moment) -> Option<Moment> {
        let mut date = self.date(from);
        loop {
            date = self.opening.cron().first_day_from(date)?;
            let start = self.starts_on(date).and_then(|starts| self.first_from(&starts, from));
            if start.is_some() {
                return start;
            }
            date = date.tomorrow().ok()?;
        }
    }

    /// Whether it would begin on this day, and the clocks skip each of its times.
    pub(super) fn is_skipped_on(&self, date: Date) -> bool {
        matches!(self.starts_on(date), Some(Starts::Odd(moments)) if moments.is_empty())
    }

    /// What the zone's calendar says at `moment`.
    pub(super) fn date(&self, moment: Moment) -> Date {
        self.opening.zone().rules().to_datetime(moment.to_jiff()).date()
    }

    fn starts_on(&self, date: Date) -> Option<Starts> {
        if !self.opening.cron().falls_on(date) {
            return None;
        }
        let midnight = |date: Date| match self
            .opening
            .zone()
            .rules()
            .to_ambiguous_timestamp(date.at(0, 0, 0, 0))
            .offset()
        {
            AmbiguousOffset::Unambiguous { offset } => Some(offset.seconds()),
            AmbiguousOffset::Gap { .. } | AmbiguousOffset::Fold { .. } => None,
        };
        match (midnight(date), date.tomorrow().ok().and_then(midnight)) {
            (Some(before), Some(after)) if before == after => Some(Starts::Even(
                Moment::days_since_epoch(date) * A_DAY.cast_signed() - i64::from(before / 60),
            )),
            _ => Some(Starts::Odd(
                self.starts.iter().filter_map(|start| self.start_at(date, *start)).collect(),
            )),
        }
    }

    /// The moment at which the clocks show so many minutes after midnight for the first time, if they ever do.
    fn start_at(&self, date: Date, minute: u64) -> Option<Moment> {
        let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
        let shown = self.opening.zone().rules().to_ambiguous_timestamp(date.at(hour, minute, 0, 0));
        let is_skipped = matches!(shown.offset(), AmbiguousOffset::Gap { .. });
        (!is_skipped).then(|| shown.earlier().ok().and_then(Moment::of_jiff)).flatten()
    }

    fn add(&self, starts: &Starts, open: &mut Minutes, midnight: Moment) {
        match starts {
            Starts::Even(base) => {
                let by = base - midnight.0.cast_signed();
                open.add_moved(&self.open, by);
                // The zone's day may be over before this one is.
                let since = |minute: u64| u64::try_from(by + minute.cast_signed()).unwrap_or(0);
                let end = self.starts.last().map_or(0, |last| last.saturating_add(self.length));
                open.fill(since(A_DAY), since(end));
            }
            Starts::Odd(moments) => {
                for start in moments {
                    let since = |moment: u64| moment.saturating_sub(midnight.0);
                    open.fill(since(start.0), since(start.0 + self.length));
                }
            }
        }
    }

    fn last_before(&self, starts: &Starts, end: Moment) -> Option<Moment> {
        match starts {
            Starts::Even(base) => {
                let before =
                    self.starts.partition_point(|start| base + start.cast_signed() < end.0.cast_signed());
                let start = self.starts.get(before.checked_sub(1)?)?;
                Moment::from_minutes(base + start.cast_signed())
            }
            Starts::Odd(moments) => moments.iter().rev().find(|start| **start < end).copied(),
        }
    }

    fn first_from(&self, starts: &Starts, from: Moment) -> Option<Moment> {
        match starts {
            Starts::Even(base) => {
                let before =
                    self.starts.partition_point(|start| base + start.cast_signed() < from.0.cast_signed());
                Moment::from_minutes(base + self.starts.get(before)?.cast_signed())
            }
            Starts::Odd(moments) => moments.iter().find(|start| **start >= from).copied(),
        }
    }
}
