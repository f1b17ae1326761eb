//! Receives tasks from queues and settles them.

use std::future::Future;
use std::time::Duration;

use crate::delivery::{Delivery, Receipt};
use crate::fault::Fault;
use crate::intake::Intake;
use crate::name::QueueName;
use crate::settlement::{Settled, Settlement};

/// Receives tasks from queues and settles them.
///
/// A delivery is extended and settled by the handle it was given to, or a clone of it. A receipt whose time has
/// run out though nobody else was given the task still counts where the backend can tell; where it can't, the
/// answer is `Stale` and the task comes back.
pub trait Inbox: Send + Sync {
    /// The intakes of a queue, the most urgent lane first. Each task of the queue comes from one of them; never empty, and
    /// the same every time. Asks nothing of the backend.
    fn intakes(&self, queue: &QueueName) -> Vec<Intake>;

    /// Receives up to `max` tasks from an intake of this inbox and hides each from others for `visibility`.
    ///
    /// Waits up to `wait` for the first one; an empty answer isn't proof of an empty queue. May return fewer
    /// than are there, out of order, and the same task twice. A task not settled or extended before its
    /// visibility ends is given out again, never before its `hidden_until`. Dropping the future may leave tasks
    /// hidden until then. A queue that holds tasks and gives out none because too many are in flight is a fault.
    fn receive(
        &self,
        intake: &Intake,
        max: usize,
        visibility: Duration,
        wait: Duration,
    ) -> impl Future<Output = Result<Vec<Delivery>, Fault>> + Send;

    /// Hides deliveries for `visibility` from now on. Answers entry by entry, in order: `Stale` where the
    /// delivery is no longer the latest, or can't be hidden any longer. Repeats are safe.
    fn extend(
        &self,
        queue: &QueueName,
        receipts: &[Receipt],
        visibility: Duration,
    ) -> impl Future<Output = Result<Vec<Settled>, Fault>> + Send;

    /// Ends deliveries.
    ///
    /// Ok promises, entry by entry and in order: `Held`, the end is durable, and its task is counted in its batch, once
    /// however often it is delivered and settled; or `Stale`, nothing was changed. A copy or letter is durable before its
    /// original is counted and deleted. A copy is hidden for its delay, or for as long as the backend can hide one. Children
    /// are counted as known in their batch before anybody can end them, and durable before their parent is counted and
    /// deleted; a stale parent's are not sent where the adapter can write all of it at once. An end that is the last of
    /// its batch is noted, or told, before its delivery is deleted.
    ///
    /// A fault means that any of it may have happened: a repeat goes on with what hadn't and answers `Stale` for
    /// what had; it may then send a copy twice where the adapter can't write all of it at once. There a crash in the middle
    /// lets the task come back, to be called but not counted once more; a task delivered twice has the end that is counted
    /// first; and an end that comes in the last instant of its time may hold and the task come back all the same.
    fn settle(&self, settlements: &[Settlement]) -> impl Future<Output = Result<Vec<Settled>, Fault>> + Send;
}
