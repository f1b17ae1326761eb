//! Edges as tables; and any schedule, beside another reading of the same expressions minute by minute.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "minutes of a few days, after 1970"
)]

use std::ops::Range;

use proptest::prelude::{Just, ProptestConfig, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;

use super::{Openness, begins_between, next_openings, openness};
use crate::opening::Opening;
use crate::time::Timestamp;

fn schedule(openings: &[&str]) -> Vec<Opening> {
    openings.iter().map(|opening| opening.parse().unwrap()).collect()
}

/// `2026-11-21 14:03`, and `:07` or `:07.5` where seconds matter.
fn at(text: &str) -> Timestamp {
    let time: jiff::civil::DateTime = text.parse().unwrap();
    let instant = time.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    Timestamp::from_nanos(instant.as_nanosecond().try_into().unwrap())
}

/// `always`, `open until ...`, `closed until ...` or `closed for ever`, to the minute.
fn answer(openings: &[&str], now: &str) -> String {
    match openness(&schedule(openings), at(now)) {
        Openness::Always => "always".to_owned(),
        Openness::Open { until } => format!("open until {}", short(until)),
        Openness::Closed { until: Some(until) } => format!("closed until {}", short(until)),
        Openness::Closed { until: None } => "closed for ever".to_owned(),
    }
}

fn short(instant: Timestamp) -> String {
    let text = instant.to_string();
    let (minutes, rest) = text.split_at("2026-11-21T14:03".len());
    assert_eq!(rest, ":00.000000Z", "openings begin and end on whole minutes");
    minutes.replace('T', " ")
}

fn check(openings: &[&str], cases: &[(&str, &str)]) {
    for (now, expected) in cases {
        assert_eq!(answer(openings, now), *expected, "{openings:?} at {now}");
    }
}

#[test]
fn without_openings_a_queue_is_always_open() {
    check(&[], &[("2026-11-21 14:03", "always")]);
    assert_eq!(next_openings(&[], at("2026-11-21 14:03"), 3), []);
}

#[test]
fn the_first_and_the_last_instant() {
    check(
        &["cron(0 0 * * ? *) for 6h"],
        &[
            ("2026-11-20 23:59:59.999999999", "closed until 2026-11-21 00:00"),
            ("2026-11-21 00:00", "open until 2026-11-21 06:00"),
            ("2026-11-21 05:59:59.999999999", "open until 2026-11-21 06:00"),
            ("2026-11-21 06:00", "closed until 2026-11-22 00:00"),
        ],
    );
    check(
        &["cron(59 23 * * ? *) for 1m"],
        &[
            ("2026-11-21 23:59:30", "open until 2026-11-22 00:00"),
            ("2026-11-22 00:00", "closed until 2026-11-22 23:59"),
        ],
    );
}

#[test]
fn over_midnight_months_and_years() {
    check(
        &["cron(0 22 ? * FRI *) for 2d"],
        &[
            ("2026-11-20 21:59", "closed until 2026-11-20 22:00"),
            ("2026-11-21 00:00", "open until 2026-11-22 22:00"),
            ("2026-11-22 21:59", "open until 2026-11-22 22:00"),
            ("2026-11-22 22:00", "closed until 2026-11-27 22:00"),
        ],
    );
    check(
        &["cron(0 12 L * ? *) for 1d"],
        &[
            ("2027-12-31 12:00", "open until 2028-01-01 12:00"),
            ("2028-01-01 11:59", "open until 2028-01-01 12:00"),
            ("2028-02-10 00:00", "closed until 2028-02-29 12:00"),
        ],
    );
    check(
        &["cron(0 0 29 2 ? *) for 1d"],
        &[
            ("2028-03-01 00:00", "closed until 2032-02-29 00:00"),
            ("2096-03-01 00:00", "closed until 2104-02-29 00:00"),
        ],
    );
}

#[test]
fn openings_that_overlap_or_touch_are_one() {
    check(
        &["cron(0 0 * * ? *) for 6h", "cron(0 6 * * ? *) for 1h", "cron(30 6 ? * MON *) for 3h"],
        &[
            ("2026-11-21 01:00", "open until 2026-11-21 07:00"),
            ("2026-11-23 01:00", "open until 2026-11-23 09:30"),
            ("2026-11-23 09:30", "closed until 2026-11-24 00:00"),
        ],
    );
    check(&["cron(0/10 8-17 * * ? *) for 10m"], &[("2026-11-21 08:05", "open until 2026-11-21 18:00")]);
    check(&["cron(0/10 8-17 * * ? *) for 9m"], &[("2026-11-21 08:05", "open until 2026-11-21 08:09")]);
    check(
        &["cron(0/2 * ? * SAT *) for 1m", "cron(1/2 * ? * SAT *) for 1m"],
        &[("2026-11-21 08:05", "open until 2026-11-22 00:00")],
    );
}

#[test]
fn openings_without_a_gap_are_always_open() {
    for opening in [
        "cron(* * * * ? *) for 1m",
        "cron(* * * * ? *) for 7d",
        "cron(0 0 * * ? *) for 1d",
        "cron(30 7 ? * SUN *) for 7d",
        "cron(0 0 1 1 ? *) for 366d",
    ] {
        check(&[opening], &[("2026-11-21 14:03", "always")]);
        assert_eq!(next_openings(&schedule(&[opening]), at("2026-11-21 14:03"), 3), [], "{opening}");
    }
    // A year of 366 days leaves a gap of one, which is seen a year ahead.
    check(
        &["cron(0 0 1 1 ? *) for 365d"],
        &[("2026-11-21 14:03", "always"), ("2028-11-21 14:03", "open until 2028-12-31 00:00")],
    );
}

#[test]
fn an_opening_begins_once_whatever_it_touches() {
    let hourly = schedule(&["cron(0 * * * ? *) for 1h"]);
    let begins = |from: &str, to: &str| begins_between(&hourly, at(from), at(to));
    assert_eq!(openness(&hourly, at("2026-11-21T10:30")), Openness::Always);
    assert!(begins("2026-11-21T10:59", "2026-11-21T11:00"));
    assert!(!begins("2026-11-21T11:00", "2026-11-21T11:01"), "it has begun");
    assert!(!begins("2026-11-21T11:00", "2026-11-21T11:59"));
    // Asleep from one into the next.
    assert!(begins("2026-11-21T11:30", "2026-11-21T14:30"));
    assert!(!begins_between(&[], at("2026-11-21T00:00"), at("2027-11-21T00:00")));
}

#[test]
fn years_begin_and_end() {
    check(
        &["cron(0 0 31 12 ? 2027-2028) for 366d"],
        &[
            ("2026-11-21 14:03", "closed until 2027-12-31 00:00"),
            ("2028-12-30 14:03", "open until 2030-01-01 00:00"),
            ("2030-01-01 00:00", "closed for ever"),
        ],
    );
    check(&["cron(* * * * ? 2199) for 1m"], &[("2199-12-31 23:00", "open until 2200-01-01 00:00")]);
    let far = openness(&schedule(&["cron(* * * * ? *) for 7d"]), Timestamp::from_nanos(u64::MAX));
    assert_eq!(far, Openness::Closed { until: None });
}

/// `from to until`, one a line.
fn coming(openings: &[&str], now: &str, count: usize) -> String {
    let stretches = next_openings(&schedule(openings), at(now), count);
    let lines: Vec<String> =
        stretches.iter().map(|(from, until)| format!("{} to {}", short(*from), short(*until))).collect();
    lines.join("\n")
}

#[test]
fn the_openings_to_come() {
    let nights = ["cron(0 22 ? * MON-FRI *) for 8h", "cron(0 5 ? * SAT *) for 2h"];
    assert_eq!(
        coming(&nights, "2026-11-19 23:00", 3),
        "2026-11-20 22:00 to 2026-11-21 07:00\n\
         2026-11-23 22:00 to 2026-11-24 06:00\n\
         2026-11-24 22:00 to 2026-11-25 06:00",
        "the one that is on is left out, and two that overlap are one"
    );
    assert_eq!(coming(&nights, "2026-11-20 22:00", 1), "2026-11-23 22:00 to 2026-11-24 06:00");
    assert_eq!(coming(&nights, "2026-11-20 21:59:59", 1), "2026-11-20 22:00 to 2026-11-21 07:00");
    assert_eq!(
        coming(&["cron(0 0 1 1 ? 2027) for 1h"], "2026-11-21", 5),
        "2027-01-01 00:00 to 2027-01-01 01:00"
    );
    assert_eq!(coming(&nights, "2026-11-19 23:00", 0), "");
    assert_eq!(
        coming(&["cron(* * * * ? 2027-2199) for 1m"], "2026-11-21", 5),
        "2027-01-01 00:00 to 2028-02-05 00:00",
        "no closing is looked for beyond 400 days"
    );
}

/// One field in both notations: AWS's, and that of the crate `cronexpr`.
type Both = (String, String);

/// A list of numbers, ranges and steps from `numbers`; `other` is the crate's number for AWS's.
fn list(numbers: Range<u16>, other: fn(u16) -> u16) -> impl Strategy<Value = Both> {
    let last = numbers.end - 1;
    let item = (numbers, 0..12u16, 1..20u16, 0..4u8).prop_map(move |(from, more, step, kind)| {
        let to = last.min(from + more);
        let (step, both) =
            (step.min(last - 1), |write: &dyn Fn(u16) -> String| (write(from), write(other(from))));
        match kind {
            0 => both(&|from| format!("{from}")),
            1 => (format!("{from}-{to}"), format!("{}-{}", other(from), other(to))),
            2 => (format!("{from}/{step}"), format!("{}-{}/{step}", other(from), other(last))),
            _ => (format!("{from}-{to}/{step}"), format!("{}-{}/{step}", other(from), other(to))),
        }
    });
    let joined = |items: Vec<Both>| {
        let (ours, theirs): (Vec<String>, Vec<String>) = items.into_iter().unzip();
        (ours.join(","), theirs.join(","))
    };
    proptest::collection::vec(item, 1..4).prop_map(joined)
}

fn same(text: &str) -> Both {
    (text.to_owned(), text.to_owned())
}

fn any() -> Just<Both> {
    Just(same("*"))
}

/// Day of month, month, day of week. The crate overlooks what `L` means in December, and takes steps of
/// weekdays that AWS doesn't: those are left to the tables.
fn days() -> impl Strategy<Value = [Both; 3]> {
    let month = || {
        prop_oneof![
            any(),
            list(1..13, |month| month),
            select(vec!["JAN-MAR", "FEB", "NOV,DEC"]).prop_map(same)
        ]
    };
    let early = select(vec!["1-11", "2/3", "JAN-MAR", "FEB,APR,NOV"]).prop_map(same);
    let nobody = || ("?".to_owned(), "*".to_owned());
    let of_month =
        prop_oneof![any(), list(1..32, |day| day), (1..32u16).prop_map(|day| same(&format!("{day}W"))),];
    let of_week = prop_oneof![
        any(),
        select(vec!["SUN", "MON-FRI", "SAT,TUE", "WED#1", "FRI#5"]).prop_map(same),
        (1..8u16, 0..7u16).prop_map(|(from, more)| {
            let to = (from + more).min(7);
            (format!("{from}-{to}"), format!("{}-{}", from - 1, to - 1))
        }),
        (1..8u16, 1..6u16).prop_map(|(day, turn)| (format!("{day}#{turn}"), format!("{}#{turn}", day - 1))),
    ];
    let last = (early, 0..8u16).prop_map(move |(month, day)| match day {
        0 => [same("L"), month, nobody()],
        day => [nobody(), month, (format!("{day}L"), format!("{}L", day - 1))],
    });
    prop_oneof![
        3 => (of_month, month()).prop_map(move |(day, month)| [day, month, nobody()]),
        3 => (month(), of_week).prop_map(move |(month, day)| [nobody(), month, day]),
        1 => last,
    ]
}

/// An opening, and what the crate makes of the same expression.
#[derive(Debug, Clone)]
struct Pair {
    opening: Opening,
    minutes: u64,
    other: cronexpr::Crontab,
}

fn pair() -> impl Strategy<Value = Pair> {
    let minute = prop_oneof![1 => any(), 4 => list(0..60, |minute| minute)];
    let hour = prop_oneof![1 => any(), 4 => list(0..24, |hour| hour)];
    let length = prop_oneof![1..5u64, 5..120u64, 120..LONGEST];
    (minute, hour, days(), length).prop_filter_map(
        "no such day",
        |(minute, hour, [day, month, weekday], minutes)| {
            let ours = [&minute.0, &hour.0, &day.0, &month.0, &weekday.0, "*"].join(" ");
            let theirs = [&minute.1, &hour.1, &day.1, &month.1, &weekday.1, "UTC"].join(" ");
            let opening = match format!("cron({ours}) for {minutes}m").parse::<Opening>() {
                Err(why) if why.to_string().ends_with("no such day ever comes") => return None,
                opening => opening.unwrap(),
            };
            Some(Pair { opening, minutes, other: cronexpr::parse_crontab(&theirs).unwrap() })
        },
    )
}

/// How long openings last at most, and how far the other reading looks, in minutes.
const LONGEST: u64 = 4 * 1_440;
const AHEAD: u64 = 3 * 1_440;

/// For each minute from `now` on whether it is open, found by walking every start that can matter.
fn minute_by_minute(pairs: &[Pair], now: u64) -> Vec<bool> {
    let mut open = vec![false; AHEAD as usize];
    for pair in pairs {
        let before = jiff::Timestamp::from_second(((now - pair.minutes) * 60) as i64).unwrap();
        let starts = pair.other.iter_after(before).unwrap().map_while(Result::ok);
        for start in starts
            .map(|start| start.timestamp().as_second() as u64 / 60)
            .take_while(|start| *start < now + AHEAD)
        {
            let end = (start + pair.minutes).min(now + AHEAD);
            (start.max(now)..end).for_each(|minute| open[(minute - now) as usize] = true);
        }
    }
    open
}

/// A minute near a start of the first opening, so that something happens.
fn interesting(pair: &Pair, base: u64, offset: u64) -> u64 {
    let base_instant = jiff::Timestamp::from_second((base * 60) as i64).unwrap();
    let start =
        pair.other.find_next(base_instant).map_or(base, |start| start.timestamp().as_second() as u64 / 60);
    start + offset - 10
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_a_reading_minute_by_minute(
        pairs in proptest::collection::vec(pair(), 1..4),
        base in 27_000_000..38_000_000u64,
        offset in prop_oneof![0..20u64, 0..6_000u64],
        nanos in prop_oneof![Just(0), 0..60_000_000_000u64],
    ) {
        let schedule: Vec<Opening> = pairs.iter().map(|pair| pair.opening.clone()).collect();
        let minute = interesting(&pairs[0], base, offset);
        let now = Timestamp::from_nanos(minute * 60_000_000_000 + nanos);
        let open = minute_by_minute(&pairs, minute);
        let change = open.iter().position(|other| *other != open[0]);
        let instant = |minutes: usize| Timestamp::from_secs((minute + minutes as u64) * 60);
        let end = instant(open.len());

        match openness(&schedule, now) {
            Openness::Always => prop_assert!(open[0] && change.is_none()),
            Openness::Open { until } => {
                prop_assert!(open[0]);
                prop_assert_eq!(change.map(instant), (until < end).then_some(until));
            }
            Openness::Closed { until } => {
                prop_assert!(!open[0]);
                prop_assert_eq!(change.map(instant), until.filter(|until| *until < end));
            }
        }

        let edges = (1..open.len()).filter(|at| open[*at] != open[*at - 1]);
        let mut edges = edges.skip_while(|at| !open[*at]).map(instant);
        for (from, until) in next_openings(&schedule, now, 5) {
            prop_assert_eq!(edges.next(), (from < end).then_some(from));
            prop_assert_eq!(edges.next(), (until < end).then_some(until));
        }
    }

    /// What is answered holds until the instant that is named, and not a moment longer.
    #[test]
    fn until_is_when_the_answer_changes(
        pairs in proptest::collection::vec(pair(), 1..4),
        now in 1_600_000_000..2_300_000_000u64,
        share in 0.0..1.0f64,
    ) {
        let schedule: Vec<Opening> = pairs.into_iter().map(|pair| pair.opening).collect();
        let now = Timestamp::from_secs(now);
        let answer = openness(&schedule, now);
        if let Openness::Open { until } | Openness::Closed { until: Some(until) } = answer {
            let between = now.plus(until.since(now).mul_f64(share)).min(until.minus(std::time::Duration::from_nanos(1)));
            prop_assert_eq!(openness(&schedule, between), answer);
            let after = openness(&schedule, until);
            prop_assert_eq!(matches!(answer, Openness::Open { .. }), matches!(after, Openness::Closed { .. }));
        }
    }
}
