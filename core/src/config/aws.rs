//! `[aws]` to a checked [`Stack`], and a limit's `drainers` to checked [`Drainers`].

use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use crate::drainers::Drainers;
use crate::human::positive;
use crate::name::StackName;
use crate::stack::{Architecture, SecretStore, Stack};

use super::keys::stack::{AWS, DRAINERS};
use super::problem::Problems;
use super::section::Section;
use super::traces;

/// The lengths CloudWatch keeps logs for, in days, up to a year.
const LOG_DAYS: [u32; 12] = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365];

/// What Lambda gives a function, in MB.
const MEMORY_MB: std::ops::RangeInclusive<u32> = 128..=10_240;

const SHORTEST_TIMEOUT: Duration = Duration::from_secs(60);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(900);

/// Reads `[aws]`; what isn't set has its default.
pub(super) fn stack(root: &Section, problems: &mut Problems) -> Stack {
    let defaults = Stack::default();
    let Some(section) = root.table("aws", AWS, problems) else {
        return defaults;
    };
    Stack {
        name: section.parsed("stack", stack_name, problems).unwrap_or(defaults.name),
        region: section.parsed("region", region, problems),
        architecture: section.parsed("architecture", architecture, problems).unwrap_or_default(),
        memory_mb: memory(&section, problems).unwrap_or(defaults.memory_mb),
        timeout: section.parsed("timeout", timeout, problems).unwrap_or(defaults.timeout),
        log_days: log_days(&section, problems).unwrap_or(defaults.log_days),
        result_days: section.count("result_days", problems).map(NonZeroU32::get),
        secrets: section.parsed("secrets", secrets, problems).unwrap_or_default(),
        fair_queues: section.flag("fair_queues", problems).unwrap_or(defaults.fair_queues),
        alarm_topic: section.parsed("alarm_topic", topic, problems),
        traces: traces::read(&section, problems),
    }
}

/// Reads a limit's `drainers`; what isn't set has its default.
pub(super) fn drainers(limit: &Section, problems: &mut Problems) -> Drainers {
    let defaults = Drainers::default();
    let Some(section) = limit.table("drainers", DRAINERS, problems) else {
        return defaults;
    };
    Drainers {
        max: section.count("max", problems).unwrap_or(defaults.max),
        in_flight: section.count("in_flight", problems),
        target_drain: section.parsed("target_drain", positive, problems).unwrap_or(defaults.target_drain),
        autoscale: section.flag("autoscale", problems).unwrap_or(defaults.autoscale),
    }
}

/// Buckets take neither capitals nor underscores, functions no dots: a stack's name must do for all of them.
fn stack_name(text: &str) -> Result<StackName, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let name = StackName::from_str(text).map_err(|why| why.to_string())?;
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    if begins && !text.ends_with('-') && text.chars().all(fits) && text.len() <= 26 {
        return Ok(name);
    }
    Err(format!(
        "'{text}' is not a stack name: use 1 to 26 small letters, digits and '-', starting with a letter"
    ))
}

fn region(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.contains('-') && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err(format!("'{text}' is not a region: write it like eu-north-1"))
}

fn architecture(text: &str) -> Result<Architecture, String> {
    match text {
        "arm64" => Ok(Architecture::Arm64),
        "x86_64" => Ok(Architecture::X86),
        other => Err(format!("'{other}' is not an architecture: use arm64 or x86_64")),
    }
}

fn secrets(text: &str) -> Result<SecretStore, String> {
    match text {
        "parameter-store" => Ok(SecretStore::ParameterStore),
        "secrets-manager" => Ok(SecretStore::SecretsManager),
        other => Err(format!("'{other}' keeps no secrets: use parameter-store or secrets-manager")),
    }
}

fn topic(text: &str) -> Result<String, String> {
    if text.starts_with("arn:") && text.split(':').nth(2) == Some("sns") {
        return Ok(text.to_owned());
    }
    Err(format!(
        "'{text}' is not an SNS topic: write its ARN, like arn:aws:sns:eu-north-1:123456789012:on-duty"
    ))
}

fn timeout(text: &str) -> Result<Duration, String> {
    let length = positive(text)?;
    if (SHORTEST_TIMEOUT..=LONGEST_TIMEOUT).contains(&length) {
        return Ok(length);
    }
    Err(format!("'{text}' is out of bounds: a drainer may run 1m to 15m"))
}

fn memory(section: &Section, problems: &mut Problems) -> Option<u32> {
    let memory = section.count("memory", problems)?.get();
    if !MEMORY_MB.contains(&memory) {
        let message = format!("{}: a function has 128 to 10240 MB", section.place("memory"));
        problems.add(section.at("memory"), message);
    }
    Some(memory)
}

fn log_days(section: &Section, problems: &mut Problems) -> Option<u32> {
    let days = section.count("log_days", problems)?.get();
    if !LOG_DAYS.contains(&days) {
        let known: Vec<_> = LOG_DAYS.iter().map(u32::to_string).collect();
        let message =
            format!("{}: CloudWatch keeps logs for {} days", section.place("log_days"), known.join(", "));
        problems.add(section.at("log_days"), message);
    }
    Some(days)
}
