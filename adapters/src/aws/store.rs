//! The handle on a stack's queues and ledger.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jobq_core::stack::Stack;

use super::sdk::Sdk;

/// Queues, dead letters and the ledger of one stack. Cheap to clone.
///
/// What it answers with `Ok` is durable in SQS or DynamoDB. It holds nothing that another handle, in another
/// process, would miss.
#[derive(Clone)]
pub struct AwsStore<C> {
    pub(super) shared: Arc<Shared>,
    pub(super) clock: C,
}

pub(super) struct Shared {
    pub(super) stack: Stack,
    /// For everything but receives.
    pub(super) queues: aws_sdk_sqs::Client,
    /// For receives, on connections of their own.
    pub(super) polls: aws_sdk_sqs::Client,
    pub(super) ledger: aws_sdk_dynamodb::Client,
    /// The addresses of queues, once they were asked for.
    pub(super) addresses: Mutex<HashMap<String, String>>,
}

impl<C> AwsStore<C> {
    /// A handle on a stack. Asks nothing of AWS yet.
    pub fn open(sdk: &Sdk, stack: Stack, clock: C) -> Self {
        let shared = Shared {
            stack,
            queues: aws_sdk_sqs::Client::new(sdk.config()),
            polls: aws_sdk_sqs::Client::new(&sdk.polls()),
            ledger: aws_sdk_dynamodb::Client::new(&sdk.ledger()),
            addresses: Mutex::default(),
        };
        Self { shared: Arc::new(shared), clock }
    }
}
