//! Decisions: functions from values to values. Time, randomness and readings are arguments; the answer
//! carries its reason. Nothing here knows a port.

pub mod calendar;
