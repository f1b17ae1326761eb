//! The stack on AWS: queues over SQS, the ledger over DynamoDB, results over S3, drainers over Lambda.

pub mod sdk;
pub mod store;

mod failure;
