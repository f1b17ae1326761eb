//! Tasks as people and programs write them: the object of a task file, checked key by key.
//!
//! A push reads it from a line; a fan-out from what a jq program made. Both go by the same rules.

pub mod address;
pub mod headers;
pub mod object;
pub mod problem;
