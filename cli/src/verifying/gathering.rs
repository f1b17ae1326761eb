//! Gathering the log of a limit's calls, and counting what it can't tell.

use std::collections::BTreeSet;
use std::ops::Range;

use jobq_adapters::aws::results::read as objects;
use jobq_adapters::result_file::read as files;
use jobq_adapters::result_log::Line;
use jobq_core::letter::Letter;
use jobq_core::name::QueueName;
use jobq_core::policy::replay::log::{AttemptLog, Story};
use jobq_core::ports::depth::Depth;
use jobq_core::ports::morgue::Found;
use jobq_core::time::Timestamp;
use jobq_producer::letters::look::look;
use serde::Serialize;

use super::sources::{Source, Sources};
use crate::failure::Failure;
use crate::project::Project;
use crate::store::Store;

/// How many of the lines that can't be read are shown.
const SHOWN: usize = 5;

/// The calls that are known, and what was read for that.
pub(super) struct Gathered {
    pub(super) log: AttemptLog,
    pub(super) read: Read,
    /// The limit's queues, and those of a `jobq run` whose results were read.
    queues: BTreeSet<QueueName>,
}

/// What was read, and what is known to be missing.
#[derive(Debug, Default, Serialize)]
pub(super) struct Read {
    pub(super) places: Vec<PlaceRead>,
    /// Results of the limit's tasks.
    pub(super) results: u64,
    /// Results of other limits' tasks in the same places.
    pub(super) other_results: u64,
    /// Dead letters that tell of a task.
    pub(super) dead_letters: u64,
    /// Dead letters that are no task.
    pub(super) foreign_letters: u64,
    /// Lines, or ends of files, that can't be read.
    pub(super) broken: u64,
    /// The first of them.
    pub(super) broken_at: Vec<String>,
    /// Calls of tasks with more attempts than a history keeps: they were made, but not when.
    pub(super) calls_without_time: u64,
    /// Queues that keep no results: only calls of dead tasks are known.
    pub(super) queues_without_results: Vec<String>,
    /// Tasks that are waiting or under way: what was called for them isn't in the log yet.
    pub(super) waiting: u64,
}

/// One place of results.
#[derive(Debug, Serialize)]
pub(super) struct PlaceRead {
    pub(super) place: String,
    /// Files or objects.
    pub(super) files: u64,
    /// Objects in the place that no drainer has written: they were not read.
    pub(super) foreign: u64,
}

/// Gathers what is told of calls that were started within the span.
pub(super) async fn gather(
    project: &Project,
    store: Option<&Store>,
    sources: Sources,
    span: &Range<Timestamp>,
) -> Result<Gathered, Failure> {
    let (log, queues) = (AttemptLog::new(span.clone()), sources.queues.clone());
    let mut own = Gathered { log, read: Read::default(), queues };
    own.read.queues_without_results = sources.without_results.iter().map(ToString::to_string).collect();
    for place in &sources.places {
        let place = own.read_place(project, &sources, place, span.start).await?;
        own.read.places.push(place);
    }
    if let Some(store) = store {
        own.ask_store(store).await?;
    }
    own.read.calls_without_time = own.log.unknown();
    Ok(own)
}

impl Gathered {
    async fn read_place(
        &mut self,
        project: &Project,
        sources: &Sources,
        place: &Source,
        since: Timestamp,
    ) -> Result<PlaceRead, Failure> {
        let mut each = |line| self.take(line, sources);
        Ok(match place {
            Source::Files(path) => {
                let files = files::read(path, &mut each)?;
                PlaceRead { place: path.display().to_string(), files, foreign: 0 }
            }
            Source::Objects(place) => {
                let (sdk, own) = (project.sdk().await?, project.bucket_of(place).await?);
                let found = objects::read(&sdk, &own, place, since, &mut each).await?;
                let place = format!("s3://{own}/{}", place.prefix());
                PlaceRead { place, files: found.objects, foreign: found.foreign }
            }
        })
    }

    fn take(&mut self, line: Line, sources: &Sources) {
        match line {
            Line::Told { queue, story } if sources.has(&queue) => {
                self.log.add(&story);
                self.read.results += 1;
                if !self.queues.iter().any(|name| name.as_str() == queue) {
                    self.queues.extend(queue.parse::<QueueName>());
                }
            }
            Line::Told { .. } => self.read.other_results += 1,
            Line::Broken(broken) => {
                self.read.broken += 1;
                if self.read.broken_at.len() < SHOWN {
                    self.read.broken_at.push(format!("{}:{}: {}", broken.place, broken.line, broken.why));
                }
            }
        }
    }

    /// Reads the dead letters, and counts the tasks that have neither a result nor a letter yet.
    async fn ask_store(&mut self, store: &Store) -> Result<(), Failure> {
        for queue in self.queues.clone() {
            let mut add = |_: &Found, letter: &Letter| match letter.envelope() {
                Some(envelope) => {
                    self.log.add(&Story::from(envelope));
                    self.read.dead_letters += 1;
                }
                None => self.read.foreign_letters += 1,
            };
            look(store, &queue, &mut add, &|| true).await?;
            let depth = store.measure(&queue).await?;
            self.read.waiting += depth.ready + depth.in_flight + depth.delayed;
        }
        Ok(())
    }
}
