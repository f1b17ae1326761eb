//! `[pushes.NAME]` to a checked [`RecurringPush`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use crate::limit::Limit;
use crate::name::{LimitName, PushName, QueueName};
use crate::opening::times::Times;
use crate::queue::Queue;
use crate::recurring::{RecurringPush, What};

use super::keys::pushes::PUSH;
use super::problem::Problems;
use super::section::{Entry, Section};
use crate::secret_names::secret_names;

/// The limits and queues that were read well, and the queues' names as they are written in the file.
pub(super) struct Known<'a> {
    pub(super) limits: &'a BTreeMap<LimitName, Limit>,
    pub(super) queues: &'a BTreeMap<QueueName, Queue>,
    pub(super) written: &'a [&'a str],
}

/// Reads one recurring push. `None` where a problem was noted that leaves nothing to build.
pub(super) fn read(entry: &Entry, known: &Known, problems: &mut Problems) -> Option<RecurringPush> {
    let name = entry.parsed_name(PushName::from_str, problems);
    let section = entry.table(PUSH, problems)?;
    let queue: Option<QueueName> = section.name_of("queue", "queue", known.written, problems);
    let times = section.parsed("cron", Times::from_str, problems);
    let what = what(&section, problems);
    if let (Some(What::Url(url)), Some(queue)) = (&what, &queue) {
        check_limit(&section, url, queue, known, problems);
    }
    Some(RecurringPush { name: name?, queue: queue?, what: what?, times: times? })
}

fn what(section: &Section, problems: &mut Problems) -> Option<What> {
    let file = section.parsed("file", file, problems);
    let url = section.parsed("url", url, problems);
    match (section.is_written("file"), section.is_written("url")) {
        (true, true) => {
            let message = format!("{}: there is a file too", section.place("url"));
            problems.add_with_hint(section.at("url"), message, "leave one of the two out".to_owned());
        }
        (false, false) => {
            let message = format!("{} is missing", section.place("file"));
            let hint = "write file = \"tasks.jsonl\", or url = \"https://host/path\" for one task".to_owned();
            problems.add_with_hint(section.at("file"), message, hint);
        }
        _ => {}
    }
    file.map(What::File).or(url.map(What::Url))
}

fn file(text: &str) -> Result<PathBuf, &'static str> {
    match text.trim() {
        "" => Err("it is empty: name a file"),
        "-" => Err("nobody writes to standard input then: name a file"),
        _ => Ok(PathBuf::from(text)),
    }
}

fn url(text: &str) -> Result<String, String> {
    let right = text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>'));
    let parsed = Url::parse(text).ok().filter(|url| right && matches!(url.scheme(), "http" | "https"));
    if parsed.is_none() {
        return Err(format!("'{text}' is not an absolute url: start it with https:// or http://"));
    }
    Ok(text.to_owned())
}

/// A task that its limit doesn't let through would die each time.
fn check_limit(section: &Section, url: &str, queue: &QueueName, known: &Known, problems: &mut Problems) {
    let limit = known.queues.get(queue).and_then(|queue| known.limits.get(&queue.limit));
    let (Some(limit), Ok(parsed)) = (limit, Url::parse(url)) else {
        return;
    };
    let (host, port) = (parsed.host_str().unwrap_or_default(), parsed.port_or_known_default().unwrap_or(0));
    if !limit.hosts.iter().any(|pattern| pattern.covers(host, port)) {
        let message = format!("{}: the limit '{}' doesn't cover {host}", section.place("url"), limit.name);
        let hint = format!("add it to hosts of [limits.{}]", limit.name);
        problems.add_with_hint(section.at("url"), message, hint);
    }
    let unlisted =
        secret_names(url).map(|names| names.into_iter().find(|name| !limit.secrets.contains(name)));
    let message = match unlisted {
        Ok(None) => return,
        Ok(Some(name)) => format!("the limit '{}' doesn't list the secret '{name}'", limit.name),
        Err(why) => why.to_string(),
    };
    problems.add(section.at("url"), format!("{}: {message}", section.place("url")));
}
