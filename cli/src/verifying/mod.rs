//! `limit verify`: was a limit kept? The log of its calls is gathered from results and dead letters, replayed, and told.

use std::ops::Range;

use jobq_adapters::clock::SystemClock;
use jobq_core::limit::Limit;
use jobq_core::policy::calendar::state::Change;
use jobq_core::policy::replay::replay;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::ledger::Ledger;
use jobq_core::rate::Pace;
use jobq_core::time::Timestamp;

use crate::args::instant;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::readings::{self, ChangeReading};
use crate::store::Store;

use self::gathering::gather;
use self::report::{Report, Verdict};
use self::sources::Sources;

mod gathering;
mod report;
mod sources;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The limit, as jobq.toml names it [default: every limit there]
    limit: Option<String>,
    /// Only calls started then or later: 2h for two hours ago, or 2026-11-21T14:00:00Z [default: all]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<Timestamp>,
    /// Only calls started before that [default: all]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,
    /// Read results here instead of where jobq.toml sends them: a file, a folder or s3://bucket/prefix; may be repeated
    #[arg(long, value_name = "PLACE", requires = "limit")]
    results: Vec<String>,
}

/// Replays the calls of a limit, or of every one, and tells the worst window of each rule.
pub(crate) async fn run(args: Args, project: &Project, printer: Printer) -> Result<Exit, Failure> {
    let span = args.since.unwrap_or(Timestamp::EPOCH)..args.until.unwrap_or(Timestamp::from_nanos(u64::MAX));
    if span.is_empty() {
        return Err(Failure::usage("--until is not after --since: there is no call to look at"));
    }
    let store = if project.has_store() { Some(project.store().await?) } else { None };
    let mut verdicts = Vec::new();
    for limit in limits(project, store.as_ref(), args.limit.as_deref()).await? {
        let sources = Sources::of(project, &limit, &args.results)?;
        verdicts.push(verdict(project, store.as_ref(), &limit, sources, &span).await?);
    }
    let passed = verdicts.iter().any(Verdict::is_passed);
    printer.data(&Report::new(args.since, args.until, verdicts))?;
    Ok(if passed { Exit::LimitPassed } else { Exit::Fine })
}

async fn limits(project: &Project, store: Option<&Store>, name: Option<&str>) -> Result<Vec<Limit>, Failure> {
    match name {
        Some(name) => Ok(vec![readings::find_limit(project, store, name).await?]),
        None if project.config.limits.is_empty() => project.limit(None).map(|only| vec![only.clone()]),
        None => Ok(project.config.limits.values().cloned().collect()),
    }
}

async fn verdict(
    project: &Project,
    store: Option<&Store>,
    limit: &Limit,
    sources: Sources,
    span: &Range<Timestamp>,
) -> Result<Verdict, Failure> {
    let gathered = gather(project, store, sources, span).await?;
    let changes = match store {
        Some(store) => store.load(&limit.name).await?.state.changes,
        None => Vec::new(),
    };
    let now = SystemClock::new().now();
    let faster = changes.iter().filter(|change| change.at < span.end && is_faster(limit, change));
    let faster = faster.map(|change| ChangeReading::new(change, now)).collect();
    let starts = gathered.log.starts();
    let findings = replay(limit, &starts);
    Ok(Verdict::new(limit, &starts, &findings, gathered.read, faster))
}

/// Whether somebody has let the limit go faster than it is configured.
fn is_faster(limit: &Limit, change: &Change) -> bool {
    let set = change.what.strip_prefix("set ").and_then(|what| what.split(' ').next()?.parse::<Pace>().ok());
    match (set, limit.pace) {
        (Some(Pace::Limited(set)), Pace::Limited(configured)) => set.interval() < configured.interval(),
        (Some(Pace::Unlimited), Pace::Limited(_)) => true,
        (None, _) | (_, Pace::Unlimited) => false,
    }
}
