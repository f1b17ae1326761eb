//! Decisions: functions from values to values. Time, randomness and readings are arguments; the answer
//! carries its reason. Nothing here knows a port.

pub mod address;
pub mod calendar;
pub mod carry;
pub mod chunk;
pub mod claim;
pub mod company;
pub mod cost;
pub mod door;
pub mod exporting;
pub mod fair;
pub mod fanin;
pub mod fanout;
pub mod fitness;
pub mod hint;
pub mod latency;
mod made;
pub mod outlook;
pub mod permits;
pub mod recent;
pub mod recurrence;
pub mod redirect;
pub mod replay;
pub mod retry;
pub mod room;
pub mod sampling;
pub mod scale;
pub mod schedule;
pub mod stages;
pub mod verdict;
pub mod wait;
