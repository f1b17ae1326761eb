//! What the tests are made of: contract suites, and a clock moved by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "all of it is test code: a failure ends the test"
)]

pub mod contract;
pub mod hand_clock;
