//! What the tests are made of: contract suites, a clock moved by hand, stand-ins for AWS, the page on `--json`, and the world
//! around the program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "all of it is test code: a failure ends the test, and it starts processes"
)]

pub mod aws;
pub mod contract;
pub mod hand_clock;
pub mod json_page;
pub mod world;
