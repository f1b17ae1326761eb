//! `jobq run FILE --rate 50/s`: push, drain, wait; one file, no configuration.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::HumanCount;
use jobq_core::batch::Tally;
use jobq_core::config::header::header_name;
use jobq_core::host::HostPattern;
use jobq_core::human;
use jobq_core::limit::{Limit, default_burst};
use jobq_core::name::LimitName;
use jobq_core::policy::address::refusal;
use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::ports::ledger::Ledger;
use jobq_core::queue::Queue;
use jobq_core::quota::Quota;
use jobq_core::rate::Pace;
use jobq_core::secret_names::secret_names;
use jobq_drainer::plan::Until;
use jobq_producer::survey::Survey;
use serde::Serialize;

use super::drain::DrainReport;
use super::push::SurveyReport;
use crate::args::Global;
use crate::draining::{self, Work};
use crate::exit::Exit;
use crate::exposing::MetricsArgs;
use crate::failure::Failure;
use crate::finishing::Finishing;
use crate::printer::Printer;
use crate::progress::{Goal, time_for};
use crate::project::Project;
use crate::pushing::{PushReport, SourceArgs, parse, results_beside};
use crate::results::Results;
use crate::store::Store;

/// How long the tasks of a run that was killed stay hidden from the next one. Shorter than a call may take: while
/// its drainer lives a task is kept hidden.
const HIDDEN: Duration = Duration::from_secs(20);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file with the calls: JSON Lines, CSV, or one url a line
    file: PathBuf,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    calls: CallArgs,
    /// Run this many drainers side by side; they share the limit
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    drainers: u16,
    /// Write the answers here: a .jsonl file or a folder [default: FILE.results.jsonl]
    #[arg(long, value_name = "PATH")]
    results: Option<PathBuf>,
    #[command(flatten)]
    exposing: MetricsArgs,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The limit")]
struct LimitArgs {
    /// Start at most this many calls: 50/s, 600/m, 10/5s, or none
    #[arg(long, value_name = "RATE", value_parser = parse::<Pace>, allow_hyphen_values = true)]
    rate: Pace,
    /// Let this many calls start at once after a lull [default: 10 ms of the rate, at least 1]
    #[arg(long, value_name = "N")]
    burst: Option<NonZeroU32>,
    /// Let a window hold at most this many calls: 600/m, 65000/d; may be repeated
    #[arg(long = "quota", value_name = "QUOTA", value_parser = parse::<Quota>, allow_hyphen_values = true)]
    quotas: Vec<Quota>,
    /// Let at most this many calls be under way at once
    #[arg(long, value_name = "N")]
    max_in_flight: Option<NonZeroU32>,
    /// Share the limit with other runs under this name [default: the file's host]
    #[arg(long = "limit", value_name = "NAME", value_parser = parse::<LimitName>)]
    name: Option<LimitName>,
    /// Let calls go to this host too, for redirects; may be repeated [default: the hosts in the file]
    #[arg(long = "host", value_name = "HOST", value_parser = parse::<HostPattern>)]
    hosts: Vec<HostPattern>,
    /// Let calls go to private and loopback addresses
    #[arg(long)]
    allow_private: bool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The calls")]
struct CallArgs {
    /// Send this header with every call: 'authorization: Bearer ${secret:token}'; may be repeated
    #[arg(long = "header", value_name = "HEADER", value_parser = header)]
    headers: Vec<(String, String)>,
    /// Give a call this long
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = human::parse_duration)]
    timeout: Duration,
    /// Try a task this many times before it is dead
    #[arg(long, value_name = "N", default_value = "5")]
    max_attempts: NonZeroU32,
}

/// Pushes what wasn't pushed before, drains it, waits for the end.
pub(crate) async fn run(args: Args, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    if args.file == Path::new("-") {
        return Err(Failure::usage("run reads its file twice, and standard input can be read only once")
            .hint("save it to a file first, or use jobq push QUEUE -"));
    }
    let project = Project::without_config(global, printer)?;
    let mut prepared = args.source.prepare(&args.file, None, project.backend)?;
    let survey = prepared.survey(printer)?;
    if args.source.dry_run {
        printer.data(&SurveyReport::new(&survey))?;
        return Ok(if survey.counts.refused > 0 { Exit::Failed } else { Exit::Fine });
    }
    let limit = limit(&args, &survey)?;
    let queue = queue(&args, &prepared.order.batch.queue, &limit);
    project.secrets().await?.check(&limit).await?;
    let results = args.results.clone().unwrap_or_else(|| results_beside(&args.file));
    refuse_input(&args.file, &results)?;
    let sink = Results::file(queue.name.clone(), &results)?;
    let store = project.store().await?;
    store.make_queue(&queue).await?;
    let pushed = prepared.push(&store, printer).await?;
    let batch = prepared.order.batch.id.clone();
    let before = tally(&store, &batch).await?;
    announce(printer, &pushed, before, limit.pace);
    let work = Work {
        goal: Goal { tasks: before.known, ended: before.done + before.dead, pace: limit.pace },
        results: sink,
        queues: vec![queue.clone()],
        limit: limit.clone(),
        drainers: args.drainers,
        until: Until::Empty,
        finishing: Finishing::new([&queue], &project, &store, printer)?,
        metrics: args.exposing.metrics,
    };
    let drained = draining::run(work, store.clone(), project.secrets().await?, printer).await?;
    let report = RunReport {
        batch: batch.to_string(),
        refused_lines: survey.counts.refused,
        tally: tally(&store, &batch).await?.into(),
        drain: DrainReport::new(&limit, drained),
        results: results.display().to_string(),
        queue: queue.name.to_string(),
    };
    if report.is_over() && is_empty(&store, &queue).await? {
        store.delete_queue(&queue.name).await?;
    }
    printer.data(&report)?;
    Ok(report.exit())
}

/// The limit as the command line states it, over the hosts that the file names.
fn limit(args: &Args, survey: &Survey) -> Result<Limit, Failure> {
    let own = &args.limit;
    if survey.endpoints.is_empty() {
        return Err(Failure::usage(format!("{} holds no task", args.file.display())));
    }
    if !own.allow_private {
        refuse_private(survey)?;
    }
    refuse_twins(&own.quotas)?;
    let hosts: BTreeSet<String> = survey.endpoints.iter().map(|endpoint| endpoint.host.clone()).collect();
    let name = own.name.clone().map_or_else(|| name_after(&hosts), Ok)?;
    let mut limit = Limit::new(name, own.rate);
    limit.burst = own.burst.unwrap_or_else(|| default_burst(own.rate));
    limit.quotas = own.quotas.clone();
    limit.max_in_flight = own.max_in_flight;
    limit.allow_private = own.allow_private;
    limit.hosts = own.hosts.clone();
    for endpoint in &survey.endpoints {
        let pattern = endpoint.to_string().parse();
        limit
            .hosts
            .push(pattern.map_err(|error: jobq_core::host::HostError| Failure::usage(error.to_string()))?);
    }
    limit.headers = args.calls.headers.clone();
    for (name, value) in &limit.headers {
        let named =
            secret_names(value).map_err(|error| Failure::usage(format!("--header {name}: {error}")))?;
        limit.secrets.extend(named);
    }
    Ok(limit)
}

/// Says before the first call what would make every call fail. Names are looked up when they are called.
fn refuse_private(survey: &Survey) -> Result<(), Failure> {
    for endpoint in &survey.endpoints {
        let address = endpoint.host.trim_matches(['[', ']']).parse();
        let named = (endpoint.host == "localhost").then_some("loopback");
        if let Some(why) = address.ok().and_then(refusal).or(named) {
            return Err(Failure::usage(format!("{} may not be called: {why}", endpoint.host))
                .hint("if you mean it: --allow-private"));
        }
    }
    Ok(())
}

/// Two quotas of one window would count every call twice.
fn refuse_twins(quotas: &[Quota]) -> Result<(), Failure> {
    for (index, quota) in quotas.iter().enumerate() {
        if let Some(twin) = quotas[..index].iter().find(|twin| twin.window == quota.window) {
            return Err(Failure::usage(format!("--quota {twin} and --quota {quota} have the same window"))
                .hint("keep the smaller one"));
        }
    }
    Ok(())
}

/// The answers must not go into the file with the calls.
fn refuse_input(file: &Path, results: &Path) -> Result<(), Failure> {
    match (file.canonicalize(), results.canonicalize()) {
        (Ok(file), Ok(results)) if file == results => {
            Err(Failure::usage(format!("--results is the file with the calls: {}", results.display()))
                .hint("choose another place for the answers"))
        }
        _ => Ok(()),
    }
}

/// One API's runs share a limit: it is named after the host, or after the first of several and their number.
fn name_after(hosts: &BTreeSet<String>) -> Result<LimitName, Failure> {
    let first = hosts.first().map_or("run", String::as_str).trim_matches(['[', ']']).replace(':', "-");
    let first: String = first.trim_start_matches('-').chars().take(50).collect();
    let name = if hosts.len() > 1 { format!("{first}-and-{}", hosts.len() - 1) } else { first };
    name.parse().map_err(|error: jobq_core::name::NameError| {
        Failure::usage(error.to_string()).hint("name the limit with --limit NAME")
    })
}

fn queue(args: &Args, name: &jobq_core::name::QueueName, limit: &Limit) -> Queue {
    let mut queue = Queue::new(name.clone(), limit.name.clone());
    queue.timeout = args.calls.timeout;
    queue.visibility = HIDDEN;
    queue.retry.max_attempts = args.calls.max_attempts;
    queue
}

async fn is_empty(store: &Store, queue: &Queue) -> Result<bool, Failure> {
    Ok(store.measure(&queue.name).await? == QueueDepth::default())
}

async fn tally(store: &Store, batch: &jobq_core::name::BatchId) -> Result<Tally, Failure> {
    Ok(store.tally(batch).await?.unwrap_or_default())
}

fn announce(printer: Printer, pushed: &PushReport, tally: Tally, pace: Pace) {
    if !pushed.was_complete() {
        printer.note(pushed);
    } else if tally.open() == 0 {
        printer.note("every task of this file has ended before (--again runs it once more)");
    } else {
        let open = HumanCount(tally.open());
        printer.note(format_args!("going on with {open} of {}", human::counted(tally.known, "task")));
    }
    if let Pace::Limited(rate) = pace
        && tally.open() > 0
    {
        let time = human::roughly(time_for(tally.open(), rate.per_second()));
        printer.note(format_args!("at {rate} that takes {time}"));
    }
}

/// Reads a header as it stands in a request: `name: value`.
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write it as 'name: value'")?;
    let name = header_name(name.trim())?;
    let value = value.trim();
    if value.chars().any(char::is_control) {
        return Err("a header's value can't hold control characters".to_owned());
    }
    Ok((name, value.to_owned()))
}

/// How a run ended.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RunReport {
    batch: String,
    queue: String,
    refused_lines: u64,
    tally: TallyReport,
    drain: DrainReport,
    results: String,
}

/// A batch's counts, over all runs of it.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct TallyReport {
    known: u64,
    done: u64,
    dead: u64,
    open: u64,
}

impl From<Tally> for TallyReport {
    fn from(tally: Tally) -> Self {
        Self { known: tally.known, done: tally.done, dead: tally.dead, open: tally.open() }
    }
}

impl RunReport {
    /// Whether each of its tasks is done, by the count. SQS may count one twice: then it isn't known.
    fn is_over(&self) -> bool {
        self.tally.done == self.tally.known
    }

    /// Dead tasks first: they are what somebody has to look at.
    fn exit(&self) -> Exit {
        if self.tally.dead > 0 {
            Exit::DeadTasks
        } else if self.tally.open > 0 || self.refused_lines > 0 {
            Exit::Failed
        } else {
            Exit::Fine
        }
    }
}

impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tally, drain, results, queue, .. } = self;
        writeln!(f, "{drain}")?;
        writeln!(
            f,
            "{}/{} tasks done, answers in {results}",
            HumanCount(tally.done),
            HumanCount(tally.known)
        )?;
        if tally.dead > 0 {
            writeln!(f, "{} dead: jobq dlq ls {queue}", HumanCount(tally.dead))?;
        }
        if tally.open > 0 {
            writeln!(f, "{} still open: run it again to go on", HumanCount(tally.open))?;
        }
        if self.refused_lines > 0 {
            writeln!(f, "refused {} of the file", human::counted(self.refused_lines, "line"))?;
        }
        Ok(())
    }
}
