//! Whether something that recurs is due.
//!
//! A time that comes while nobody looks is made up for if somebody looks soon after, as EventBridge does it; a later one
//! is missed, and only told of: what is due at night is hardly meant for the next noon.

use std::time::Duration;

use super::schedule::next_time;
use crate::opening::times::Times;
use crate::time::Timestamp;

/// How late it may be done.
pub const LATEST: Duration = Duration::from_secs(15 * 60);

/// How far back somebody who has just begun to look looks for what was missed.
const LOOK_BACK: Duration = Duration::from_secs(7 * 86_400);

/// What has come since somebody looked last. The latest of several times stands for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Nothing.
    Nothing,
    /// This time, and it isn't too late for it.
    Due(Timestamp),
    /// This time, and it is too late.
    Missed(Timestamp),
}

/// What has come at `now` since `handled`, the latest time that is settled; none where somebody begins to look.
pub fn look(times: &Times, handled: Option<Timestamp>, now: Timestamp) -> Look {
    let earliest = now.minus(LOOK_BACK);
    match latest(times, handled.unwrap_or(earliest).max(earliest), now) {
        None => Look::Nothing,
        Some(time) if now.since(time) <= LATEST => Look::Due(time),
        Some(time) => Look::Missed(time),
    }
}

/// The latest of the times after `from` and up to `to`. Looked for in longer and longer stretches before `to`: what comes
/// each minute isn't followed through a week.
fn latest(times: &Times, from: Timestamp, to: Timestamp) -> Option<Timestamp> {
    let mut stretch = Duration::from_secs(60);
    loop {
        let begin = to.minus(stretch).max(from);
        let come = std::iter::successors(next_time(times, begin), |time| next_time(times, *time));
        let latest = come.take_while(|time| *time <= to).last();
        if latest.is_some() || begin == from {
            return latest;
        }
        stretch *= 4;
    }
}

/// The next `count` times after `now`.
pub fn next_times(times: &Times, now: Timestamp, count: usize) -> Vec<Timestamp> {
    let next = std::iter::successors(next_time(times, now), |time| next_time(times, *time));
    next.take(count).collect()
}

#[cfg(test)]
mod tests {
    //! What is due and what is missed, minute by minute.

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(&format!("2026-11-26T{text}Z")).unwrap()
    }

    fn looked(cron: &str, handled: Option<&str>, now: &str) -> Look {
        look(&cron.parse().unwrap(), handled.map(at), at(now))
    }

    #[test]
    fn a_time_is_due_from_its_minute_on_for_a_quarter_of_an_hour_and_once() {
        const NIGHTLY: &str = "cron(0 2 * * ? *)";
        let yesterday = Timestamp::parse("2026-11-25T02:00:00Z").unwrap();
        assert_eq!(looked(NIGHTLY, None, "01:59:59"), Look::Missed(yesterday));
        assert_eq!(looked(NIGHTLY, Some("01:59:00"), "01:59:59"), Look::Nothing);
        assert_eq!(looked(NIGHTLY, Some("01:59:00"), "02:00:00"), Look::Due(at("02:00:00")));
        assert_eq!(looked(NIGHTLY, None, "02:15:00"), Look::Due(at("02:00:00")));
        assert_eq!(looked(NIGHTLY, Some("02:00:00"), "02:15:00"), Look::Nothing);
        assert_eq!(looked(NIGHTLY, Some("01:00:00"), "02:15:01"), Look::Missed(at("02:00:00")));
        // Whoever begins to look knows nothing of what was longer ago.
        assert_eq!(looked("cron(0 2 1 * ? *)", None, "02:00:00"), Look::Nothing);
    }

    #[test]
    fn the_latest_of_several_stands_for_all() {
        const OFTEN: &str = "cron(0/5 * * * ? *)";
        assert_eq!(looked(OFTEN, Some("02:00:00"), "02:05:01"), Look::Due(at("02:05:00")));
        assert_eq!(looked(OFTEN, Some("02:00:00"), "03:16:00"), Look::Due(at("03:15:00")));
        assert_eq!(looked("cron(* * * * ? *)", None, "02:05:59"), Look::Due(at("02:05:00")));
        assert_eq!(looked("cron(0-30 1 * * ? *)", None, "03:00:00"), Look::Missed(at("01:30:00")));
    }

    #[test]
    fn times_go_by_the_clocks_of_their_zone() {
        let times: Times = "cron(0 2 * * ? *) in Europe/Oslo".parse().unwrap();
        assert_eq!(next_times(&times, at("00:30:00"), 1), [at("01:00:00")]);
        assert_eq!(next_times(&"cron(0 2 26 11 ? 2026)".parse().unwrap(), at("02:00:00"), 3), []);
    }
}
