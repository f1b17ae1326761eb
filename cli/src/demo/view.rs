//! What is seen while it goes on: the chart, redrawn in place on a terminal; a line a second elsewhere.

use std::io::{IsTerminal, stdout};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar};
use jobq_core::batch::Tally;

use super::chart::{ASCII, BLOCKS, Canvas, Mark, chart};
use super::depths::Sample;
use super::mock_api::Counted;
use super::pipeline::QUEUES;
use crate::env_vars;
use crate::printer::Printer;
use crate::progress::{bar, per_second};

/// How often a line is printed where there is no terminal.
const PRINTED: Duration = Duration::from_secs(1);

/// The widest chart, and the one where nobody knows how wide it may be.
const WIDEST: usize = 100;
const USUAL: usize = 80;

/// What a chart is drawn on here.
pub(super) fn canvas() -> Canvas {
    let width = if stdout().is_terminal() { crossterm::terminal::size().ok() } else { None };
    let width = width.map_or(USUAL, |(width, _)| usize::from(width).min(WIDEST));
    Canvas { width, filled: if env_vars::is_utf8() { BLOCKS } else { ASCII } }
}

/// Everything at one moment.
pub(super) struct Seen<'a> {
    /// The depths until now; there is at least one.
    pub(super) samples: &'a [Sample],
    pub(super) mark: Option<Mark>,
    /// The counts of the batch.
    pub(super) tally: Tally,
    pub(super) api: Counted,
}

/// Shows it.
pub(super) struct View {
    printer: Printer,
    bar: Option<ProgressBar>,
    canvas: Canvas,
    /// When a line was printed last, and how many calls the API had seen.
    told: (Duration, u64),
}

impl View {
    /// A view with nothing on it yet.
    pub(super) fn new(printer: Printer) -> Self {
        let bar = bar(printer, "{msg}", 0);
        Self { printer, bar, canvas: canvas(), told: (Duration::ZERO, 0) }
    }

    /// Shows this, if it is time to.
    pub(super) fn show(&mut self, seen: &Seen<'_>) {
        let Some(last) = seen.samples.last() else { return };
        if last.at.saturating_sub(self.told.0) < PRINTED {
            return;
        }
        let line = self.line(last, seen);
        self.told = (last.at, seen.api.calls);
        match &self.bar {
            Some(bar) => {
                let lines = chart(&QUEUES, seen.samples, seen.mark, self.canvas);
                bar.set_message(format!("{line}\n{}", lines.join("\n")));
            }
            // A log has no place for progress.
            None if self.printer.log().is_some() => {}
            None => self.printer.note(line),
        }
    }

    /// Prints a note above it.
    pub(super) fn note(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.printer.note(text)),
            None => self.printer.note(text),
        }
    }

    /// ` 3s  warriors 0  troops 0  groups 280  data 402  201/883 ended  73.1/s`
    fn line(&self, last: &Sample, seen: &Seen<'_>) -> String {
        let (at, calls) = self.told;
        let rate = per_second(seen.api.calls - calls, (last.at - at).as_secs_f64());
        let depth =
            |(queue, depth): (&&str, &u64)| format!("  {queue} {:>3}", HumanCount(*depth).to_string());
        let depths: String = QUEUES.iter().zip(&last.depths).map(depth).collect();
        let Tally { known, done, dead, .. } = seen.tally;
        let (ended, known) = (HumanCount(done + dead), HumanCount(known));
        let line = format!("{:>2}s{depths}  {rate:.1}/s  {ended}/{known} ended", last.at.as_secs());
        // What is wider than a terminal can't be drawn in place.
        if self.bar.is_some() { line.chars().take(self.canvas.width).collect() } else { line }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
