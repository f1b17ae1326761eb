//! `jobq batch wait`.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar};
use jobq_adapters::clock::SystemClock;
use jobq_core::human::{self, positive};
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::ledger::Ledger;
use serde::Serialize;

use super::{find, why_dead};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::progress::{bar, time_for};
use crate::pushing::parse;
use crate::readings::batches::{BatchReading, State};
use crate::store::Store;

/// How often it is looked at: SQLite costs nothing, DynamoDB a read unit a look.
const EVERY: Duration = Duration::from_millis(250);
const EVERY_ON_AWS: Duration = Duration::from_secs(2);

/// How often a line is printed where there is no terminal.
const PRINTED: Duration = Duration::from_secs(5);

/// Over how long the rate shown is taken.
const RATE_OVER: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The batch
    #[arg(value_parser = parse::<BatchId>)]
    batch: BatchId,
    /// Give up after this long, with exit code 1
    #[arg(long, value_name = "TIME", value_parser = positive)]
    timeout: Option<Duration>,
}

/// Waits until a batch has ended, and ends as it did.
pub(super) async fn run(args: &Args, store: &Store, printer: Printer) -> Result<Exit, Failure> {
    let clock = SystemClock::new();
    let every = if matches!(store, Store::Local(_)) { EVERY } else { EVERY_ON_AWS };
    let begun = clock.uptime();
    let mut view = View::new(printer);
    let reading = loop {
        let batch = find(store, &args.batch).await?;
        let reading = BatchReading::new(&batch, clock.now());
        let waited = clock.uptime().saturating_sub(begun);
        if reading.state.is_over() {
            break reading;
        }
        if let Some(patience) = args.timeout.filter(|patience| waited >= *patience) {
            let open = human::counted(reading.open, "task");
            let message =
                format!("batch '{}' hasn't ended in {}: {open} open", args.batch, human::duration(patience));
            return Err(Failure::failed(message).hint(hint(&reading)));
        }
        view.show(&reading, waited);
        clock.sleep(every).await;
    };
    drop(view);
    let exit = match (reading.dead, reading.state) {
        (0, State::Canceled) => Exit::Failed,
        (0, _) => Exit::Fine,
        _ => Exit::DeadTasks,
    };
    let why_dead = why_dead(&reading.batch, &store.stages(&args.batch).await?);
    printer.data(&Waited { reading, why_dead })?;
    Ok(exit)
}

fn hint(reading: &BatchReading) -> String {
    match reading.state {
        State::Pushing => "its file was pushed in part: push it again, and it goes on from there".to_owned(),
        _ => "does anybody drain it? jobq status".to_owned(),
    }
}

struct View {
    printer: Printer,
    bar: Option<ProgressBar>,
    printed_at: Duration,
    recent: VecDeque<(Duration, u64)>,
}

impl View {
    fn new(printer: Printer) -> Self {
        let bar = bar(printer, "{bar:20} {wide_msg}", 0);
        Self { printer, bar, printed_at: Duration::ZERO, recent: VecDeque::new() }
    }

    fn show(&mut self, reading: &BatchReading, waited: Duration) {
        let ended = reading.known - reading.open;
        self.recent.push_back((waited, ended));
        while self.recent.len() > 2
            && self.recent.front().is_some_and(|(at, _)| waited.saturating_sub(*at) > RATE_OVER)
        {
            self.recent.pop_front();
        }
        if let Some(bar) = &self.bar {
            bar.set_length(reading.known);
            bar.set_position(ended);
            bar.set_message(self.line(reading));
        } else if waited.saturating_sub(self.printed_at) >= PRINTED {
            self.printed_at = waited;
            self.printer.note(self.line(reading));
        }
    }

    /// `1,204/65,000 ended, 3 dead, 49.0/s, ETA 21m 40s`
    fn line(&self, reading: &BatchReading) -> String {
        let mut parts =
            vec![format!("{}/{} ended", HumanCount(reading.known - reading.open), HumanCount(reading.known))];
        for (count, what) in [(reading.dead, "dead"), (reading.skipped, "skipped")] {
            if count > 0 {
                parts.push(format!("{} {what}", HumanCount(count)));
            }
        }
        if let (Some((from, before)), Some((to, now))) = (self.recent.front(), self.recent.back())
            && to > from
        {
            #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53 tasks")]
            let rate = now.saturating_sub(*before) as f64 / (*to - *from).as_secs_f64();
            parts.push(format!("{rate:.1}/s"));
            if rate > 0.0 {
                parts.push(format!("ETA {}", human::roughly(time_for(reading.open, rate))));
            }
        }
        parts.join(", ")
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[derive(Debug, Serialize)]
struct Waited {
    #[serde(flatten)]
    reading: BatchReading,
    /// What tells why tasks of it are dead.
    #[serde(skip)]
    why_dead: Option<String>,
}

impl fmt::Display for Waited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BatchReading { batch, done, dead, skipped, seconds, .. } = &self.reading;
        let time = human::roughly(Duration::from_secs_f64(*seconds));
        write!(f, "batch '{batch}' has ended after {time}: {} done", HumanCount(*done))?;
        if *skipped > 0 {
            write!(f, ", {} skipped", HumanCount(*skipped))?;
        }
        if *dead > 0 {
            write!(f, ", {} dead", HumanCount(*dead))?;
        }
        self.why_dead.as_ref().map_or(Ok(()), |why| write!(f, ": {why}"))
    }
}
