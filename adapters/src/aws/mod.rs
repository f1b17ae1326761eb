//! The stack on AWS: queues over SQS, the ledger over DynamoDB, results over S3, drainers over Lambda.

pub mod overview;
pub mod sdk;
pub mod store;

mod batch;
mod failure;
mod ledger;
mod table;
