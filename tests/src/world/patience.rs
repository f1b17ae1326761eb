//! Waiting for something to hold, without guessing how long it takes.

use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// Generous: it is reached only when the thing waited for will never come.
const MOST: Duration = Duration::from_secs(120);

/// Between two looks. Short, so that nothing is missed; not nothing, for the program needs the processor.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Waits until `holds`; panics with `what` if it never does.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < MOST, "waited in vain until {what}");
        park_timeout(LOOK_EVERY);
    }
}
