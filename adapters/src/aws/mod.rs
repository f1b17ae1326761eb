//! The stack on AWS: queues over SQS, the ledger over DynamoDB, results over S3, drainers over Lambda.

pub mod overview;
pub mod fleet;
pub mod history;
pub mod log;
pub mod sdk;
pub mod store;
pub mod wake;
pub mod waker;

mod batch;
mod failure;
mod invoke;
mod ledger;
mod table;
