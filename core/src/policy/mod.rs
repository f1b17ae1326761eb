//! Decisions: functions from values to values. Time, randomness and readings are arguments; the answer
//! carries its reason. Nothing here knows a port.

pub mod address;
pub mod calendar;
pub mod chunk;
pub mod fair;
pub mod hint;
pub mod redirect;
pub mod retry;
pub mod room;
pub mod schedule;
pub mod verdict;
