//! The contracts of `Outbox`, `Inbox` and `Depth`, which are about the same messages.

pub mod counting;
pub mod ending;
pub mod fairness;
pub mod hiding;
pub mod lanes;
pub mod sending;
pub mod sharing;
