//! The stack on AWS: queues over SQS, the ledger over DynamoDB, results over S3, drainers over Lambda.

#[cfg(feature = "stack")]
pub mod account;
pub mod bundled;
pub mod fleet;
pub mod history;
pub mod log;
pub mod morgue;
pub mod overview;
#[cfg(feature = "stack")]
pub mod queue_of_a_run;
pub mod results;
pub mod sdk;
pub mod secrets;
#[cfg(feature = "stack")]
pub mod stack;
pub mod store;
pub mod wake;
pub mod waker;

mod address;
mod batch;
mod book;
mod cancel;
mod count;
mod delete;
mod depth;
mod failure;
mod finish;
mod grow;
mod hide;
mod inbox;
mod invoke;
mod latest;
mod ledger;
mod outbox;
mod packing;
mod page;
mod purge;
mod send;
mod settle;
mod singles;
mod sums;
mod table;
mod tens;
mod text;
mod twins;
