//! When recurring pushes come, as `queue show`, `doctor` and `serve` tell it.

use jobq_core::config::Config;
use jobq_core::policy::recurrence::next_times;
use jobq_core::recurring::{RecurringPush, What};
use jobq_core::time::Timestamp;
use serde::Serialize;

use crate::openings;
use crate::readings::row;

/// How many times are told in advance.
const TOLD: usize = 3;

/// A recurring push to a queue. Times are UTC, RFC 3339, where it isn't said otherwise.
#[derive(Debug, Serialize)]
pub(crate) struct Coming {
    push: String,
    cron: String,
    /// Whose clocks it goes by.
    time_zone: String,
    /// What it pushes: one of the two.
    file: Option<String>,
    url: Option<String>,
    next: Vec<String>,
    /// The same with the offset of the time zone.
    local_next: Vec<String>,
    #[serde(skip)]
    told: Vec<String>,
}

/// The pushes to this queue.
pub(crate) fn to_queue(config: &Config, queue: &str, now: Timestamp) -> Vec<Coming> {
    let own = config.pushes.values().filter(|push| push.queue.as_str() == queue);
    own.map(|push| Coming::at(now, push)).collect()
}

impl Coming {
    fn at(now: Timestamp, push: &RecurringPush) -> Self {
        let (zone, next) = (push.times.zone(), next_times(&push.times, now, TOLD));
        let (file, url) = match &push.what {
            What::File(path) => (Some(path.display().to_string()), None),
            What::Url(url) => (None, Some(url.clone())),
        };
        Self {
            push: push.name.to_string(),
            cron: push.times.to_string(),
            time_zone: zone.name().to_owned(),
            file,
            url,
            next: next.iter().map(ToString::to_string).collect(),
            local_next: next.iter().map(|time| zone.rfc_3339(*time)).collect(),
            told: next.iter().map(|time| openings::told(*time, zone)).collect(),
        }
    }

    /// What is pushed, and a row for each time.
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        let what = self.file.as_ref().or(self.url.as_ref()).map_or("", |what| what);
        let times = match &self.told[..] {
            [] => vec![row(["", "never again"])],
            told => told.iter().map(|time| row(["", time])).collect(),
        };
        [row([&format!("push {}", self.push), &format!("{what}, {}", self.cron)])]
            .into_iter()
            .chain(times)
            .collect()
    }
}

/// When it comes next, for people.
pub(crate) fn next(push: &RecurringPush, now: Timestamp) -> Option<String> {
    let next = next_times(&push.times, now, 1);
    next.first().map(|time| openings::told(*time, push.times.zone()))
}

/// What it pushes, for people.
pub(crate) fn what(push: &RecurringPush) -> String {
    match &push.what {
        What::File(path) => path.display().to_string(),
        What::Url(url) => url.clone(),
    }
}
