//! Ending letters, one way or the other: looked at, asked about, done, told.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, IsTerminal};
use std::path::Path;

use indicatif::{HumanCount, ProgressBar};
use jobq_adapters::clock::SystemClock;
use jobq_core::human::counted;
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::Depth;
use jobq_producer::letters::carry_out::{Progress, carry_out};
use jobq_producer::letters::look::{Plan, plan};
use jobq_producer::letters::order::{Act, Order, OrderError};
use jobq_producer::letters::picked::{Picked, PickedError};
use serde::Serialize;

use super::desk::Desk;
use crate::confirm::{Answer, Consent};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::programs;
use crate::progress::bar;

/// How many wrong lines are shown one by one.
const SHOWN: usize = 20;

/// How letters are ended.
#[derive(Debug, clap::Args)]
pub(super) struct Manner {
    /// Say what would be done, do nothing
    #[arg(long)]
    dry_run: bool,
    /// Don't ask before all of them are meant
    #[arg(long)]
    yes: bool,
}

/// Reads the file that picks letters. It may be a terminal or a pipe that nobody writes to: a stop ends the wait.
pub(super) async fn picked(path: &Path, queue: &QueueName, desk: &Desk) -> Result<Picked, Failure> {
    let shown = path.display();
    if path == Path::new("-") && io::stdin().is_terminal() {
        desk.printer.note("reading lines from the terminal: Ctrl-D ends them, Ctrl-C does nothing with them");
    }
    let (file, name) = (path.to_owned(), queue.clone());
    let reading = tokio::task::spawn_blocking(move || read(&file, &name));
    let read = tokio::select! {
        read = reading => read.map_err(|error| Failure::failed(format!("read {shown}: {error}")))?,
        () = desk.stop.asked(1) => {
            return Err(Failure::failed(format!("stopped while {shown} was read: nothing was done")));
        }
    };
    read.map_err(|error| match error {
        PickedError::Io(error) => Failure::usage(format!("read {shown}: {error}")),
        PickedError::Lines(lines) => {
            lines.iter().take(SHOWN).for_each(|line| desk.printer.warn(format_args!("{shown}: {line}")));
            let lines = lines.len();
            Failure::usage(format!("{shown}: {lines} of its lines are wrong, so nothing was done"))
        }
    })
}

fn read(path: &Path, queue: &QueueName) -> Result<Picked, PickedError> {
    if path == Path::new("-") {
        return Picked::read(io::stdin().lock(), queue);
    }
    Picked::read(BufReader::new(File::open(path)?), queue)
}

/// Ends the letters that are meant. Answers with how many it ended too.
pub(super) async fn run(order: &Order, manner: &Manner, desk: &Desk) -> Result<(Exit, u64), Failure> {
    let clock = SystemClock::new();
    // Where nobody can be asked, that is said before anything else.
    let asks = order.is_everything() && !manner.dry_run;
    let consent = if asks { Some(Consent::by_flag(manner.yes)?) } else { None };
    let counted = desk.store.measure(&order.queue).await?.dead;
    let jq = programs::sandbox()?;
    let plan = plan(&desk.store, &jq, order, clock.now(), &|| !desk.stop.is_asked()).await;
    let plan = plan.map_err(|error| broken_off(order, error, ", so nothing was done"))?;
    if desk.stop.is_asked() {
        return Err(Failure::failed("stopped before anything was done"));
    }
    desk.warn_of_hidden(&order.queue, counted, plan.seen);
    refuse_refused(order, &plan, desk.printer)?;
    let mut report = Report::new(order, &plan);
    if manner.dry_run || plan.chosen() == 0 {
        desk.printer.data(&Report { dry_run: manner.dry_run, ..report })?;
        return Ok((Exit::Fine, 0));
    }
    if let Some(consent) = consent {
        let question = question(order, &plan);
        if consent.ask(&question, order.queue.as_str(), desk.printer).await? == Answer::No {
            desk.printer.note("nothing was done");
            return Ok((Exit::Failed, 0));
        }
    }
    let view = View::new(desk.printer, plan.chosen());
    let mut done = Progress::default();
    let mut told = |progress: Progress| {
        done = progress;
        view.draw(progress);
        !desk.stop.is_asked()
    };
    let ended = carry_out(&desk.store, &jq, &clock, order, plan, &mut told).await;
    view.end();
    report.take_in(ended.as_ref().unwrap_or(&done));
    if let Err(error) = ended {
        desk.printer.data(&report)?;
        return Err(broken_off(order, error, "").hint("run it again to go on: nothing is done twice"));
    }
    desk.printer.data(&report)?;
    if desk.stop.is_asked() && report.left > 0 {
        return Err(
            Failure::failed(format!("stopped with {} left", report.left)).hint("run it again to go on")
        );
    }
    Ok((Exit::Fine, report.ended))
}

/// Why an order went no further, and what that means.
fn broken_off(order: &Order, error: OrderError, so: &str) -> Failure {
    match error {
        OrderError::Fault(fault) => Failure::from(fault),
        OrderError::BrokenOff { letter, said } => {
            let (queue, letter) = (&order.queue, letter.0);
            Failure::usage(format!("--edit: at letter {letter} {said}{so}"))
                .hint(format!("see what it was run over: jobq dlq export {queue} {letter}"))
        }
    }
}

/// Nothing is done where a task can't be changed as it should be.
fn refuse_refused(order: &Order, plan: &Plan, printer: Printer) -> Result<(), Failure> {
    if plan.refused == 0 {
        return Ok(());
    }
    for (letter, problem) in &plan.refusals {
        printer.warn(format_args!("letter {}: {problem}", letter.0));
    }
    let (refused, meant, queue) = (plan.refused, plan.refused + plan.chosen(), &order.queue);
    let told = format!("{refused} of {} can't be changed so, and nothing was done", counted(meant, "task"));
    Err(Failure::usage(told).hint(format!("see what is there: jobq dlq export {queue} | head -1")))
}

fn question(order: &Order, plan: &Plan) -> String {
    let (letters, queue) = (counted(plan.chosen(), "dead letter"), &order.queue);
    match order.act {
        Act::SendBack(_) => format!("All that is dead of queue '{queue}' goes back to it: {letters}."),
        Act::Drop => format!("All that is dead of queue '{queue}' is deleted for good: {letters}."),
    }
}

/// What was done, or would be.
#[derive(Debug, Clone, Serialize)]
struct Report {
    queue: String,
    act: &'static str,
    dry_run: bool,
    /// How many letters lie in the queue.
    seen: u64,
    /// How many of them are meant.
    chosen: u64,
    ended: u64,
    /// How many were picked and aren't there, or somebody else has ended meanwhile, or holds.
    gone: u64,
    left: u64,
    /// How many are meant and have no task to send back: they stay.
    without_task: u64,
    /// The first calls that go back, as they would be made.
    first: Vec<String>,
}

impl Report {
    fn new(order: &Order, plan: &Plan) -> Self {
        let call =
            |request: &jobq_core::task::Request| format!("{} {}", request.method.as_str(), request.url);
        Self {
            queue: order.queue.to_string(),
            act: match order.act {
                Act::SendBack(_) => "send_back",
                Act::Drop => "drop",
            },
            dry_run: false,
            seen: plan.seen,
            chosen: plan.chosen(),
            ended: 0,
            gone: plan.absent,
            left: plan.chosen(),
            without_task: plan.without_task,
            first: plan.first.iter().map(call).collect(),
        }
    }

    fn take_in(&mut self, progress: &Progress) {
        self.ended = progress.ended;
        self.gone += progress.gone;
        self.left = self.chosen.saturating_sub(progress.ended + progress.gone);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (would, did) = if self.act == "drop" { ("drop", "dropped") } else { ("send back", "sent back") };
        let of = format!("of {} of '{}'", counted(self.seen, "dead letter"), self.queue);
        if self.chosen == 0 {
            write!(f, "none {of} match")?;
        } else if self.dry_run {
            write!(f, "would {would} {} {of}; nothing was done", HumanCount(self.chosen))?;
        } else {
            write!(f, "{did} {} {of}", HumanCount(self.ended))?;
        }
        if self.gone > 0 {
            write!(f, "; {} are gone, or somebody else is at them", HumanCount(self.gone))?;
        }
        if self.without_task > 0 {
            write!(f, "; {} hold no task and stay", HumanCount(self.without_task))?;
        }
        if self.dry_run {
            self.first.iter().try_for_each(|call| write!(f, "\n  {call}"))?;
        }
        Ok(())
    }
}

/// How far it is, on a terminal.
struct View {
    bar: Option<ProgressBar>,
}

impl View {
    fn new(printer: Printer, letters: u64) -> Self {
        Self { bar: bar(printer, "{bar:20} {human_pos}/{human_len} {msg}", letters) }
    }

    fn draw(&self, progress: Progress) {
        if let Some(bar) = &self.bar {
            bar.set_position(progress.ended + progress.gone);
            if progress.gone > 0 {
                bar.set_message(format!("{} somebody else's", HumanCount(progress.gone)));
            }
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
