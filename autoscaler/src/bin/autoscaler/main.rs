//! The Lambda bootstrap of the autoscaler.
fn main() {}
