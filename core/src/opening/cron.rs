//! A cron expression as AWS writes it: six fields, one of the two fields of days a `?`.
//!
//! Read here and not by a crate: the crates for cron expressions have five fields and other numbers for the
//! days of the week, look forwards only and through every minute, and the one that knows `L` misses the
//! last Friday of a December.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::{Date, date};

use super::field;

/// Times that recur, to the minute, by whatever clock they are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    minutes: BTreeSet<u16>,
    hours: BTreeSet<u16>,
    days: Days,
    months: BTreeSet<u16>,
    years: BTreeSet<u16>,
}

/// Which days of a month; weekdays are numbered from 1, a Sunday.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Days {
    OfMonth(BTreeSet<u16>),
    LastOfMonth,
    /// The Monday to Friday that is nearest to this day, in the same month.
    WorkdayNear(u16),
    OfWeek(BTreeSet<u16>),
    LastOfWeek(u16),
    OfWeekInTurn {
        weekday: u16,
        turn: u16,
    },
}

impl Cron {
    /// Reads what is between the parentheses of `cron(...)`, or says what would be right.
    pub(super) fn read(fields: &str) -> Result<Self, String> {
        let upper = fields.to_ascii_uppercase();
        let fields: Vec<&str> = upper.split_ascii_whitespace().collect();
        let [minutes, hours, month_days, months, weekdays, years] = fields[..] else {
            let wrong = format!("there are {} fields and not six", fields.len());
            return Err(format!("{wrong}: minute, hour, day of month, month, day of week, year"));
        };
        let cron = Self {
            text: fields.join(" "),
            minutes: field::MINUTE.numbers(minutes)?,
            hours: field::HOUR.numbers(hours)?,
            days: days(month_days, weekdays)?,
            months: field::MONTH.numbers(months)?,
            years: field::YEAR.numbers(years)?,
        };
        match cron.first_day_from(date(1970, 1, 1)) {
            Some(_) => Ok(cron),
            None => Err("no such day ever comes".to_owned()),
        }
    }

    /// The minutes of a day at which it comes, counted from midnight, in order.
    pub fn minutes_of_day(&self) -> impl Iterator<Item = u16> + '_ {
        self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| hour * 60 + minute))
    }

    /// Whether it comes on this day.
    pub fn falls_on(&self, day: Date) -> bool {
        self.years.contains(&year(day)) && self.months.contains(&month(day)) && self.days.have(day)
    }

    /// The first day on which it comes, not before `earliest`. There is none after 2199, AWS's last year.
    pub fn first_day_from(&self, earliest: Date) -> Option<Date> {
        let mut day = earliest;
        loop {
            let next_year = *self.years.range(year(day)..).next()?;
            if next_year > year(day) {
                day = Date::new(i16::try_from(next_year).ok()?, 1, 1).ok()?;
            }
            day = if !self.months.contains(&month(day)) {
                day.last_of_month().tomorrow().ok()?
            } else if self.days.have(day) {
                return Some(day);
            } else {
                day.tomorrow().ok()?
            };
        }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Days {
    fn have(&self, day: Date) -> bool {
        let last = day.last_of_month();
        match self {
            Self::OfMonth(days) => days.contains(&of_month(day)),
            Self::LastOfMonth => day == last,
            Self::WorkdayNear(wanted) => workday_near(*wanted, day) == Some(of_month(day)),
            Self::OfWeek(weekdays) => weekdays.contains(&weekday(day)),
            Self::LastOfWeek(wanted) => weekday(day) == *wanted && of_month(day) + 7 > of_month(last),
            Self::OfWeekInTurn { weekday: wanted, turn } => {
                weekday(day) == *wanted && of_month(day).div_ceil(7) == *turn
            }
        }
    }
}

fn days(month_days: &str, weekdays: &str) -> Result<Days, String> {
    match (month_days, weekdays) {
        ("?", "?") => {
            Err("day of month and day of week are both '?': one of them says which days".to_owned())
        }
        ("?", weekdays) => days_of_week(weekdays),
        (month_days, "?") => days_of_month(month_days),
        _ => Err("one of day of month and day of week is to be '?', the other says which days".to_owned()),
    }
}

fn days_of_month(text: &str) -> Result<Days, String> {
    if text == "L" {
        return Ok(Days::LastOfMonth);
    }
    if let Some(day) = text.strip_suffix('W').filter(|day| day.bytes().all(|b| b.is_ascii_digit())) {
        return Ok(Days::WorkdayNear(field::DAY_OF_MONTH.number(day)?));
    }
    if text.contains(['L', 'W']) {
        let right = "L is the last day of the month, 15W the Monday to Friday nearest to the 15th";
        return Err(format!("L and W stand alone, so '{text}' is no day of month: {right}"));
    }
    field::DAY_OF_MONTH.numbers(text).map(Days::OfMonth)
}

fn days_of_week(text: &str) -> Result<Days, String> {
    let day = &field::DAY_OF_WEEK;
    if text.contains('/') {
        return Err(format!(
            "a day of week has no '/', so '{text}' is none: list the days, like MON,WED,FRI"
        ));
    }
    if !text.contains(',') {
        if let Some(weekday) = text.strip_suffix('L').filter(|weekday| !weekday.is_empty()) {
            return Ok(Days::LastOfWeek(day.number(weekday)?));
        }
        if let Some((weekday, turn)) = text.split_once('#') {
            let weekday = day.number(weekday)?;
            return Ok(Days::OfWeekInTurn { weekday, turn: field::TURN.number(turn)? });
        }
    }
    if text.contains(['L', '#']) {
        let right = "6L is the last Friday of the month, 6#3 the third";
        return Err(format!("L and # go with one day, so '{text}' is no day of week: {right}"));
    }
    day.numbers(text).map(Days::OfWeek)
}

/// The day of the month of `near` that is the workday nearest to `wanted`. Never one of another month, and
/// none where the month is too short for `wanted`.
fn workday_near(wanted: u16, near: Date) -> Option<u16> {
    let last = of_month(near.last_of_month());
    let day = Date::new(near.year(), near.month(), i8::try_from(wanted).ok()?).ok()?;
    Some(match weekday(day) {
        SUNDAY if wanted == last => wanted - 2,
        SUNDAY => wanted + 1,
        SATURDAY if wanted == 1 => 3,
        SATURDAY => wanted - 1,
        _ => wanted,
    })
}

const SUNDAY: u16 = 1;
const SATURDAY: u16 = 7;

fn weekday(day: Date) -> u16 {
    day.weekday().to_sunday_one_offset().unsigned_abs().into()
}

fn of_month(day: Date) -> u16 {
    day.day().unsigned_abs().into()
}

fn month(day: Date) -> u16 {
    day.month().unsigned_abs().into()
}

fn year(day: Date) -> u16 {
    day.year().unsigned_abs()
}
