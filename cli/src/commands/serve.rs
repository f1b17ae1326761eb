//! `jobq serve`: the whole local engine in one process that stays.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join;
use indicatif::HumanCount;
use jobq_adapters::clock::SystemClock;
use jobq_core::config::backend::Backend;
use jobq_core::human;
use jobq_core::limit::Limit;
use jobq_core::ports::clock::Clock;
use jobq_core::recurring::RecurringPush;
use jobq_core::time::Timestamp;
use serde::Serialize;

use crate::args::Global;
use crate::coming;
use crate::draining::STOPPING;
use crate::exit::Exit;
use crate::exposing::{self, Exposed, MetricsArgs};
use crate::failure::Failure;
use crate::finishing::Finishing;
use crate::printer::Printer;
use crate::project::{Project, no_queue_of};
use crate::recorder::Recorder;
use crate::serving::posts::{Post, Watchers};
use crate::serving::pushes::Pushes;
use crate::serving::serve;
use crate::signals::stop_on_signals;
use crate::store::Store;
use crate::traces;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Serve the queues of this limit; may be repeated [default: all limits]
    #[arg(long = "limit", value_name = "LIMIT")]
    limits: Vec<String>,
    #[command(flatten)]
    metrics: MetricsArgs,
}

/// Serves limits until it is stopped: drainers come with the work and go with it.
pub(crate) async fn run(args: Args, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let project = Project::open(global, printer)?;
    if project.backend != Backend::Local {
        return Err(on_aws());
    }
    let limits = limits(&project, &args.limits)?;
    let store = project.store().await?;
    let Store::Local(local) = &store else { return Err(on_aws()) };
    let clock = SystemClock::new();
    let (stop, listening) = stop_on_signals(printer, STOPPING)?;
    let spans = Arc::new(traces::open(printer));
    let watchers =
        Watchers { clock, printer, spans: Arc::clone(&spans), metrics: args.metrics.metrics.is_some() };
    let mut posts = Vec::new();
    for limit in limits {
        posts.push(Post::open(&project, &store, limit, &watchers).await?);
    }
    let exposed = exposed(args.metrics, &posts, &store, clock, printer).await?;
    let recorders: Vec<&Recorder> = posts.iter().map(|post| &post.world.recorder).collect();
    posts.iter().for_each(|post| printer.note(greeting(post)));
    let finishing = Finishing::new(project.config.queues.values(), &project, &store, printer)?;
    let pushes = Pushes { pushes: pushes_to(&project, &posts), project: &project, store: &store, printer };
    pushes.pushes.iter().for_each(|push| printer.note(announcement(push, clock.now())));
    let begun = clock.uptime();
    tokio::select! {
        ((), ()) = join(serve(&posts, &pushes, local.clone(), clock, &stop, printer), finishing.until(&stop)) => {}
        () = listening => {}
        () = exposing::serve(exposed.as_ref(), &recorders) => {}
    }
    finishing.settle().await;
    let seconds = clock.uptime().saturating_sub(begun).as_secs_f64();
    let report = ServeReport { seconds, limits: posts.iter().map(Served::new).collect() };
    printer.data(&report)?;
    traces::close(&spans, printer);
    Ok(Exit::Fine)
}

fn on_aws() -> Failure {
    Failure::usage("serve is the engine of the local backend; on AWS the stack is the engine")
        .hint("jobq deploy makes the stack, and jobq drain adds a drainer from here")
}

/// The limits to serve, as they are named, or all that have a queue.
fn limits<'a>(project: &'a Project, named: &[String]) -> Result<Vec<&'a Limit>, Failure> {
    let has_queue = |limit: &&Limit| project.config.queues_of(&limit.name).next().is_some();
    let limits: Vec<&Limit> = if named.is_empty() {
        project.config.limits.values().filter(has_queue).collect()
    } else {
        let named: BTreeSet<&String> = named.iter().collect();
        named.into_iter().map(|name| project.limit(Some(name))).collect::<Result<_, _>>()?
    };
    if let Some(idle) = limits.iter().find(|limit| !has_queue(limit)) {
        return Err(no_queue_of(idle));
    }
    if limits.is_empty() {
        return Err(
            Failure::usage("there is no queue to serve").hint("write a jobq.toml with one: jobq init")
        );
    }
    Ok(limits)
}

/// Metrics of all limits at one address, where they are asked for.
async fn exposed(
    args: MetricsArgs,
    posts: &[Post],
    store: &Store,
    clock: SystemClock,
    printer: Printer,
) -> Result<Option<Exposed>, Failure> {
    let Some(address) = args.metrics else {
        return Ok(None);
    };
    let told = posts.iter().filter_map(|post| {
        let counters = post.world.recorder.counters.as_ref()?;
        Some((&post.limit, &post.queues[..], counters))
    });
    Exposed::bind(address, &told.collect::<Vec<_>>(), store, clock, printer).await.map(Some)
}

/// `serving hermes at 50/s: troops, groups; at most 2 drainers`
fn greeting(post: &Post) -> String {
    let limit = &post.limit;
    let queues: Vec<&str> = post.queues.iter().map(|queue| queue.name.as_str()).collect();
    let drainers = match (limit.drainers.autoscale, limit.drainers.max.get()) {
        (false, _) => "drainers start when a queue opens, and by hand".to_owned(),
        (true, most) => format!("at most {}", human::counted(most, "drainer")),
    };
    format!("serving {} at {}: {}; {drainers}", limit.name, limit.pace, queues.join(", "))
}

/// The recurring pushes to queues that are served.
fn pushes_to<'a>(project: &'a Project, posts: &[Post]) -> Vec<&'a RecurringPush> {
    let is_served = |push: &&RecurringPush| {
        posts.iter().flat_map(|post| &post.queues).any(|queue| queue.name == push.queue)
    };
    project.config.pushes.values().filter(is_served).collect()
}

/// `pushing hourly.jsonl to troops: hourly, next 2026-11-26 03:00 UTC`
fn announcement(push: &RecurringPush, now: Timestamp) -> String {
    let RecurringPush { name, queue, .. } = push;
    let next =
        coming::next(push, now).map_or_else(|| "never again".to_owned(), |next| format!("next {next}"));
    format!("pushing {} to {queue}: {name}, {next}", coming::what(push))
}

/// What an engine did while it ran.
#[derive(Debug, Serialize)]
struct ServeReport {
    seconds: f64,
    limits: Vec<Served>,
}

/// What was done for one limit.
#[derive(Debug, Serialize)]
struct Served {
    limit: String,
    /// How many drainers were started.
    drainers: u64,
    done: u64,
    dead: u64,
    calls: u64,
    retried: u64,
    refused: u64,
    released: u64,
}

impl Served {
    fn new(post: &Post) -> Self {
        let (totals, counted) = (post.totals(), post.meter().read());
        Self {
            limit: post.limit.name.to_string(),
            drainers: totals.drainers,
            done: counted.done,
            dead: counted.dead,
            calls: counted.started,
            retried: counted.retried,
            refused: counted.refused,
            released: totals.released,
        }
    }
}

impl fmt::Display for ServeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "served for {}", human::roughly(Duration::from_secs_f64(self.seconds)))?;
        self.limits.iter().try_for_each(|served| writeln!(f, "{served}"))
    }
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, calls) = (HumanCount(self.done), human::counted(self.calls, "call"));
        write!(f, "{}: {done} done, {calls}", self.limit)?;
        for (count, what) in [(self.retried, "retried"), (self.refused, "refused"), (self.dead, "dead")] {
            if count > 0 {
                write!(f, ", {} {what}", HumanCount(count))?;
            }
        }
        Ok(())
    }
}
