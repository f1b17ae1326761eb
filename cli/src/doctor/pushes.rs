//! Whether recurring pushes can be made, and when the next is due.

use std::fs::File;

use jobq_core::policy::schedule::first_skipped_time;
use jobq_core::recurring::{RecurringPush, What};
use jobq_core::time::Timestamp;

use super::finding::Finding;
use crate::coming;
use crate::project::Project;

/// Looks at each recurring push.
pub(super) fn examine(project: &Project, now: Timestamp) -> Vec<Finding> {
    project
        .config
        .pushes
        .values()
        .flat_map(|push| [Some(finding(project, push, now)), skipped(push, now)])
        .flatten()
        .collect()
}

fn finding(project: &Project, push: &RecurringPush, now: Timestamp) -> Finding {
    let (subject, what) = (format!("push {}", push.name), coming::what(push));
    let Some(next) = coming::next(push, now) else {
        let remedy = format!("correct the year in cron of [pushes.{}], or leave it out", push.name);
        return Finding::wrong(subject, "it never comes again", remedy);
    };
    let path = match &push.what {
        What::Url(_) => return Finding::ok(subject, format!("{what} to {}, next {next}", push.queue)),
        // On AWS there are none: no template can be made of them.
        What::File(path) => project.beside().join(path),
    };
    match File::open(&path) {
        Ok(_) => Finding::ok(subject, format!("{what} to {}, next {next}", push.queue)),
        Err(error) => {
            let what = format!("{} can't be read: {error}; it is to be pushed {next}", path.display());
            Finding::look(subject, what, format!("put it there, or correct file in [pushes.{}]", push.name))
        }
    }
}

/// A time that clocks skip when they go forward.
fn skipped(push: &RecurringPush, now: Timestamp) -> Option<Finding> {
    let day = first_skipped_time(&push.times, now)?;
    let what = format!("{} is skipped on {day}: clocks go forward over it", push.times);
    Some(Finding::note(format!("push {}", push.name), what, "let it come at an hour that every day has"))
}
