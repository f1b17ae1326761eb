//! Results in S3: many records an object, gzipped JSON Lines, the lines as they are in files.
//!
//! An append is one object for each place that its records go to, so whoever appends much at a time pays for few
//! objects; a large append is split, so that packing it takes little memory. Nothing is kept here between appends:
//! what was answered with `Ok` lies in S3.
//!
//! Objects are called `PREFIX/2026/11/21/140307-DRAINER-00001.jsonl.gz` after the moment they were written. They are
//! gzip files rather than text with a content encoding: what is downloaded is what its name says, for `zcat`, DuckDB,
//! Athena and pandas alike.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::{DrainerId, QueueName};
use jobq_core::place::Place;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::result_sink::ResultSink;
use jobq_core::record::Record;

use self::folder::Folder;
use super::failure;
use super::sdk::Sdk;

mod folder;
mod object;
#[cfg(feature = "stack")]
pub mod read;

/// How many objects are packed and put at once: a drainer's memory holds them.
const AT_ONCE: usize = 4;

/// How many names are tried for one object. A taken name is rare already: see `S3Results::put`.
const NAMES: usize = 8;

/// Results in S3, by queue. Records of a queue without a place are dropped.
pub struct S3Results<C> {
    client: aws_sdk_s3::Client,
    own_bucket: String,
    drainer: DrainerId,
    clock: C,
    folders: BTreeMap<QueueName, Folder>,
    next: AtomicU64,
}

impl<C> S3Results<C> {
    /// A sink without places. `own_bucket` is the stack's own: see
    /// [`results_bucket`](jobq_core::stack::Stack::results_bucket). Asks nothing of AWS yet.
    pub fn open(sdk: &Sdk, own_bucket: String, drainer: DrainerId, clock: C) -> Self {
        let client = aws_sdk_s3::Client::new(sdk.config());
        Self { client, own_bucket, drainer, clock, folders: BTreeMap::new(), next: AtomicU64::new(1) }
    }

    /// Sends the records of a queue to a place.
    pub fn add(&mut self, queue: QueueName, place: &Place) {
        self.folders.insert(queue, Folder::of(place, &self.own_bucket));
    }
}

impl<C: Clock> ResultSink for S3Results<C> {
    async fn append(&self, records: &[Record]) -> Result<(), Fault> {
        let mut by_folder: BTreeMap<&Folder, Vec<&Record>> = BTreeMap::new();
        for record in records {
            if let Some(folder) = self.folders.get(&record.queue) {
                by_folder.entry(folder).or_default().push(record);
            }
        }
        let objects = by_folder.iter().flat_map(|(folder, records)| {
            object::split(records).map(|records| self.put(folder, records)).collect::<Vec<_>>()
        });
        // Collected, so that what it borrows has one lifetime: a future over borrowing closures isn't Send.
        let objects: Vec<_> = objects.collect();
        stream::iter(objects).buffer_unordered(AT_ONCE).try_collect().await
    }
}

impl<C: Clock> S3Results<C> {
    /// Writes one object, under a name that nobody has: another drainer of the same id may be at work, or have been.
    async fn put(&self, folder: &Folder, records: &[&Record]) -> Result<(), Fault> {
        let body = Bytes::from(object::pack(records).await);
        for _ in 0..NAMES {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let request = self.client.put_object().bucket(&folder.bucket);
            let request = request
                .key(folder.key(self.clock.now(), &self.drainer, number))
                .if_none_match("*")
                .content_type("application/gzip")
                .body(ByteStream::from(body.clone()));
            match request.send().await {
                Ok(_) => return Ok(()),
                Err(error) if failure::code(&error) == Some("PreconditionFailed") => {}
                Err(error) => return Err(self.fault(folder, error)),
            }
        }
        let cause = format!("another drainer '{}' is taking all names there", self.drainer);
        Err(Fault::new(FaultKind::Passing, operation(folder)).caused_by(cause))
    }

    fn fault(&self, folder: &Folder, error: SdkError<PutObjectError>) -> Fault {
        if failure::code(&error) != Some("NoSuchBucket") {
            return failure::fault(operation(folder), error);
        }
        let hint = if folder.bucket == self.own_bucket {
            "type 'jobq deploy'"
        } else {
            "make it, or name another one in jobq.toml"
        };
        let cause = format!("there is no bucket '{}': {hint}", folder.bucket);
        Fault::new(FaultKind::Lasting, operation(folder)).caused_by(cause)
    }
}

fn operation(folder: &Folder) -> String {
    format!("write results to {folder}")
}
