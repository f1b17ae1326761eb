//! What is said to AWS, against its stand-ins on loopback.
//!
//! A test belongs here when it needs an emulator. `JOBQ_VENV` names the environment they are run from;
//! `./test.sh` makes it and sets that.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may panic, print, and give up after a while"
)]

mod batches;
mod bootstraps;
mod deploy;
mod duplicates;
mod fleet;
mod follow_ups;
mod function;
mod history;
mod lanes;
mod ledger;
mod parts;
mod queue;
mod queue_trouble;
mod recurring;
mod rest;
mod results;
mod scripted;
mod secrets;
mod slow_api;
mod stage;
mod stand_ins;
mod status;
mod templates;
mod traced;
