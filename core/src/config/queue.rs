//! `[queues.NAME]` to a checked [`Queue`].

use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use crate::human::{self, positive};
use crate::name::{LimitName, QueueName};
use crate::opening::Opening;
use crate::place::Place;
use crate::queue::{Answers, Queue, Retry};
use crate::status::Statuses;

use super::completion;
use super::growth;
use super::header::header_name;
use super::keys;
use super::problem::Problems;
use super::section::{Entry, Section};

/// How long a task stays hidden at least, and beyond its timeout, unless the file says otherwise.
const MIN_DEFAULT_VISIBILITY: Duration = Duration::from_secs(60);
const SETTLING: Duration = Duration::from_secs(30);

/// The longest a queue hides a message: SQS's bound, which every backend keeps so that they are alike.
const MAX_VISIBILITY: Duration = Duration::from_secs(12 * 3600);

/// The names that a queue may refer to, as they are written in the file.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) limits: &'a [&'a str],
    pub(super) queues: &'a [&'a str],
}

/// Reads one queue, and whether it says itself how many hops there may be. `None` where a problem was noted that leaves
/// nothing to build.
pub(super) fn read(entry: &Entry, names: Names, problems: &mut Problems) -> Option<(Queue, bool)> {
    let name = entry.parsed_name(QueueName::from_str, problems);
    let section = entry.table(keys::QUEUE, problems)?;
    let limit: Option<LimitName> = section.name_of("limit", "limit", names.limits, problems);
    let weight = section.count("weight", problems);
    let bulk_above = section.count_or_never("bulk_above", problems);
    let timeout = section.parsed("timeout", positive, problems);
    let visibility = section.parsed("visibility", visibility, problems);
    let max_response = section.parsed("max_response", size, problems);
    let retry = retry(&section, problems);
    let statuses = |key, problems: &mut Problems| section.parsed_list(key, Statuses::from_str, problems);
    let answers = Answers {
        done: statuses("done_on", problems).unwrap_or_default(),
        retry: statuses("retry_on", problems).unwrap_or_default(),
        dead: statuses("dead_on", problems).unwrap_or_default(),
    };
    let schedule = section.parsed_list("schedule", Opening::from_str, problems);
    let results = section.parsed("results", Place::from_str, problems);
    let result_headers = section.parsed_list("result_headers", header_name, problems);
    let growth = growth::read(&section, names.queues, problems);
    let on_complete = completion::read(&section, names.queues, problems);
    let is_bounded = section.has("max_hops");

    let defaults = Queue::new(name?, limit?);
    let timeout = timeout.unwrap_or(defaults.timeout);
    let visibility = visibility.unwrap_or_else(|| default_visibility(timeout));
    if timeout >= visibility {
        note_short_visibility(&section, timeout, visibility, problems);
    }
    let queue = Queue {
        weight: weight.unwrap_or(defaults.weight),
        bulk_above: bulk_above.unwrap_or(defaults.bulk_above),
        timeout,
        visibility,
        max_response: max_response.unwrap_or(defaults.max_response),
        retry,
        answers,
        schedule: schedule.unwrap_or_default(),
        results,
        result_headers: result_headers.unwrap_or(defaults.result_headers),
        growth,
        on_complete,
        ..defaults
    };
    Some((queue, is_bounded))
}

fn retry(section: &Section, problems: &mut Problems) -> Retry {
    let defaults = Retry::default();
    let Some(section) = section.table("retry", keys::RETRY, problems) else {
        return defaults;
    };
    let max_attempts: Option<NonZeroU32> = section.count("max_attempts", problems);
    let min_backoff = section.parsed("min_backoff", positive, problems);
    let max_backoff = section.parsed("max_backoff", positive, problems);
    let retry = Retry {
        max_attempts: max_attempts.unwrap_or(defaults.max_attempts),
        min_backoff: min_backoff.unwrap_or(defaults.min_backoff),
        max_backoff: max_backoff.unwrap_or(defaults.max_backoff),
        max_age: section.parsed("max_age", positive, problems),
    };
    if retry.min_backoff > retry.max_backoff {
        let written = if min_backoff.is_some() { "min_backoff" } else { "max_backoff" };
        let message = format!(
            "{}: {} is longer than max_backoff, {}",
            section.place("min_backoff"),
            human::duration(retry.min_backoff),
            human::duration(retry.max_backoff)
        );
        problems.add(section.at(written), message);
    }
    retry
}

fn default_visibility(timeout: Duration) -> Duration {
    let needed = timeout.saturating_add(SETTLING);
    needed.clamp(MIN_DEFAULT_VISIBILITY, MAX_VISIBILITY)
}

/// A task must stay hidden while its call runs, or a second drainer makes the same call.
fn note_short_visibility(
    section: &Section,
    timeout: Duration,
    visibility: Duration,
    problems: &mut Problems,
) {
    let message = format!(
        "{}: {} is not shorter than visibility, {}",
        section.place("timeout"),
        human::duration(timeout),
        human::duration(visibility)
    );
    let needed = timeout.saturating_add(SETTLING);
    if needed > MAX_VISIBILITY {
        let most = human::duration(MAX_VISIBILITY);
        problems.add_with_hint(section.at("timeout"), message, format!("visibility is at most {most}"));
    } else {
        let needed = human::duration(needed);
        let hint = format!("leave visibility out, or make it {needed} or longer");
        problems.add_with_hint(section.at("visibility"), message, hint);
    }
}

fn visibility(text: &str) -> Result<Duration, String> {
    let length = positive(text)?;
    if length > MAX_VISIBILITY {
        return Err(format!("'{text}' is longer than {}", human::duration(MAX_VISIBILITY)));
    }
    Ok(length)
}

fn size(text: &str) -> Result<u64, String> {
    let size = human::parse_size(text).map_err(|why| why.to_string())?;
    if size == 0 { Err("it can't be zero".to_owned()) } else { Ok(size) }
}
