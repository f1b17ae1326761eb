//! The words, policies and ports of jobq.
//!
//! A **task** is one API call to make. It travels in an **envelope**, which carries the history of its
//! attempts, and reaches a drainer as a **delivery**. The drainer books a **lease** on the limit's
//! calendar, starts one **attempt** a slot, judges the answer to an **outcome**, writes a **record** and
//! turns the outcome into a **settlement**. Everything here is values: no I/O, no clock, no runtime.
//!
//! Read in this order: the nouns, then `policy` (functions from values to values), then `ports` (what a
//! flow asks of the outside world), then `config` (jobq.toml to checked nouns).
#![warn(missing_docs)]

pub mod attempt;
pub mod batch;
pub mod dead_letter;
pub mod death;
pub mod delivery;
pub mod drainers;
pub mod envelope;
pub mod event;
pub mod fault;
pub mod firing;
pub mod gauges;
pub mod growth;
pub mod host;
pub mod human;
pub mod intake;
pub mod jq;
pub mod lease;
pub mod letter;
pub mod likeness;
pub mod limit;
pub mod metric_names;
pub mod name;
pub mod nesting;
pub mod opening;
pub mod outcome;
pub mod phase;
pub mod place;
pub mod queue;
pub mod quota;
pub mod rate;
pub mod record;
pub mod recurring;
pub mod reply;
pub mod secret_names;
pub mod settlement;
pub mod span;
pub mod stack;
pub mod status;
pub mod task;
pub mod time;
pub mod trace;
pub mod written;
pub mod zone;

pub mod policy;
pub mod ports;

pub mod completion;
pub mod config;
