//! What outlives a stack: queues, dead letters, the ledger, results, programs.
//!
//! Queues are told by their tag and not by their names alone: `jobq-eu` is another stack than `jobq`.

use jobq_core::fault::Fault;
use jobq_core::stack::{RUN_TAG, STACK_TAG, Stack};

use super::bucket::Bucket;
use super::queue_settings::{QueueSettings, queue_settings};
use crate::aws::address::is_missing;
use crate::aws::failure::{code, fault};
use crate::aws::sdk::Sdk;

/// What ends the name of a queue of dead letters: see [`Stack::dead_letter_queue`].
const LETTERS: &str = "-dlq";

/// Looks for what outlives a stack, and deletes it.
pub struct Leftovers {
    sdk: Sdk,
    queues: aws_sdk_sqs::Client,
    tables: aws_sdk_dynamodb::Client,
    objects: aws_sdk_s3::Client,
    stack: Stack,
    account: String,
}

/// One thing that outlives a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// What it is.
    pub kind: LeftoverKind,
    /// What its service calls it.
    pub name: String,
    /// How much is in it, as far as can be counted: messages, roughly, or objects.
    pub count: Option<u64>,
    /// Whether there is more than was counted.
    pub more: bool,
}

/// What outlives a stack, in the order in which it is deleted: what holds work first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftoverKind {
    /// A queue of SQS with tasks.
    Tasks,
    /// A queue of SQS with dead letters.
    Letters,
    /// The table of limits' documents and batches' counts.
    Ledger,
    /// The stack's own bucket for results.
    Results,
    /// The bucket with the functions' programs.
    Programs,
}

impl Leftovers {
    /// What outlives `stack` in an account. Asks nothing of AWS yet.
    pub fn open(sdk: &Sdk, stack: &Stack, account: &str) -> Self {
        Self {
            sdk: sdk.clone(),
            queues: aws_sdk_sqs::Client::new(sdk.config()),
            tables: aws_sdk_dynamodb::Client::new(sdk.config()),
            objects: aws_sdk_s3::Client::new(sdk.config()),
            stack: stack.clone(),
            account: account.to_owned(),
        }
    }

    /// All that is there, in the order in which it is deleted.
    pub async fn list(&self) -> Result<Vec<Leftover>, Fault> {
        let mut found = self.queues().await?;
        if self.has_table().await? {
            found.push(Leftover {
                kind: LeftoverKind::Ledger,
                name: self.stack.ledger(),
                count: None,
                more: false,
            });
        }
        for (kind, name) in [
            (LeftoverKind::Results, self.results_bucket()),
            (LeftoverKind::Programs, self.stack.artifacts_bucket(&self.account, self.sdk.region())),
        ] {
            if let Some((count, more)) = self.bucket(&name).count().await? {
                found.push(Leftover { kind, name, count: Some(count), more });
            }
        }
        found.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        Ok(found)
    }

    /// Deletes one with all that is in it. A table takes seconds to go after this. Repeats are safe.
    pub async fn delete(&self, leftover: &Leftover) -> Result<(), Fault> {
        let name = &leftover.name;
        match leftover.kind {
            LeftoverKind::Tasks | LeftoverKind::Letters => self.delete_queue(name).await,
            LeftoverKind::Results | LeftoverKind::Programs => self.bucket(name).delete().await,
            LeftoverKind::Ledger => match self.tables.delete_table().table_name(name).send().await {
                Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(()),
                other => other.map(drop).map_err(|error| fault(format!("delete the table {name}"), error)),
            },
        }
    }

    /// Whether the ledger's table is there; while it is being deleted, too.
    pub async fn has_table(&self) -> Result<bool, Fault> {
        let name = self.stack.ledger();
        match self.tables.describe_table().table_name(&name).send().await {
            Ok(_) => Ok(true),
            Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(false),
            Err(error) => Err(fault(format!("look up the table {name}"), error)),
        }
    }

    /// Whether the stack's own bucket for results is there. It is asked for what is in it, because a request for the
    /// bucket alone is refused without a word why.
    pub async fn has_results(&self) -> Result<bool, Fault> {
        Ok(self.bucket(&self.results_bucket()).count().await?.is_some())
    }

    /// What the stack's own bucket for results is called.
    pub fn results_bucket(&self) -> String {
        self.stack.results_bucket(&self.account, self.sdk.region())
    }

    fn bucket(&self, name: &str) -> Bucket {
        Bucket { client: self.objects.clone(), name: name.to_owned(), account: self.account.clone() }
    }

    async fn queues(&self) -> Result<Vec<Leftover>, Fault> {
        let prefix = format!("{}-", self.stack.name);
        let request = self.queues.list_queues().queue_name_prefix(&prefix).max_results(1_000);
        let mut pages = request.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(format!("list the queues named {prefix}*"), error))?;
            for url in page.queue_urls.unwrap_or_default() {
                found.extend(self.queue_of_the_stack(&url).await?);
            }
        }
        Ok(found)
    }

    /// The queue at a url; none if it isn't the stack's, or has gone meanwhile.
    async fn queue_of_the_stack(&self, url: &str) -> Result<Option<Leftover>, Fault> {
        let name = url.rsplit('/').next().unwrap_or_default();
        let tags = match self.queues.list_queue_tags().queue_url(url).send().await {
            Ok(told) => told.tags.unwrap_or_default(),
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(fault(format!("read the tags of the queue {name}"), error)),
        };
        let own = [STACK_TAG, RUN_TAG]
            .iter()
            .any(|tag| tags.get(*tag).map(String::as_str) == Some(self.stack.name.as_str()));
        if !own {
            return Ok(None);
        }
        let kind = if name.ends_with(LETTERS) { LeftoverKind::Letters } else { LeftoverKind::Tasks };
        let settings = queue_settings(&self.sdk, name).await?;
        Ok(settings.map(|settings| Leftover {
            kind,
            name: name.to_owned(),
            count: Some(held(&settings)),
            more: false,
        }))
    }

    async fn delete_queue(&self, name: &str) -> Result<(), Fault> {
        let operation = || format!("delete the queue {name}");
        let url = match self.queues.get_queue_url().queue_name(name).send().await {
            Ok(found) => found.queue_url.unwrap_or_default(),
            Err(error) if is_missing(&error) => return Ok(()),
            Err(error) => return Err(fault(operation(), error)),
        };
        match self.queues.delete_queue().queue_url(url).send().await {
            Err(error) if is_missing(&error) => Ok(()),
            other => other.map(drop).map_err(|error| fault(operation(), error)),
        }
    }
}

fn held(settings: &QueueSettings) -> u64 {
    settings.visible + settings.in_flight + settings.delayed
}
