//! The handle on a stack's queues and ledger.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jobq_core::ports::sequels::Sequels;
use jobq_core::stack::Stack;

use super::book::Book;
use super::sdk::Sdk;

/// Queues, dead letters and the ledger of one stack. Cheap to clone.
///
/// What it answers with `Ok` is durable in SQS or DynamoDB. One thing only this handle and its clones know: which
/// deliveries they were given and until when, for SQS answers yes to a receipt that has run out. So a delivery is
/// settled by whom it was given to.
#[derive(Clone)]
pub struct AwsStore<C> {
    pub(super) shared: Arc<Shared>,
    pub(super) clock: C,
    /// What goes on from the ends of batches; without it nothing does.
    pub(super) sequels: Option<Arc<dyn Sequels>>,
}

pub(super) struct Shared {
    pub(super) stack: Stack,
    /// For everything but receives.
    pub(super) queues: aws_sdk_sqs::Client,
    /// For receives, on connections of their own.
    pub(super) polls: aws_sdk_sqs::Client,
    pub(super) ledger: aws_sdk_dynamodb::Client,
    pub(super) events: aws_sdk_eventbridge::Client,
    pub(super) functions: aws_sdk_lambda::Client,
    /// The addresses of queues, once they were asked for.
    pub(super) addresses: Mutex<HashMap<String, String>>,
    /// The deliveries given out.
    pub(super) book: Mutex<Book>,
    /// How many long polls in a row brought nothing, by queue.
    pub(super) quiet: Mutex<HashMap<String, u32>>,
}

impl<C> AwsStore<C> {
    /// A handle on a stack. Asks nothing of AWS yet.
    pub fn open(sdk: &Sdk, stack: Stack, clock: C) -> Self {
        let shared = Shared {
            stack,
            queues: aws_sdk_sqs::Client::new(sdk.config()),
            polls: aws_sdk_sqs::Client::new(&sdk.polls()),
            ledger: aws_sdk_dynamodb::Client::new(&sdk.ledger()),
            events: aws_sdk_eventbridge::Client::new(sdk.config()),
            functions: aws_sdk_lambda::Client::new(sdk.config()),
            addresses: Mutex::default(),
            book: Mutex::default(),
            quiet: Mutex::default(),
        };
        Self { shared: Arc::new(shared), clock, sequels: None }
    }

    /// The same, where what these say goes on from the ends of batches that this handle ends.
    #[must_use]
    pub fn going_on(self, sequels: Arc<dyn Sequels>) -> Self {
        Self { sequels: Some(sequels), ..self }
    }
}

/// What is kept behind a lock. It is whole even if who held it has panicked: each change is a single step.
pub(super) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
