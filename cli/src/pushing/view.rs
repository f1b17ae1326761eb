//! What is seen of a push while it goes on.

use indicatif::{HumanBytes, ProgressBar};
use jobq_core::event::batches::LineRefused;
use jobq_core::human::counted;
use jobq_core::written::problem::Refused;
use jobq_producer::counts::Notice;

use super::Prepared;
use crate::printer::Printer;
use crate::progress::bar;

/// How many refused lines are shown one by one.
const SHOWN_REFUSALS: u64 = 20;

/// What is seen of a push while it goes on.
pub(super) struct View {
    printer: Printer,
    bar: Option<ProgressBar>,
    name: String,
    told: bool,
    refused: u64,
}

impl View {
    pub(super) fn new(printer: Printer, prepared: &Prepared) -> Self {
        let bar = prepared.source.bytes().and_then(|bytes| bar(printer, "{bar:20} {msg}", bytes));
        Self { printer, bar, name: prepared.name.clone(), told: prepared.told, refused: 0 }
    }

    pub(super) fn take(&mut self, notice: &Notice) {
        match notice {
            Notice::Refused(_) if self.told => {}
            Notice::Refused(refused) => {
                self.refused += 1;
                if self.refused <= SHOWN_REFUSALS {
                    self.refused(refused);
                }
            }
            Notice::Progress { counts, .. } => {
                if let Some(bar) = &self.bar {
                    bar.set_position(counts.bytes);
                    let (tasks, bytes) = (counted(counts.tasks, "task"), HumanBytes(counts.bytes));
                    bar.set_message(format!("{tasks}, {bytes} read"));
                }
            }
        }
    }

    fn refused(&self, refused: &Refused) {
        if self.printer.log().is_some() {
            let Refused { line, reason, .. } = refused;
            return self.printer.tell(&LineRefused { line: *line, error: reason.clone() });
        }
        self.warn(&format!("{}: {refused}", self.name));
    }

    fn warn(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.printer.warn(text)),
            None => self.printer.warn(text),
        }
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.refused > SHOWN_REFUSALS {
            let more = counted(self.refused - SHOWN_REFUSALS, "more line");
            self.printer.warn(format_args!("refused {more}"));
        }
    }
}
