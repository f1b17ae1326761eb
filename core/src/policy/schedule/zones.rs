//! Openings by the clocks of a time zone, above all when these are changed.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "minutes of a few days, after 1970"
)]

use jiff::Timestamp as Instant;
use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};
use proptest::sample::select;

use super::{Openness, first_skipped, next_openings, openness};
use crate::opening::Opening;
use crate::time::Timestamp;
use crate::zone::Zone;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is an instant"))
}

/// The openings that begin in the days after `day`, by the clocks of their zone, each with its length.
fn coming(opening: &str, from: &str, count: usize) -> Vec<String> {
    let opening: Opening = opening.parse().unwrap();
    let next = next_openings(std::slice::from_ref(&opening), at(from), count);
    let told = next.into_iter().map(|(from, until)| {
        let length = until.since(from).as_secs() / 60;
        format!("{} +{}h{:02}", opening.zone().rfc_3339(from), length / 60, length % 60)
    });
    told.collect()
}

#[test]
fn an_opening_goes_with_the_clocks_of_its_zone() {
    let nights = "cron(0 22 * * ? *) for 6h in Europe/Berlin";
    assert_eq!(
        coming(nights, "2026-03-27T22:30:00Z", 3),
        [
            "2026-03-28T22:00:00+01:00 +6h00",
            "2026-03-29T22:00:00+02:00 +6h00",
            "2026-03-30T22:00:00+02:00 +6h00"
        ],
        "six hours are six hours, also in the night that has one less"
    );
    assert_eq!(
        coming(nights, "2026-10-23T22:30:00Z", 3),
        [
            "2026-10-24T22:00:00+02:00 +6h00",
            "2026-10-25T22:00:00+01:00 +6h00",
            "2026-10-26T22:00:00+01:00 +6h00"
        ]
    );
    let first = "cron(0 0 1 * ? *) for 1h in Asia/Kathmandu";
    assert_eq!(coming(first, "2026-11-21T00:00:00Z", 1), ["2026-12-01T00:00:00+05:45 +1h00"]);
    let schedule = [first.parse().unwrap()];
    assert_eq!(
        openness(&schedule, at("2026-11-30T18:14:59Z")),
        Openness::Closed { until: Some(at("2026-11-30T18:15:00Z")) }
    );
    assert_eq!(
        openness(&schedule, at("2026-11-30T18:15:00Z")),
        Openness::Open { until: at("2026-11-30T19:15:00Z") }
    );
}

/// As EventBridge Scheduler, which wakes drainers, skips it too.
#[test]
fn a_start_that_the_clocks_skip_is_none() {
    // 2026-03-29, 02:00 becomes 03:00.
    let skipped = "cron(30 2 * * ? *) for 1h in Europe/Berlin";
    assert_eq!(
        coming(skipped, "2026-03-27T12:00:00Z", 2),
        ["2026-03-28T02:30:00+01:00 +1h00", "2026-03-30T02:30:00+02:00 +1h00"]
    );
    let over_it = "cron(45 1 * * ? *) for 1h in Europe/Berlin";
    assert_eq!(coming(over_it, "2026-03-28T12:00:00Z", 1), ["2026-03-29T01:45:00+01:00 +1h00"]);
    let skips = |text: &str| {
        first_skipped(&text.parse().unwrap(), at("2026-03-27T12:00:00Z")).map(|day| day.to_string())
    };
    assert_eq!(skips(skipped).as_deref(), Some("2026-03-29"));
    assert_eq!(skips(over_it), None);
    assert_eq!(
        skips("cron(0/30 * * * ? *) for 10m in Europe/Berlin"),
        None,
        "other starts of that day are left"
    );
    assert_eq!(skips("cron(30 2 * * ? *) for 1h"), None);
    // Midnight itself is skipped.
    let midnight = "cron(0,30 0 ? * FRI *) for 10m in Africa/Cairo";
    assert_eq!(
        coming(midnight, "2026-04-17T12:00:00Z", 2),
        ["2026-05-01T00:00:00+03:00 +0h10", "2026-05-01T00:30:00+03:00 +0h10"]
    );
    let never = "cron(30 2 ? MAR SUNL *) for 1h in Europe/Berlin";
    let schedule = [never.parse().unwrap()];
    assert_eq!(openness(&schedule, at("2026-03-28T00:00:00Z")), Openness::Closed { until: None });
}

#[test]
fn a_start_that_the_clocks_show_twice_is_one() {
    // 2026-10-25, 03:00 becomes 02:00.
    let twice = "cron(30 2 * * ? *) for 10m in Europe/Berlin";
    assert_eq!(
        coming(twice, "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T02:30:00+02:00 +0h10", "2026-10-26T02:30:00+01:00 +0h10"]
    );
    // A day of 24 hours from midnight to midnight leaves the 25th hour.
    let whole = "cron(0 0 * * ? *) for 1d in Europe/Berlin";
    let schedule = [whole.parse().unwrap()];
    assert_eq!(
        openness(&schedule, at("2026-10-24T12:00:00Z")),
        Openness::Open { until: at("2026-10-25T22:00:00Z") }
    );
    assert_eq!(
        openness(&schedule, at("2026-10-25T22:30:00Z")),
        Openness::Closed { until: Some(at("2026-10-25T23:00:00Z")) }
    );
    let longer = ["cron(0 0 * * ? *) for 25h in Europe/Berlin".parse().unwrap()];
    assert_eq!(openness(&longer, at("2026-10-24T12:00:00Z")), Openness::Always);
}

#[test]
fn openings_of_several_zones_are_one_schedule() {
    let schedule: Vec<Opening> =
        ["cron(0 9 ? * MON-FRI *) for 8h in America/New_York", "cron(0 22 * * ? *) for 1h"]
            .map(|opening| opening.parse().unwrap())
            .into();
    // 17:00 in New York is 22:00 UTC in winter, and 21:00 in summer.
    assert_eq!(
        openness(&schedule, at("2026-11-20T15:00:00Z")),
        Openness::Open { until: at("2026-11-20T23:00:00Z") }
    );
    assert_eq!(
        openness(&schedule, at("2026-07-20T15:00:00Z")),
        Openness::Open { until: at("2026-07-20T21:00:00Z") }
    );
}

/// For each minute from `first` on whether it is open, found from what the clocks show at each minute before.
fn minute_by_minute(opening: &Opening, first: u64, count: u64) -> Vec<bool> {
    let length = opening.length().as_secs() / 60;
    let begins = |minute: u64| {
        let instant = Instant::from_second((minute * 60) as i64).unwrap();
        let shown = opening.zone().rules().to_datetime(instant);
        let of_day = u16::try_from(i32::from(shown.hour()) * 60 + i32::from(shown.minute())).unwrap();
        let is_first = opening
            .zone()
            .rules()
            .to_ambiguous_timestamp(shown)
            .earlier()
            .is_ok_and(|first| first == instant);
        opening.cron().falls_on(shown.date())
            && opening.cron().minutes_of_day().any(|own| own == of_day)
            && is_first
    };
    let mut until = 0;
    let mut open = Vec::new();
    for minute in first - length..first + count {
        if begins(minute) {
            until = minute + length;
        }
        open.push(minute < until);
    }
    open.split_off(length as usize)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    /// Whole days around changes of clocks, of an hour and of half an hour, at night and at midnight, east and west.
    #[test]
    fn agrees_with_what_the_clocks_show(
        zone in select(vec!["Europe/Berlin", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu",
            "America/St_Johns", "Pacific/Apia", "UTC"]),
        fields in select(vec!["0 0 * * ?", "30 2 * * ?", "*/20 0-3 * * ?", "15 23 ? * SAT,SUN", "0/7 * * * ?", "* 2 * * ?",
            "0 1 L * ?", "59 23 * * ?"]),
        minutes in select(vec![1u64, 7, 60, 119, 600, 1_440, 1_500, 3_000]),
        day in select(vec!["2026-03-07", "2026-03-28", "2026-04-04", "2026-04-23", "2026-10-03", "2026-10-24", "2026-10-29",
            "2026-10-31", "2026-12-31"]),
        hour in 0..24u64,
    ) {
        let opening: Opening = format!("cron({fields} *) for {minutes}m in {zone}").parse().unwrap();
        let midnight = at(&format!("{day}T00:00:00Z")).as_nanos() / 60_000_000_000;
        let first = midnight + hour * 60;
        let open = minute_by_minute(&opening, first, 3 * 1_440);
        let instant = |minutes: usize| Timestamp::from_secs((first + minutes as u64) * 60);
        let end = instant(open.len());
        let schedule = [opening];
        let change = open.iter().position(|other| *other != open[0]).map(instant);
        match openness(&schedule, instant(0)) {
            Openness::Always => prop_assert_eq!((open[0], change), (true, None)),
            Openness::Open { until } => prop_assert_eq!((open[0], change), (true, Some(until).filter(|until| *until < end))),
            Openness::Closed { until } => prop_assert_eq!((open[0], change), (false, until.filter(|until| *until < end))),
        }
        let mut edges = (1..open.len()).filter(|at| open[*at] != open[*at - 1]).skip_while(|at| !open[*at]).map(instant);
        for (from, until) in next_openings(&schedule, instant(0), 5) {
            prop_assert_eq!(edges.next(), Some(from).filter(|from| *from < end));
            prop_assert_eq!(edges.next(), Some(until).filter(|until| *until < end));
        }
    }
}

#[test]
fn a_zone_is_written_after_the_length() {
    let berlin: Opening = "cron(0 22 * * ? *) for 6h in Europe/Berlin".parse().unwrap();
    assert_eq!(berlin.to_string(), "cron(0 22 * * ? *) for 6h in Europe/Berlin");
    assert_eq!(berlin.expression(), "cron(0 22 * * ? *)");
    let universal: Opening = "cron(0 22 * * ? *) for 6h in UTC".parse().unwrap();
    assert_eq!(universal, "cron(0 22 * * ? *) for 6h".parse().unwrap());
    assert_eq!(*universal.zone(), Zone::UTC);
    let told = |text: &str| text.parse::<Opening>().unwrap_err().to_string();
    assert_eq!(
        told("cron(0 22 * * ? *) for 6h in Europe/Berln"),
        "'cron(0 22 * * ? *) for 6h in Europe/Berln' is not an opening: 'Europe/Berln' is not a time zone: use a name like Europe/Berlin"
    );
}
