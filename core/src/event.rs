//! Events: what happened in a flow, for logs, metrics and progress.
//!
//! One type a kind of event, named noun plus past verb. It alone says how it is told in a log and what it counts
//! ([`Telling`]); those who take note of events decide nothing. [`Event`] is any of those that flows record.

pub mod metric;
pub mod shown;
pub mod telling;

pub mod batches;
pub mod calls;
pub mod drainers;
pub mod limits;
pub mod operations;
pub mod program;
pub mod sizing;
pub mod tasks;

use batches::{BatchFinished, BatchPushed, BatchUnfollowed, LineRefused, TasksSent};
use calls::{CallEnded, CallStarted};
use drainers::{DrainBegun, DrainEnded, DrainerRejoined, DrainerWentAlone};
use limits::{LeaseBooked, LeaseDeferred, LimitCooled, SlotsForfeited};
use operations::{OperationFailed, OperationRecovered};
use tasks::{
    SettlementStale, TaskDied, TaskDone, TaskReleased, TaskRetried, TaskSkipped, TasksAwaited, TasksGrown,
    TasksReceived,
};
use telling::Telling;

/// Makes the enum of all kinds, and passes each one's own word on.
macro_rules! events {
    ($($kind:ident),+ $(,)?) => {
        /// One thing that happened, of any kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each kind is documented where it is defined")]
        pub enum Event {
            $($kind($kind)),+
        }

        impl Event {
            /// What this kind of event says of itself.
            pub fn telling(&self) -> &dyn Telling {
                match self {
                    $(Self::$kind(own) => own),+
                }
            }
        }

        $(impl From<$kind> for Event {
            fn from(own: $kind) -> Self {
                Self::$kind(own)
            }
        })+
    };
}

events! {
    LineRefused,
    TasksSent,
    BatchPushed,
    BatchFinished,
    BatchUnfollowed,
    DrainBegun,
    DrainEnded,
    TasksReceived,
    TasksAwaited,
    LeaseBooked,
    LeaseDeferred,
    SlotsForfeited,
    CallStarted,
    CallEnded,
    LimitCooled,
    TaskDone,
    TasksGrown,
    TaskRetried,
    TaskDied,
    TaskReleased,
    TaskSkipped,
    SettlementStale,
    DrainerWentAlone,
    DrainerRejoined,
    OperationFailed,
    OperationRecovered,
}

#[cfg(test)]
mod tests;
