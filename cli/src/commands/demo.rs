//! `jobq demo`: a thousand calls against a mock API at exactly its limit.

use std::fmt::{self, Write};
use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use indicatif::HumanCount;
use jobq_core::host::HostPattern;
use jobq_core::letter::Letter;
use jobq_core::limit::Limit;
use jobq_core::name::QueueName;
use jobq_core::queue::Queue;
use jobq_core::rate::{Pace, Rate};
use jobq_drainer::plan::Until;
use jobq_producer::letters::look::look;
use serde::Serialize;

use super::drain::DrainReport;
use crate::demo::mock_api::MockApi;
use crate::draining::{self, Work};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::finishing::Finishing;
use crate::printer::Printer;
use crate::progress::Goal;
use crate::project::Project;
use crate::pushing::SourceArgs;
use crate::results::Results;
use crate::store::Store;

const PER_SECOND: NonZeroU32 = NonZeroU32::new(50).unwrap();

const TASKS: u32 = 1_000;

/// Every so many tasks, one fails at its first call; none of the last ones, whose second call would come alone.
const FLAKY_EVERY: u32 = 110;
const LAST_FLAKY: u32 = 900;

/// Runs the demo in a folder that is gone afterwards.
pub(crate) async fn run(printer: Printer) -> Result<Exit, Failure> {
    let folder = tempfile::tempdir().map_err(|error| failed("make a folder", &error))?;
    let api = MockApi::bind(PER_SECOND).await.map_err(|error| failed("start the mock API", &error))?;
    let address = api.address().map_err(|error| failed("start the mock API", &error))?.to_string();
    let calls = folder.path().join("calls.txt");
    fs::write(&calls, task_file(&format!("http://{address}")))
        .map_err(|error| failed("write calls.txt", &error))?;
    printer.note(format_args!(
        "a mock API listens on {address} and answers 429 above {PER_SECOND} calls a second"
    ));
    printer.note(format_args!("$ jobq run calls.txt --rate {PER_SECOND}/s"));
    let report = tokio::select! {
        report = drain(folder.path(), &calls, &address, printer) => report?,
        () = api.serve() => return Err(Failure::failed("the mock API has ended")),
    };
    let counted = api.counted();
    let report = DemoReport {
        api_calls: counted.calls,
        api_refused: counted.refused,
        api_calls_per_second: counted.per_second(),
        ..report
    };
    printer.data(&report)?;
    Ok(report.exit())
}

/// Pushes the file and drains it, as `jobq run` does.
async fn drain(folder: &Path, calls: &Path, host: &str, printer: Printer) -> Result<DemoReport, Failure> {
    let project = Project::in_folder(folder.join("state"));
    let store = project.store().await?;
    let mut prepared = SourceArgs::default().prepare(calls, None, project.backend)?;
    let name = prepared.order.batch.queue.clone();
    printer.note(prepared.push(&store, printer).await?);
    let limit = limit(host)?;
    let mut queue = Queue::new(name.clone(), limit.name.clone());
    // A demo is short: what fails is tried again soon.
    queue.retry.min_backoff = Duration::from_millis(500);
    let goal = Goal { tasks: TASKS.into(), ended: 0, pace: limit.pace };
    let results = Results::file(name.clone(), &folder.join("results"))?;
    let (queues, until) = (vec![queue], Until::Empty);
    let finishing = Finishing::new(&project, &store, printer)?;
    let work =
        Work { limit: limit.clone(), queues, results, drainers: 1, until, goal, finishing, metrics: None };
    let drained = draining::run(work, store.clone(), project.secrets().await?, printer).await?;
    Ok(DemoReport {
        allowed_per_second: PER_SECOND.get(),
        api_calls: 0,
        api_refused: 0,
        api_calls_per_second: 0.0,
        drain: DrainReport::new(&limit, drained),
        dead_letters: dead_letters(&store, &name).await?,
    })
}

fn limit(host: &str) -> Result<Limit, Failure> {
    let rate = Rate::new(
        u64::from(PER_SECOND.get()).try_into().unwrap_or(std::num::NonZeroU64::MIN),
        Duration::from_secs(1),
    );
    let rate = rate.ok_or_else(|| Failure::failed("the demo's rate is no rate"))?;
    let name = "mock-api".parse().map_err(|error| failed("name the limit", &error))?;
    let mut limit = Limit::new(name, Pace::Limited(rate));
    limit.hosts = vec![host.parse::<HostPattern>().map_err(|error| failed("read the host", &error))?];
    limit.allow_private = true;
    Ok(limit)
}

/// One url a line: most are fine, a few fail at first, two are poison.
fn task_file(api: &str) -> String {
    let mut file = String::new();
    for number in 1..=TASKS {
        let kind = match number {
            300 | 700 => "poison",
            _ if number % FLAKY_EVERY == 0 && number < LAST_FLAKY => "flaky",
            _ => "ok",
        };
        let _ = writeln!(file, "{api}/{kind}/{number}");
    }
    file
}

async fn dead_letters(store: &Store, queue: &QueueName) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    look(store, queue, &mut |_, letter| lines.push(line(letter)), &|| true).await?;
    Ok(lines)
}

fn line(letter: &Letter) -> String {
    let id = letter.envelope().map_or("-", |envelope| envelope.id.as_str());
    format!("{id}  {}: {}", letter.kind(), letter.detail())
}

fn failed(what: &str, error: &dyn fmt::Display) -> Failure {
    Failure::failed(format!("{what}: {error}"))
}

/// What the demo showed.
#[derive(Debug, Serialize)]
struct DemoReport {
    allowed_per_second: u32,
    api_calls: u64,
    api_refused: u64,
    api_calls_per_second: f64,
    drain: DrainReport,
    dead_letters: Vec<String>,
}

impl DemoReport {
    fn exit(&self) -> Exit {
        if self.api_refused == 0 { Exit::Fine } else { Exit::Failed }
    }
}

impl fmt::Display for DemoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (calls, drain) = (HumanCount(self.api_calls), &self.drain);
        writeln!(f, "{drain}\n")?;
        writeln!(f, "the API saw {calls} calls and refused {}", HumanCount(self.api_refused))?;
        let used = self.api_calls_per_second / f64::from(self.allowed_per_second) * 100.0;
        writeln!(f, "{used:.1}% of its limit was used: 2% are kept back for jitter on the way")?;
        writeln!(f, "{} failed at first, were tried again and are done", drain.retried)?;
        writeln!(f, "{} are in the dead-letter queue, with their reason:", self.dead_letters.len())?;
        self.dead_letters.iter().try_for_each(|letter| writeln!(f, "  {letter}"))?;
        writeln!(f, "\nwhat to type next:")?;
        writeln!(f, "  jobq run FILE --rate 50/s     your own calls: one url a line, CSV or JSON Lines")?;
        writeln!(f, "  jobq init                     a jobq.toml, for queues that stay")?;
        writeln!(f, "  jobq --help                   everything else")
    }
}
