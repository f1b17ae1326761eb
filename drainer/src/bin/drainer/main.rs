//! The Lambda bootstrap of a drainer.
fn main() {}
