//! The scale flow: measure the queues of a limit, decide how many drainers it should have, act.
//!
//! It is a reconciler: it is told nothing of why it was woken, remembers nothing between two ticks, and the same
//! reading makes it do the same. Any number may tick at once: who writes the limit's document has decided.

mod act;
pub mod plan;
mod read;
pub mod report;
mod tick;
pub mod world;

pub use tick::tick;
