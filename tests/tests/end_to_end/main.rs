//! End to end: the program as it is shipped, against real servers.
//!
//! A test belongs here when it starts `jobq` as a process. `JOBQ_BIN` names the program; `./test.sh` builds
//! it and sets it. Tests that measure time take turns (`alone`), because this is about the limit, not about
//! how much a machine can do at once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a test may panic, print its figures, start processes and read its environment"
)]

mod evidence;
mod state;

mod back_pressure;
mod bad_input;
mod batches;
mod disk_full;
mod doctor;
mod duplicates;
mod eta;
mod examples;
mod fanout;
mod first_steps;
mod help;
mod json_contract;
mod lanes;
mod limit_judged_by_nginx;
mod logs;
mod metrics;
mod nothing_lost;
mod p5_p6;
mod queues;
mod records;
mod recurring;
mod restart;
mod screens;
mod serving;
mod steering;
mod stopped;
mod traced;
mod verified;
mod waiting_for_input;
mod watching;
mod what_there_is_to_see;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Waits until no other test measures time.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
