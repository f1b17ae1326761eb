//! Dead letters at size, made by real failing calls: counted, filtered, sent back and dropped, over either backend.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure ends the test")]

#[path = "../aws/parts.rs"]
#[allow(dead_code, reason = "the tests of AWS alone make more of them")]
mod parts;
#[path = "../aws/rest.rs"]
#[allow(dead_code, reason = "the tests of AWS alone ask for more")]
mod rest;

mod api;
mod office;
mod scenario;

mod edited;
mod local;
mod ministack;
