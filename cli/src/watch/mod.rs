//! `jobq status --watch`: the same readings again and again, on a screen of its own or line by line.
//!
//! `model` is what is shown and what keys do to it, without a terminal; `draw` puts it on a screen of any size, by what
//! `columns` find room; `screen` has the terminal, and does what takes time beside the drawing. `lines` is for pipes.

mod columns;
mod draw;
mod letters;
mod lines;
mod model;
mod screen;

use std::io::{IsTerminal, stdin, stdout};
use std::time::Duration;

use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::readings::lookback::Lookback;
use crate::readings::overview::{Extent, Overview, look};
use crate::store::Store;

/// What is watched, and how often it is read.
pub(crate) struct Watch {
    pub(crate) project: Project,
    pub(crate) store: Store,
    pub(crate) lookback: Lookback,
    pub(crate) every: Duration,
}

/// Watches until told to stop: on a screen where somebody sits before a terminal, else one reading after the other.
pub(crate) async fn run(watch: &Watch, printer: Printer) -> Result<(), Failure> {
    if !printer.is_json() && stdout().is_terminal() && stdin().is_terminal() {
        screen::run(watch).await
    } else {
        lines::run(watch, printer).await
    }
}

impl Watch {
    /// Reads everything once.
    async fn look(&self) -> Result<Overview, Failure> {
        look(&self.project, &self.store, &self.lookback, Extent::cheap(&self.store)).await
    }
}
