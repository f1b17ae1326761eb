//! The bucket that holds the functions' programs, made outside of the stack: a stack can't be made before its programs
//! lie somewhere.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, PublicAccessBlockConfiguration,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule, Tag, Tagging,
};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::stack::{STACK_TAG, Stack};

use super::bucket::Bucket;
use crate::aws::failure::{code, fault};
use crate::aws::sdk::Sdk;

/// The only region that isn't named when a bucket is made in it.
const UNNAMED_REGION: &str = "us-east-1";

/// The bucket of a stack's programs.
#[derive(Debug, Clone)]
pub struct Artifacts {
    bucket: Bucket,
    region: String,
    stack: String,
}

/// What there was of the bucket before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// It was there.
    There,
    /// It has been made now.
    Missing,
}

impl Artifacts {
    /// The bucket of `stack` in an account. Asks nothing of AWS yet.
    pub fn open(sdk: &Sdk, stack: &Stack, account: &str) -> Self {
        let name = stack.artifacts_bucket(account, sdk.region());
        let bucket = Bucket { client: Client::new(sdk.config()), name, account: account.to_owned() };
        Self { bucket, region: sdk.region().to_owned(), stack: stack.name.to_string() }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.bucket.name
    }

    /// Sees to it that the bucket is there, private and encrypted. It is tagged last, so one without the tag was left
    /// half made. Repeats are safe.
    pub async fn make(&self) -> Result<Before, Fault> {
        let request = self.bucket.client.get_bucket_tagging().bucket(self.name());
        let tagged = request.expected_bucket_owner(&self.bucket.account).send().await;
        let before = match tagged {
            Ok(tagged) if tagged.tag_set.iter().any(|tag| tag.key == STACK_TAG) => return Ok(Before::There),
            Ok(_) => Before::There,
            Err(error) if code(&error) == Some("NoSuchTagSet") => Before::There,
            Err(error) if code(&error) == Some("NoSuchBucket") => {
                self.create().await?;
                Before::Missing
            }
            Err(error) => return Err(fault(self.about("look up"), error)),
        };
        self.close().await?;
        self.encrypt().await?;
        self.tag().await?;
        Ok(before)
    }

    /// Whether an object is there; nothing is where there is no bucket.
    pub async fn holds(&self, key: &str) -> Result<bool, Fault> {
        let request = self.bucket.client.head_object().bucket(self.name()).key(key);
        match request.expected_bucket_owner(&self.bucket.account).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => Ok(false),
            Err(error) => Err(fault(format!("look for {key} in the bucket {}", self.name()), error)),
        }
    }

    /// Puts an object. Keys say what is in them, so repeats are safe.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), Fault> {
        let request = self.bucket.client.put_object().bucket(self.name()).key(key);
        let request = request.expected_bucket_owner(&self.bucket.account).body(ByteStream::from(bytes));
        let put = request.send().await;
        put.map(drop).map_err(|error| fault(format!("put {key} into the bucket {}", self.name()), error))
    }

    /// Deletes an object. Repeats are safe.
    pub async fn remove(&self, key: &str) -> Result<(), Fault> {
        let request = self.bucket.client.delete_object().bucket(self.name()).key(key);
        let removed = request.expected_bucket_owner(&self.bucket.account).send().await;
        removed.map(drop).map_err(|error| fault(format!("delete {key} in the bucket {}", self.name()), error))
    }

    /// The keys of all objects.
    pub async fn keys(&self) -> Result<Vec<String>, Fault> {
        let request = self.bucket.client.list_objects_v2().bucket(self.name());
        let mut pages = request.expected_bucket_owner(&self.bucket.account).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(self.about("list"), error))?;
            keys.extend(page.contents.into_iter().flatten().filter_map(|object| object.key));
        }
        Ok(keys)
    }

    /// Where CloudFormation finds an object.
    pub fn url(&self, key: &str) -> String {
        let suffix = if self.region.starts_with("cn-") { ".cn" } else { "" };
        format!("https://s3.{}.amazonaws.com{suffix}/{}/{key}", self.region, self.name())
    }

    /// Deletes the bucket and all that is in it. Repeats are safe.
    pub async fn delete(&self) -> Result<(), Fault> {
        self.bucket.delete().await
    }

    async fn create(&self) -> Result<(), Fault> {
        let place = (self.region != UNNAMED_REGION).then(|| {
            let region = BucketLocationConstraint::from(self.region.as_str());
            CreateBucketConfiguration::builder().location_constraint(region).build()
        });
        let request = self.bucket.client.create_bucket().bucket(self.name());
        match request.set_create_bucket_configuration(place).send().await {
            Err(error) if code(&error) == Some("BucketAlreadyExists") => {
                let cause = "somebody else's account has a bucket of this name: choose another name under [aws] stack";
                Err(Fault::new(FaultKind::Lasting, self.about("make")).caused_by(cause))
            }
            other => other.map(drop).map_err(|error| fault(self.about("make"), error)),
        }
    }

    async fn close(&self) -> Result<(), Fault> {
        let closed = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .block_public_policy(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(true)
            .build();
        let request = self.bucket.client.put_public_access_block().bucket(self.name());
        let request = request.expected_bucket_owner(&self.bucket.account);
        let put = request.public_access_block_configuration(closed).send().await;
        put.map(drop).map_err(|error| fault(self.about("close to the public"), error))
    }

    async fn encrypt(&self) -> Result<(), Fault> {
        let lasting = |error| Fault::new(FaultKind::Lasting, self.about("encrypt")).caused_by(error);
        let by = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build();
        let rule =
            ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by.map_err(lasting)?);
        let rules =
            ServerSideEncryptionConfiguration::builder().rules(rule.build()).build().map_err(lasting)?;
        let request = self.bucket.client.put_bucket_encryption().bucket(self.name());
        let request = request.expected_bucket_owner(&self.bucket.account);
        let put = request.server_side_encryption_configuration(rules).send().await;
        put.map(drop).map_err(|error| fault(self.about("encrypt"), error))
    }

    async fn tag(&self) -> Result<(), Fault> {
        let lasting = |error| Fault::new(FaultKind::Lasting, self.about("tag")).caused_by(error);
        let tag = Tag::builder().key(STACK_TAG).value(&self.stack).build().map_err(lasting)?;
        let tags = Tagging::builder().tag_set(tag).build().map_err(lasting)?;
        let request = self.bucket.client.put_bucket_tagging().bucket(self.name());
        let put = request.expected_bucket_owner(&self.bucket.account).tagging(tags).send().await;
        put.map(drop).map_err(|error| fault(self.about("tag"), error))
    }

    fn about(&self, operation: &str) -> String {
        format!("{operation} the bucket {}", self.name())
    }
}
