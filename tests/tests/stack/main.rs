//! The whole on a stand-in for AWS: the program deploys a stack, pushes, and real bootstraps drain it.
//!
//! A test belongs here when it needs a deployed stack. Each has a MiniStack of its own behind a proxy that
//! counts requests and makes faults, so that the functions too call through it. They take turns: this is about the
//! limit over all drainers, not about how much a machine can do at once.
//!
//! MiniStack differs from AWS where it matters here: a template's reserved concurrency is ignored (the autoscaler's
//! own setting is what counts), asynchronous invokes above the cap are dropped after some 3 s, receives bring full
//! batches in order, and messages are never delivered twice. So doubles are made by the proxy.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a test may panic, print its figures, start processes and read its environment"
)]

mod bootstraps;
mod evidence;
mod stage;

mod by_the_clock;
mod cost;
mod drained;
mod nested;
mod poison;
mod traced;
mod troubles;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Waits until no other test of this binary is at work.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
