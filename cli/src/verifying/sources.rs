//! Where the calls of a limit are told of.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jobq_core::config::backend::Backend;
use jobq_core::limit::Limit;
use jobq_core::name::QueueName;
use jobq_core::place::Place;

use crate::failure::Failure;
use crate::project::Project;

/// Where the calls of a limit are told of, and where they are not.
pub(super) struct Sources {
    /// Results to read, each place once.
    pub(super) places: Vec<Source>,
    /// The limit's queues.
    pub(super) queues: BTreeSet<QueueName>,
    /// Queues whose lines may lie in those places and tell nothing of this limit.
    others: Others,
    /// The limit's queues whose results nobody keeps: of their calls the dead letters alone tell.
    pub(super) without_results: Vec<QueueName>,
}

/// A place of results.
#[derive(PartialEq)]
pub(super) enum Source {
    /// A file or folder of this machine.
    Files(PathBuf),
    /// Objects in S3. A path is a prefix in the stack's own bucket.
    Objects(Place),
}

/// Which lines are of other limits.
enum Others {
    /// All but those of the limit's queues: others may write to the same place.
    AllBut(BTreeSet<QueueName>),
    /// Those of queues that jobq.toml gives to other limits. Who names a place knows what is in it.
    Configured(BTreeSet<QueueName>),
}

impl Sources {
    /// The places of the limit's queues, or those that are `named` instead.
    pub(super) fn of(project: &Project, limit: &Limit, named: &[String]) -> Result<Self, Failure> {
        let (own, others): (Vec<_>, Vec<_>) =
            project.config.queues.values().partition(|queue| queue.limit == limit.name);
        let queues: BTreeSet<QueueName> = own.iter().map(|queue| queue.name.clone()).collect();
        if !named.is_empty() {
            let others = Others::Configured(others.iter().map(|queue| queue.name.clone()).collect());
            let places = unique(named.iter().map(|text| named_source(text)).collect::<Result<_, _>>()?);
            return Ok(Self { places, queues, others, without_results: Vec::new() });
        }
        if own.is_empty() {
            let message =
                format!("no queue of jobq.toml has the limit '{}': where are its results?", limit.name);
            let hint = format!("name them: jobq limit verify {} --results FILE.results.jsonl", limit.name);
            return Err(Failure::usage(message).hint(hint));
        }
        let places = own.iter().filter_map(|queue| queue.results.as_ref());
        let places = unique(places.map(|place| source(project, place)).collect());
        let without = own.iter().filter(|queue| queue.results.is_none());
        let without_results = without.map(|queue| queue.name.clone()).collect();
        Ok(Self { places, others: Others::AllBut(queues.clone()), queues, without_results })
    }

    /// Whether a line of this queue tells of the limit's calls.
    pub(super) fn has(&self, queue: &str) -> bool {
        let is_in = |queues: &BTreeSet<QueueName>| queues.iter().any(|name| name.as_str() == queue);
        match &self.others {
            Others::AllBut(own) => is_in(own),
            Others::Configured(others) => !is_in(others),
        }
    }
}

/// Where a queue's results go.
fn source(project: &Project, place: &Place) -> Source {
    match (project.backend, place) {
        (Backend::Local, Place::Path(path)) => Source::Files(project.beside().join(path)),
        (Backend::Aws, Place::Path(_)) | (_, Place::Bucket { .. }) => Source::Objects(place.clone()),
    }
}

/// A place from the command line: a path is always one of this machine, as results copied from S3 are.
fn named_source(text: &str) -> Result<Source, Failure> {
    match text.parse() {
        Ok(Place::Path(path)) => {
            let path = PathBuf::from(path);
            let missing = || Failure::usage(format!("there is no file or folder {}", path.display()));
            if path.exists() { Ok(Source::Files(path)) } else { Err(missing()) }
        }
        Ok(bucket @ Place::Bucket { .. }) => Ok(Source::Objects(bucket)),
        Err(why) => Err(Failure::usage(format!("--results '{text}': {why}"))),
    }
}

fn unique(sources: Vec<Source>) -> Vec<Source> {
    let mut unique: Vec<Source> = Vec::new();
    for source in sources {
        if !unique.contains(&source) {
            unique.push(source);
        }
    }
    unique
}
