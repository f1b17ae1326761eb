//! Reading results back from S3, for those who ask what was called and when.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use futures::stream::{self, StreamExt, TryStreamExt};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::place::Place;
use jobq_core::time::Timestamp;

use super::folder::Folder;
use crate::aws::failure;
use crate::aws::sdk::Sdk;
use crate::result_log::{Line, Lines, Unpacking};

/// How many objects are read at once. What is kept of each is small: bodies are passed over.
const AT_ONCE: usize = 8;

/// How far the clocks of two drainers may be apart: an object written before a call was started can't tell of it.
const CLOCKS: Duration = Duration::from_secs(60);

/// What was found in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// Objects that were read.
    pub objects: u64,
    /// Objects that no drainer has written: they were not read.
    pub foreign: u64,
}

/// Tells of each line of the results in `place`, a prefix in a bucket of yours or in `own_bucket`, that may tell of calls
/// started at `since` or later.
///
/// Needs `s3:ListBucket` on the bucket and `s3:GetObject` on what is in it. Every object written since then is read,
/// however much later: a task's last call may be long after its first.
pub async fn read(
    sdk: &Sdk,
    own_bucket: &str,
    place: &Place,
    since: Timestamp,
    each: &mut dyn FnMut(Line),
) -> Result<Found, Fault> {
    let client = Client::new(sdk.config());
    let folder = Folder::of(place, own_bucket);
    let mut found = Found::default();
    let mut pages = client
        .list_objects_v2()
        .bucket(&folder.bucket)
        .prefix(folder.inside())
        .start_after(folder.begin(since.minus(CLOCKS)))
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| fault(&folder, error))?;
        let keys = page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key);
        let (own, foreign): (Vec<String>, Vec<String>) = keys.partition(|key| has(&folder, key));
        found.objects += u64::try_from(own.len()).unwrap_or(u64::MAX);
        found.foreign += u64::try_from(foreign.len()).unwrap_or(u64::MAX);
        let objects: Vec<_> = own.into_iter().map(|key| object(&client, &folder, key)).collect();
        let mut objects = stream::iter(objects).buffer_unordered(AT_ONCE);
        while let Some(lines) = objects.try_next().await? {
            lines.into_iter().for_each(&mut *each);
        }
    }
    Ok(found)
}

/// What the lines of an object tell.
async fn object(client: &Client, folder: &Folder, key: String) -> Result<Vec<Line>, Fault> {
    let place = format!("s3://{}/{key}", folder.bucket);
    let request = client.get_object().bucket(&folder.bucket).key(key);
    let mut body = request.send().await.map_err(|error| fault(folder, error))?.body;
    let mut lines = Vec::new();
    let mut keep = |line| lines.push(line);
    let mut unpacking = Unpacking::of(Lines::new(&place, &mut keep));
    while let Some(piece) = body.next().await {
        // The connection broke off, or the object is not what S3 says it is.
        let piece =
            piece.map_err(|error| Fault::new(FaultKind::Passing, operation(folder)).caused_by(error))?;
        if !unpacking.take(&piece) {
            break;
        }
    }
    unpacking.finish();
    Ok(lines)
}

/// Whether a drainer gave an object of the folder its key: a date, a time, and the ending.
fn has(folder: &Folder, key: &str) -> bool {
    let Some(rest) = key.strip_prefix(&folder.inside()) else { return false };
    let like = b"dddd/dd/dd/dddddd-";
    let fits = |(byte, like): (&u8, &u8)| if *like == b'd' { byte.is_ascii_digit() } else { byte == like };
    rest.len() > like.len() && rest.as_bytes().iter().zip(like).all(fits) && rest.ends_with(".jsonl.gz")
}

fn fault<E, R>(folder: &Folder, error: SdkError<E, R>) -> Fault
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    failure::fault(operation(folder), error)
}

fn operation(folder: &Folder) -> String {
    format!("read results in {folder}")
}

#[cfg(test)]
mod tests {
    //! Whose objects lie in a folder.

    use super::*;

    #[test]
    fn own_objects_are_known_by_their_keys() {
        let has = |place: &str, key: &str| has(&Folder::of(&place.parse().unwrap(), "own"), key);
        assert!(has("a", "a/2026/11/21/140307-drain-1-00007.jsonl.gz"));
        assert!(has("s3://mine", "2026/11/21/140307-drain-1-00007.jsonl.gz"));
        for other in [
            "a/b/2026/11/21/140307-d-1.jsonl.gz",
            "a/2026/11/21/140307-d-1.parquet",
            "a/2026/11/21/.jsonl.gz",
            "a/x.jsonl.gz",
            "",
        ] {
            assert!(!has("a", other), "{other}");
        }
    }
}
