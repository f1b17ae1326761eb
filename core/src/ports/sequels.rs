//! What goes on from the ends of batches.

use std::future::Future;
use std::pin::Pin;

use crate::completion::{Completion, Followed, Sequel};
use crate::fault::Fault;

/// What a sequel is, once it is known.
pub type Knowing<'a> = Pin<Box<dyn Future<Output = Result<Sequel, Fault>> + Send + 'a>>;

/// What goes on from the ends of batches, for whoever is about to tell one. A store holds whichever it is given, so it
/// is used as an object.
pub trait Sequels: Send + Sync {
    /// What goes on from this end: the same each time. What a program did wrong is an answer; a fault is about running it at
    /// all, and another try may do better.
    fn after<'a>(&'a self, completion: &'a Completion) -> Knowing<'a>;

    /// Takes note of what became of it, before it is noted that the end was told: after a crash in between once more. Never
    /// fails and never blocks.
    fn followed(&self, completion: &Completion, followed: &Followed);
}
