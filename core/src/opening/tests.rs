//! What an opening means, how it is written back, and what the wrong ones are told.

use std::time::Duration;

use jiff::civil::date;

use super::Opening;

#[test]
fn reads_and_writes() {
    for text in [
        "cron(0 0 * * ? *) for 6h",
        "cron(0/15 8-17 ? * MON-FRI *) for 10m",
        "cron(30 22 L JAN,JUL ? 2026-2030/2) for 366d",
        "cron(5,10,20-30/5 */6 15W * ? *) for 90m",
        "cron(0 10 ? * 6#3 *) for 1m",
        "cron(0 10 ? * FRIL *) for 1d",
    ] {
        let opening: Opening = text.parse().unwrap();
        assert_eq!(opening.to_string(), text);
        assert_eq!(opening.to_string().parse(), Ok(opening.clone()));
        assert_eq!(opening.expression(), text.split(" for ").next().unwrap());
    }
    let loose: Opening = " cron( 0  0 * * ?\t* )  for  24h ".parse().unwrap();
    assert_eq!(loose.to_string(), "cron(0 0 * * ? *) for 1d");
    assert_eq!(loose.length(), Duration::from_secs(86_400));
    let small: Opening = "cron(0 0 ? jan-mar mon *) for 1h".parse().unwrap();
    assert_eq!(small.expression(), "cron(0 0 ? JAN-MAR MON *)");
}

/// The days in `months` of `year` on which `fields` comes, as `month-day`.
fn days(fields: &str, year: i16, months: std::ops::RangeInclusive<i8>) -> String {
    let opening: Opening = format!("cron(0 0 {fields}) for 1h").parse().unwrap();
    let every = months.flat_map(|month| {
        date(year, month, 1)
            .series(jiff::Span::new().days(1))
            .take(31)
            .take_while(move |day| day.month() == month)
    });
    let days = every.filter(|day| opening.cron().falls_on(*day));
    days.map(|day| format!("{}-{}", day.month(), day.day())).collect::<Vec<_>>().join(" ")
}

#[test]
fn days_of_month() {
    assert_eq!(days("1,15,31 * ? *", 2026, 1..=4), "1-1 1-15 1-31 2-1 2-15 3-1 3-15 3-31 4-1 4-15");
    assert_eq!(days("10/10 * ? *", 2026, 1..=2), "1-10 1-20 1-30 2-10 2-20");
    assert_eq!(days("30-31 JAN-MAR ? *", 2026, 1..=12), "1-30 1-31 3-30 3-31");
    assert_eq!(days("29 2 ? *", 2027, 1..=12), "");
    assert_eq!(days("29 2 ? *", 2028, 1..=12), "2-29");
    assert_eq!(
        days("L * ? *", 2026, 1..=12),
        "1-31 2-28 3-31 4-30 5-31 6-30 7-31 8-31 9-30 10-31 11-30 12-31"
    );
    assert_eq!(days("L 2 ? *", 2028, 1..=12), "2-29");
}

#[test]
fn the_workday_nearest_to_a_day() {
    // Saturdays: 15 August 2026, 1 August 2026, 28 February 2026. Sundays: 15 March 2026, 31 May 2026.
    assert_eq!(days("15W * ? *", 2026, 6..=8), "6-15 7-15 8-14");
    assert_eq!(days("15W * ? *", 2026, 3..=3), "3-16");
    assert_eq!(days("1W * ? *", 2026, 7..=9), "7-1 8-3 9-1");
    assert_eq!(days("28W * ? *", 2026, 2..=2), "2-27");
    assert_eq!(days("31W * ? *", 2026, 5..=7), "5-29 7-31");
}

#[test]
fn days_of_week() {
    assert_eq!(days("? * 1 *", 2026, 11..=11), "11-1 11-8 11-15 11-22 11-29");
    assert_eq!(days("? * SUN *", 2026, 11..=11), days("? * 1 *", 2026, 11..=11));
    assert_eq!(days("? * MON-FRI *", 2026, 11..=11), days("? * 2-6 *", 2026, 11..=11));
    assert_eq!(days("? * 7,MON *", 2026, 2..=2), "2-2 2-7 2-9 2-14 2-16 2-21 2-23 2-28");
    assert_eq!(days("? * 6L *", 2026, 10..=12), "10-30 11-27 12-25");
    assert_eq!(days("? * THUL *", 2026, 12..=12), "12-31");
    assert_eq!(days("? * 6#3 *", 2026, 10..=12), "10-16 11-20 12-18");
    assert_eq!(days("? * TUE#5 *", 2026, 1..=12), "3-31 6-30 9-29 12-29");
}

#[test]
fn years() {
    let day = "1 1 ? 2026/2";
    assert_eq!([2025, 2026, 2027, 2028].map(|year| days(day, year, 1..=1)), ["", "1-1", "", "1-1"]);
    let opening: Opening = "cron(0 0 ? 2 6#5 *) for 1h".parse().unwrap();
    let next = |from| opening.cron().first_day_from(from);
    assert_eq!(next(date(2026, 1, 1)), Some(date(2036, 2, 29)), "a fifth Friday comes every 28 years");
    assert_eq!(next(date(2064, 3, 1)), Some(date(2092, 2, 29)));
    assert_eq!(next(date(2199, 3, 1)), None);
}

#[test]
fn what_the_wrong_ones_are_told() {
    let like = "write it like 'cron(0 0 * * ? *) for 6h'";
    for (text, why) in [
        ("", format!("it doesn't start with 'cron(': {like}")),
        ("0 0 * * * for 6h", format!("it doesn't start with 'cron(': {like}")),
        ("cron(0 0 * * ? * for 6h", format!("its parenthesis is not closed: {like}")),
        ("cron(0 0 * * ? *)", format!("it doesn't say how long the queue stays open: {like}")),
        ("cron(0 0 * * ? *) 6h", format!("it doesn't say how long the queue stays open: {like}")),
        (
            "rate(1 hour) for 6h",
            format!("only cron(...) says at which hours a queue is open, day after day: {like}"),
        ),
        (
            "at(2026-11-20T13:00:00) for 6h",
            format!("only cron(...) says at which hours a queue is open, day after day: {like}"),
        ),
    ] {
        told(text, &why);
    }
    let minutes: Vec<String> = (0..60).map(|minute| minute.to_string()).collect();
    let years: Vec<String> = (2000..2020).map(|year| year.to_string()).collect();
    told(
        &format!("cron({} 0 * * ? {}) for 1m", minutes.join(","), years.join(",")),
        "EventBridge takes at most 256 characters of cron(...): use ranges",
    );
    for (length, why) in [
        ("6", "'6' is not a length of time: write a whole number and a unit, like 500ms, 30s, 10m, 2h or 7d"),
        ("0m", "a queue stays open for 1m to 366d, not for 0m"),
        ("30s", "a queue stays open for 1m to 366d, not for 30s"),
        ("367d", "a queue stays open for 1m to 366d, not for 367d"),
        ("90s", "a queue stays open for whole minutes, not for 90s"),
        ("60001ms", "a queue stays open for whole minutes, not for 60001ms"),
    ] {
        told(&format!("cron(0 0 * * ? *) for {length}"), why);
    }
}

#[test]
fn what_wrong_fields_are_told() {
    let six = "minute, hour, day of month, month, day of week, year";
    let weekday = "from 1 (SUN) to 7 (SAT), or such a name";
    for (fields, why) in [
        ("0 0 * * *", format!("there are 5 fields and not six: {six}")),
        ("", format!("there are 0 fields and not six: {six}")),
        ("0 0 * * ? * UTC", format!("there are 7 fields and not six: {six}")),
        ("60 0 * * ? *", "the minute '60' is not a number from 0 to 59".into()),
        ("+5 0 * * ? *", "the minute '+5' is not a number from 0 to 59".into()),
        (", 0 * * ? *", "the minute '' is not a number from 0 to 59".into()),
        ("0 24 * * ? *", "the hour '24' is not a number from 0 to 23".into()),
        ("0 ? * * ? *", "the hour is '?', which day of month and day of week alone can be: write *".into()),
        ("0 22-2 * * ? *", "the hour '22-2' goes backwards: write 22-23,0-2".into()),
        ("0/0 0 * * ? *", "the step of the minute '0/0' is not a number from 1 to 59".into()),
        ("0 */24 * * ? *", "the step of the hour '*/24' is not a number from 1 to 23".into()),
        ("0 0 0 * ? *", "the day of month '0' is not a number from 1 to 31".into()),
        ("0 0 32W * ? *", "the day of month '32' is not a number from 1 to 31".into()),
        (
            "0 0 1W,15W * ? *",
            "L and W stand alone, so '1W,15W' is no day of month: L is the last day of the month, 15W the Monday to Friday nearest to the 15th".into(),
        ),
        (
            "0 0 L-3 * ? *",
            "L and W stand alone, so 'L-3' is no day of month: L is the last day of the month, 15W the Monday to Friday nearest to the 15th".into(),
        ),
        ("0 0 * 13 ? *", "the month '13' is not a number from 1 (JAN) to 12 (DEC), or such a name".into()),
        ("0 0 * MAI ? *", "the month 'MAI' is not a number from 1 (JAN) to 12 (DEC), or such a name".into()),
        ("0 0 * NOV-FEB ? *", "the month 'NOV-FEB' goes backwards: write NOV-DEC,JAN-FEB".into()),
        ("0 0 ? * 0 *", format!("the day of week '0' is not a number {weekday}")),
        ("0 0 ? * MONDAY *", format!("the day of week 'MONDAY' is not a number {weekday}")),
        ("0 0 ? * FRI-MON *", "the day of week 'FRI-MON' goes backwards: write FRI-SAT,SUN-MON".into()),
        (
            "0 0 ? * 2-6/2 *",
            "a day of week has no '/', so '2-6/2' is none: list the days, like MON,WED,FRI".into(),
        ),
        (
            "0 0 ? * L *",
            "L and # go with one day, so 'L' is no day of week: 6L is the last Friday of the month, 6#3 the third".into(),
        ),
        (
            "0 0 ? * 3#1,6#3 *",
            "L and # go with one day, so '3#1,6#3' is no day of week: 6L is the last Friday of the month, 6#3 the third".into(),
        ),
        ("0 0 ? * 6#6 *", "the number after # '6' is not a number from 1 to 5".into()),
        ("0 0 * * * *", "one of day of month and day of week is to be '?', the other says which days".into()),
        ("0 0 1 * MON *", "one of day of month and day of week is to be '?', the other says which days".into()),
        ("0 0 ? * ? *", "day of month and day of week are both '?': one of them says which days".into()),
        ("0 0 * * ? 2200", "the year '2200' is not a number from 1970 to 2199".into()),
        ("0 0 30 2 ? *", "no such day ever comes".into()),
        ("0 0 29 2 ? 2027", "no such day ever comes".into()),
    ] {
        told(&format!("cron({fields}) for 6h"), &why);
    }
}

fn told(text: &str, why: &str) {
    let error = text.parse::<Opening>().expect_err(text);
    assert_eq!(error.to_string(), format!("'{text}' is not an opening: {why}"));
}
