//! Calls to real servers on this machine: what goes out, what comes back, and what never happens.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod calls;
mod places;
mod secrets;
mod server;
mod setup;
