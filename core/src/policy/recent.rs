//! What happened in the last minute, from counts that begin anew with each minute of the clock.

use std::time::Duration;

use crate::time::Timestamp;

/// The stretch of time that counts are kept by.
pub const MINUTE: Duration = Duration::from_secs(60);

/// What was counted within one minute of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute {
    /// When the first of it was counted.
    pub from: Timestamp,
    /// How much.
    pub count: u64,
}

/// What was counted in the last 60 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Recent {
    /// How much, about: what a minute holds is taken to be spread evenly from its first count to its end.
    pub count: f64,
    /// Over how long: 60 seconds, or the time since the first count where that is less; zero where there is none.
    pub over: Duration,
}

/// The number of the minute that `at` lies in, counted from the epoch.
pub fn minute_of(at: Timestamp) -> u64 {
    at.since(Timestamp::EPOCH).as_secs() / MINUTE.as_secs()
}

/// What of these minutes lies in the 60 seconds before `now`.
pub fn recent(minutes: &[Minute], now: Timestamp) -> Recent {
    let begin = now.minus(MINUTE);
    let mut recent = Recent::default();
    for minute in minutes.iter().filter(|minute| minute.count > 0) {
        let end = Timestamp::from_secs((minute_of(minute.from) + 1) * MINUTE.as_secs());
        let from = minute.from.max(begin);
        // What was counted by a clock ahead of this one has happened just now.
        let end = end.min(now).max(minute.from);
        if end < from || end <= begin {
            continue;
        }
        let spread = end.since(minute.from).as_secs_f64();
        let within = if spread > 0.0 { end.since(from).as_secs_f64() / spread } else { 1.0 };
        recent.count += exact(minute.count) * within;
        recent.over = recent.over.max(now.since(from));
    }
    recent
}

impl Recent {
    /// How much a second; `None` where it hasn't gone on for `least`: of a moment nothing can be told.
    pub fn per_second(self, least: Duration) -> Option<f64> {
        (self.over >= least && !self.over.is_zero()).then(|| self.count / self.over.as_secs_f64())
    }

    /// How much, as a whole number.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count is no less than nothing"
    )]
    pub fn rounded(self) -> u64 {
        self.count.round() as u64
    }

    /// The two together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { count: self.count + other.count, over: self.over.max(other.over) }
    }
}

#[allow(clippy::cast_precision_loss, reason = "a rate for people")]
fn exact(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    //! Counts of events that happened at known instants, against what is made of them.

    use proptest::prelude::{prop_assert, proptest};

    use super::*;

    /// What a store keeps of events at these milliseconds.
    fn kept(events: &[u64]) -> Vec<Minute> {
        let mut minutes: Vec<Minute> = Vec::new();
        for at in events.iter().map(|millis| Timestamp::from_micros(millis * 1_000)) {
            match minutes.last_mut() {
                Some(last) if minute_of(last.from) == minute_of(at) => last.count += 1,
                _ => minutes.push(Minute { from: at, count: 1 }),
            }
        }
        minutes
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000)
    }

    proptest! {
        #[test]
        fn an_even_stream_is_told_as_it_is(begun in 0..300_000u64, every in 5..2_000u64, for_ in 0..300_000u64) {
            let now = begun + for_;
            let events: Vec<u64> = (begun..=now).step_by(usize::try_from(every).unwrap()).collect();
            let told = recent(&kept(&events), at(now));
            let within = events.iter().filter(|event| **event + 60_000 > now).count() as f64;
            prop_assert!((told.count - within).abs() <= 2.5, "{} of {within}", told.count);
            if let Some(rate) = told.per_second(Duration::from_secs(10)) {
                let exact = 1_000.0 / every as f64;
                prop_assert!((rate / exact - 1.0).abs() < 0.02 + 3.0 / (told.over.as_secs_f64() * exact), "{rate} of {exact}");
            }
        }
    }

    #[test]
    fn what_lies_back_is_forgotten() {
        let minutes = kept(&[1_000, 2_000, 3_000]);
        assert_eq!(recent(&minutes, at(119_000 + 2_000)), Recent::default());
        assert_eq!(recent(&minutes, at(3_000)).per_second(Duration::from_secs(3)), None);
        assert_eq!(recent(&minutes, at(4_000)).per_second(Duration::from_secs(3)), Some(1.0));
    }

    #[test]
    fn a_clock_ahead_is_no_trouble() {
        let told = recent(&[Minute { from: at(65_000), count: 7 }], at(59_000));
        assert_eq!(told, Recent { count: 7.0, over: Duration::ZERO });
    }
}
