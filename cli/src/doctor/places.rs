//! Whether results can be written where they are to go.

use std::fs;
use std::path::Path;

use jobq_core::place::Place;
use jobq_core::queue::Queue;

use super::access::{self, Obstacle};
use super::finding::Finding;
use crate::project::Project;

/// Looks at the place of each queue's results. Nothing is made.
pub(super) fn examine(project: &Project) -> Vec<Finding> {
    let place = |queue: &Queue| Some(finding(queue, queue.results.as_ref()?, project.beside()));
    project.config.queues.values().filter_map(place).collect()
}

fn finding(queue: &Queue, place: &Place, beside: &Path) -> Finding {
    let subject = format!("results of {}", queue.name);
    let path = match place {
        Place::Path(path) => beside.join(path),
        Place::Bucket { .. } => {
            let what = format!("{place} needs the aws backend");
            let remedy =
                format!("results = \"results/{}\" in [queues.{}], or --backend aws", queue.name, queue.name);
            return Finding::wrong(subject, what, remedy);
        }
    };
    match in_the_way(&path, &format!("name another place in [queues.{}]", queue.name)) {
        Some(Obstacle { what, remedy }) => Finding::wrong(subject, what, remedy),
        None => Finding::ok(subject, format!("{} can be written", path.display())),
    }
}

/// A name that ends in `.jsonl` is a file, and the next ones are made beside it; any other is a folder.
fn in_the_way(path: &Path, instead: &str) -> Option<Obstacle> {
    if path.extension().is_none_or(|extension| extension != "jsonl") {
        return access::folder(path, instead);
    }
    let there = fs::metadata(path).ok().and_then(|metadata| access::file(path, &metadata, instead));
    there.or_else(|| access::folder(path.parent()?, instead))
}
