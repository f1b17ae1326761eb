//! The local backend: queues, dead letters and the ledger in one SQLite file.
//!
//! A [`store::LocalStore`] is a handle on that file; any number of processes may have one. It sends what it
//! has to do to two threads (`worker`), one that writes and one that reads, each with its own connection.
//! Everything that waits for the writer goes into one transaction, so that one flush to disk pays for many
//! calls: that is where the speed comes from. What a call does inside the transaction stands in the files
//! named after the ports; `flow` keeps the fair order between batches.

pub mod checkup;
mod completion;
pub mod lanes;
pub mod minutes;
pub mod morgue;
pub mod overview;
pub mod store;

mod batch;
mod cancel;
mod depth;
mod extend;
mod fault;
mod flow;
mod inbox;
mod ledger;
mod number;
mod outbox;
mod purge;
mod queue;
mod receipt;
mod receive;
mod schema;
mod settle;
mod singles;
mod worker;
