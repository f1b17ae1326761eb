//! What the tests are made of: contract suites, a clock moved by hand, and stand-ins for AWS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "all of it is test code: a failure ends the test"
)]

pub mod aws;
pub mod contract;
pub mod hand_clock;
