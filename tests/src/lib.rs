//! What the tests are made of: contract suites, and a clock moved by hand.

pub mod contract;
pub mod hand_clock;
