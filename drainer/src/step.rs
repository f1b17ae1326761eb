//! The steps an engine is driven by: each is the end of an operation.

use jobq_core::delivery::{Delivery, Receipt};
use jobq_core::fault::Fault;
use jobq_core::policy::calendar::book::Answer;
use jobq_core::ports::ledger::Versioned;
use jobq_core::settlement::Settled;
use jobq_core::time::Timestamp;

use crate::called::Called;
use crate::rendered::Rendered;
use crate::settled::Ending;

/// The end of an operation.
pub(crate) enum Step {
    /// No new work, please.
    StopAsked,
    /// No work at all any more, please.
    AbortAsked,
    /// An instant has come at which something can be done.
    Woken(Timestamp),
    /// A receive of at most so many from the queue of this number has answered.
    Received(usize, usize, Result<Vec<Delivery>, Fault>),
    /// The queues were measured: how many tasks they hold in all.
    Measured(Result<u64, Fault>),
    /// The ledger has answered a booking.
    Booked(Result<Booked, Fault>),
    /// The ledger has taken in this many refusals, or hasn't.
    Cooled(usize, Result<Versioned, Fault>),
    /// The ledger has answered after faults, or hasn't.
    Reached(Result<Versioned, Fault>),
    /// A call has ended.
    Called(Box<Called>),
    /// What the answer of a call makes is known, or why it makes nothing.
    Rendered(Box<Rendered>),
    /// Records and settlements are durable, or can't be.
    Settled(Vec<Ending>, Result<Vec<Settled>, Fault>),
    /// Deliveries of the queue of this number were hidden again, counted from an instant.
    Kept(usize, Timestamp, Vec<Receipt>, Result<Vec<Settled>, Fault>),
}

/// What a booking brought.
pub(crate) struct Booked {
    /// The document as it is now.
    pub(crate) known: Versioned,
    /// How many slots were asked for.
    pub(crate) asked: u32,
    /// The answer.
    pub(crate) answer: Answer,
    /// This drainer's part of the cap on calls in flight.
    pub(crate) permits: Option<u32>,
}
