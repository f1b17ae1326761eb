//! One field of a cron expression: a list of numbers, names, ranges and steps.

use std::collections::BTreeSet;

/// Which numbers a field may hold, and what they are called.
pub(super) struct Field {
    name: &'static str,
    first: u16,
    last: u16,
    /// Names of the numbers, from `first` on.
    names: &'static [&'static str],
}

pub(super) const MINUTE: Field = Field { name: "minute", first: 0, last: 59, names: &[] };
pub(super) const HOUR: Field = Field { name: "hour", first: 0, last: 23, names: &[] };
pub(super) const DAY_OF_MONTH: Field = Field { name: "day of month", first: 1, last: 31, names: &[] };
pub(super) const MONTH: Field = Field {
    name: "month",
    first: 1,
    last: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
pub(super) const DAY_OF_WEEK: Field = Field {
    name: "day of week",
    first: 1,
    last: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};
/// The years that EventBridge knows.
pub(super) const YEAR: Field = Field { name: "year", first: 1970, last: 2199, names: &[] };
/// What follows a `#`: the first to the fifth such day of a month.
pub(super) const TURN: Field = Field { name: "number after #", first: 1, last: 5, names: &[] };

impl Field {
    /// Reads the whole field: `*`, or a list such as `1,5-9,0/15,MON-FRI`.
    pub(super) fn numbers(&self, text: &str) -> Result<BTreeSet<u16>, String> {
        let mut numbers = BTreeSet::new();
        for item in text.split(',') {
            numbers.extend(self.item(item)?);
        }
        Ok(numbers)
    }

    /// Reads one number or name.
    pub(super) fn number(&self, text: &str) -> Result<u16, String> {
        let named = (self.first..=self.last).zip(self.names).find(|(_, name)| **name == text);
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let written = text.parse().ok().filter(|number| digits && (self.first..=self.last).contains(number));
        named.map(|(number, _)| number).or(written).ok_or_else(|| self.wrong(text))
    }

    /// `*`, `5`, `5-9`, and each with a step: `*/5`, `5/5` (from 5 on), `5-9/2`.
    fn item(&self, text: &str) -> Result<impl Iterator<Item = u16> + use<>, String> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(self.step(text, step)?)),
            None => (text, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (self.first, self.last),
            Some((from, to)) => (self.number(from)?, self.number(to)?),
            None => {
                let from = self.number(range)?;
                (from, if step.is_some() { self.last } else { from })
            }
        };
        if from > to {
            return Err(self.backwards(range));
        }
        Ok((from..=to).step_by(step.unwrap_or(1).into()))
    }

    fn step(&self, item: &str, step: &str) -> Result<u16, String> {
        let digits = step.bytes().all(|byte| byte.is_ascii_digit());
        let most = self.last - self.first;
        step.parse()
            .ok()
            .filter(|step| digits && (1..=most).contains(step))
            .ok_or_else(|| format!("the step of the {} '{item}' is not a number from 1 to {most}", self.name))
    }

    fn wrong(&self, text: &str) -> String {
        let Self { name, first, last, names } = self;
        if text == "?" {
            return format!("the {name} is '?', which day of month and day of week alone can be: write *");
        }
        let known = match names {
            [first_name, .., last_name] => {
                format!("from {first} ({first_name}) to {last} ({last_name}), or such a name")
            }
            _ => format!("from {first} to {last}"),
        };
        format!("the {name} '{text}' is not a number {known}")
    }

    fn backwards(&self, range: &str) -> String {
        let Self { name, first, last, names } = self;
        let written = |number: u16| {
            let name = names.get(usize::from(number - first));
            name.map_or_else(|| number.to_string(), |name| (*name).to_owned())
        };
        let (from, to) = range.split_once('-').unwrap_or_default();
        let halves = format!("{from}-{},{}-{to}", written(*last), written(*first));
        format!("the {name} '{range}' goes backwards: write {halves}")
    }
}
