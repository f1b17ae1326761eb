//! Buckets by name: whether they are there, and their end with all that is in them.
//!
//! Their names can be guessed, and anybody may have taken one before us: every request says whose bucket it expects.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use jobq_core::fault::{Fault, FaultKind};

use crate::aws::failure::{code, fault};

/// A bucket of an account, there or not.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) account: String,
}

/// Versions of objects, as one request lists them.
struct Versions {
    found: Vec<ObjectIdentifier>,
    /// Whether there are more.
    more: bool,
}

impl Bucket {
    /// How many versions of objects are in it, counted to a thousand, and whether there are more; none if there is
    /// no such bucket.
    pub(super) async fn count(&self) -> Result<Option<(u64, bool)>, Fault> {
        let versions = self.versions().await?;
        Ok(versions.map(|versions| (versions.found.len() as u64, versions.more)))
    }

    /// Deletes all that is in it and the bucket itself. Repeats are safe.
    pub(super) async fn delete(&self) -> Result<(), Fault> {
        while let Some(versions) = self.versions().await? {
            if versions.found.is_empty() {
                return self.delete_empty().await;
            }
            self.delete_versions(versions.found).await?;
        }
        Ok(())
    }

    async fn versions(&self) -> Result<Option<Versions>, Fault> {
        let operation = || format!("list what is in the bucket {}", self.name);
        let request = self.client.list_object_versions().bucket(&self.name);
        let listed = match request.expected_bucket_owner(&self.account).send().await {
            Ok(listed) => listed,
            Err(error) if code(&error) == Some("NoSuchBucket") => return Ok(None),
            Err(error) => return Err(fault(operation(), error)),
        };
        let versions = listed.versions.into_iter().flatten().map(|version| (version.key, version.version_id));
        let markers =
            listed.delete_markers.into_iter().flatten().map(|marker| (marker.key, marker.version_id));
        let found = versions.chain(markers).filter_map(|(key, version)| Some((key?, version)));
        let found =
            found.map(|(key, version)| ObjectIdentifier::builder().key(key).set_version_id(version).build());
        let found = found.collect::<Result<_, _>>();
        let found = found.map_err(|error| Fault::new(FaultKind::Lasting, operation()).caused_by(error))?;
        Ok(Some(Versions { found, more: listed.is_truncated.unwrap_or_default() }))
    }

    async fn delete_versions(&self, versions: Vec<ObjectIdentifier>) -> Result<(), Fault> {
        let operation = || format!("delete what is in the bucket {}", self.name);
        let lasting = |cause: String| Fault::new(FaultKind::Lasting, operation()).caused_by(cause);
        let versions = Delete::builder().set_objects(Some(versions)).quiet(true).build();
        let versions = versions.map_err(|error| lasting(error.to_string()))?;
        let request = self.client.delete_objects().bucket(&self.name).delete(versions);
        let deleted = request.expected_bucket_owner(&self.account).send().await;
        let deleted = deleted.map_err(|error| fault(operation(), error))?;
        match deleted.errors.unwrap_or_default().into_iter().next() {
            None => Ok(()),
            Some(error) => Err(lasting(format!(
                "{}: {}: {}",
                error.key.unwrap_or_default(),
                error.code.unwrap_or_default(),
                error.message.unwrap_or_default()
            ))),
        }
    }

    async fn delete_empty(&self) -> Result<(), Fault> {
        let request = self.client.delete_bucket().bucket(&self.name);
        match request.expected_bucket_owner(&self.account).send().await {
            Err(error) if code(&error) == Some("NoSuchBucket") => Ok(()),
            other => {
                other.map(drop).map_err(|error| fault(format!("delete the bucket {}", self.name), error))
            }
        }
    }
}
