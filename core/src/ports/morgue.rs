//! Walks through dead-letter queues: looks, sends back, drops.

use std::future::Future;

use crate::batch::Member;
use crate::fault::Fault;
use crate::letter::LetterId;
use crate::name::QueueName;
use crate::settlement::{Parcel, Settled};
use crate::time::Timestamp;

/// A letter as a round finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What the backend calls it.
    pub id: LetterId,
    /// What it says; see [`crate::letter::Letter::read`].
    pub body: Vec<u8>,
    /// When it came into a queue of the backend, where that is known: for a letter a drainer wrote, when it died.
    pub arrived: Option<Timestamp>,
}

/// What becomes of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// This goes to the letter's queue, and the letter is deleted.
    SendBack {
        /// The task that starts anew.
        copy: Parcel,
        /// The task that its batch counts as dead, and counts as open again then: nobody has counted what the backend
        /// moved by itself, or what was no task when it died.
        counted: Option<Member>,
    },
    /// It is deleted.
    Drop,
}

/// Walks through dead-letter queues.
pub trait Morgue: Send + Sync {
    /// One walk through one queue's letters.
    type Round: Round;

    /// Begins a round. Asks nothing of the backend yet.
    fn round(&self, queue: &QueueName) -> Self::Round;
}

/// One walk through the letters of a queue.
///
/// A round changes nothing but what it ends. Where a backend shows a letter only by hiding it from others, it is hidden
/// for a minute at most, also if the round is never closed.
pub trait Round: Send {
    /// The next letters, in any order; none after the last, or where there is no such queue. All of them together are
    /// each letter once that was there all the time. One that comes meanwhile may be shown, or not; so may one that
    /// somebody else's round holds.
    fn next(&mut self) -> impl Future<Output = Result<Vec<Found>, Fault>> + Send;

    /// Ends letters that this round has shown. Answers entry by entry, in order: `Held`, that is its end; or
    /// `Stale`, somebody else has ended it, or it was shown too long ago: this call changed nothing. A letter sent
    /// back is one less dead in its batch if it was counted there, and a batch that had ended is open again. What a crash of another round has sent back or
    /// dropped already is `Stale`, as far as that can be known: a drop in the same instant may win over it.
    ///
    /// A fault means that any of it may have happened. Whatever is repeated after a fault or a crash, and whoever else
    /// ends the same letter: what was sent back is received as one task, and never if it was dropped before.
    fn end(
        &mut self,
        fates: Vec<(LetterId, Fate)>,
    ) -> impl Future<Output = Result<Vec<Settled>, Fault>> + Send;

    /// Shows everybody what the round has seen and not ended.
    fn close(self) -> impl Future<Output = Result<(), Fault>> + Send;
}
