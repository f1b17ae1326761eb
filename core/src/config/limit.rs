//! `[limits.NAME]` to a checked [`Limit`].

use std::str::FromStr;

use crate::host::HostPattern;
use crate::human;
use crate::limit::{DEFAULT_HEADROOM_PER_MILLE, Limit, default_burst};
use crate::name::{LimitName, SecretName};
use crate::phase::{DEFAULT_PHASES_AFTER, Phase, Phases};
use crate::quota::Quota;
use crate::rate::{Pace, Rate};
use crate::zone::Zone;

use super::aws;
use super::header;
use super::keys;
use super::problem::Problems;
use super::section::{Entry, Section};

const MAX_HEADROOM_PER_MILLE: u16 = 500;

/// Reads one limit. `None` where a problem was noted that leaves nothing to build; whatever else is wrong is
/// noted all the same, and any problem at all fails the whole file.
pub(super) fn read(entry: &Entry, problems: &mut Problems) -> Option<Limit> {
    let name = entry.parsed_name(LimitName::from_str, problems);
    let section = entry.table(keys::LIMIT, problems)?;
    let pace = section.parsed("rate", Pace::from_str, problems);
    let phases = phases(&section, pace, problems);
    let burst = section.count("burst", problems);
    let headroom = section.parsed("headroom", headroom, problems);
    let quotas = quotas(&section, problems);
    let time_zone = section.parsed("time_zone", Zone::from_str, problems);
    let max_in_flight = section.count("max_in_flight", problems);
    let hosts = hosts(&section, problems);
    let allow_private = section.flag("allow_private", problems);
    let secrets = section.parsed_list("secrets", SecretName::from_str, problems);
    let (headers, named) = header::read(&section, problems);

    let drainers = aws::drainers(&section, problems);

    let pace = pace?;
    Some(Limit {
        name: name?,
        pace,
        phases,
        burst: burst.unwrap_or_else(|| default_burst(pace)),
        headroom_per_mille: headroom.unwrap_or(DEFAULT_HEADROOM_PER_MILLE),
        quotas,
        time_zone: time_zone.unwrap_or(Zone::UTC).rules().clone(),
        max_in_flight,
        hosts,
        allow_private: allow_private.unwrap_or(false),
        headers,
        secrets: without_repeats(secrets.unwrap_or_default().into_iter().chain(named)),
        drainers,
    })
}

fn phases(section: &Section, pace: Option<Pace>, problems: &mut Problems) -> Phases {
    let list = section.parsed_list("phases", Phase::from_str, problems).unwrap_or_default();
    let rates = list.iter().flat_map(|phase| [phase.from, phase.to]);
    let faster = |rate: &Rate| pace.is_some_and(|pace| rate.interval() < pace.interval());
    if let (Some(rate), Some(pace)) = (rates.into_iter().find(faster), pace) {
        let message = format!("{}: {rate} is faster than the limit's rate, {pace}", section.place("phases"));
        problems.add_with_hint(section.at("phases"), message, "the rate is the most there ever is: raise it");
    }
    let after = section.parsed("phases_after", human::positive, problems);
    Phases { list, after: after.unwrap_or(DEFAULT_PHASES_AFTER) }
}

fn quotas(section: &Section, problems: &mut Problems) -> Vec<Quota> {
    let quotas = section.parsed_list("quotas", Quota::from_str, problems);
    let quotas = quotas.unwrap_or_default();
    for (index, quota) in quotas.iter().enumerate() {
        let before = quotas.iter().take(index);
        if let Some(other) = before.into_iter().find(|other| other.window == quota.window) {
            let place = section.place("quotas");
            let message = format!("{place}: {other} and {quota} are quotas of the same window");
            problems.add_with_hint(section.at("quotas"), message, "keep the smaller one");
        }
    }
    quotas
}

fn hosts(section: &Section, problems: &mut Problems) -> Vec<HostPattern> {
    let hosts = section.parsed_list("hosts", HostPattern::from_str, problems);
    // An item that can't be read leaves its own problem, and a list without it may well be empty.
    if section.is_empty_list("hosts") {
        let message = format!("{}: a limit without hosts lets no task call anything", section.place("hosts"));
        problems.add_with_hint(
            section.at("hosts"),
            message,
            "name the API's host: hosts = [\"api.example.com\"]",
        );
    }
    hosts.unwrap_or_default()
}

/// Reads a share such as `2%` or `2.5%`, in thousandths.
fn headroom(text: &str) -> Result<u16, String> {
    let share = text.strip_suffix('%').and_then(|number| {
        let (whole, tenth) = number.split_once('.').unwrap_or((number, "0"));
        let one_digit = tenth.len() == 1 && tenth.starts_with(|c: char| c.is_ascii_digit());
        let digits = whole.chars().all(|c| c.is_ascii_digit()) && one_digit;
        let whole = digits.then(|| whole.parse::<u16>().ok())??;
        whole.checked_mul(10)?.checked_add(tenth.parse().ok()?)
    });
    share.filter(|share| *share <= MAX_HEADROOM_PER_MILLE).ok_or_else(|| {
        format!("'{text}' is not a share from 0% to 50%: write a number and a percent sign, like 2% or 2.5%")
    })
}

/// The names in their order, each once.
pub(super) fn without_repeats(names: impl Iterator<Item = SecretName>) -> Vec<SecretName> {
    let mut list = Vec::new();
    for name in names {
        if !list.contains(&name) {
            list.push(name);
        }
    }
    list
}
