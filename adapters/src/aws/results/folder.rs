//! Where in S3 the results of a queue lie, and what the objects there are called.

use std::fmt;

use jobq_core::name::DrainerId;
use jobq_core::place::Place;
use jobq_core::time::Timestamp;

/// Where in S3 the results of a queue lie.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Folder {
    pub(super) bucket: String,
    /// No slash at its ends; may be empty.
    prefix: String,
}

impl Folder {
    /// The folder of a place, in a bucket of its own or in ours.
    pub(super) fn of(place: &Place, own_bucket: &str) -> Self {
        let bucket = match place {
            Place::Path(_) => own_bucket,
            Place::Bucket { bucket, .. } => bucket,
        };
        Self { bucket: bucket.to_owned(), prefix: place.prefix().to_owned() }
    }

    /// The key of an object: by time, so that a listing is in the order of writing, to the second.
    pub(super) fn key(&self, now: Timestamp, drainer: &DrainerId, number: u64) -> String {
        format!("{}-{drainer}-{number:05}.jsonl.gz", self.begin(now))
    }

    /// What the keys of objects written in the second of `now` begin with; those of later ones come after it.
    pub(super) fn begin(&self, now: Timestamp) -> String {
        // 2026-11-21T14:03:07.000123Z
        let text = now.to_string();
        let (date, time) = text.split_once('T').unwrap_or((&text, ""));
        let date = date.replace('-', "/");
        let time = time.split('.').next().unwrap_or_default().replace(':', "");
        format!("{}{date}/{time}", self.inside())
    }

    /// What the keys of all that lies in the folder begin with.
    pub(super) fn inside(&self) -> String {
        if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) }
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    //! Names of objects.

    use super::*;

    fn key(place: &str) -> String {
        let folder = Folder::of(&place.parse().unwrap(), "own");
        let now = Timestamp::from_micros(1_795_269_787_000_123);
        format!("{} {}", folder.bucket, folder.key(now, &"drain-1".parse().unwrap(), 7))
    }

    #[test]
    fn keys_are_in_order_of_time() {
        assert_eq!(key("results/troops"), "own results/troops/2026/11/21/140307-drain-1-00007.jsonl.gz");
        assert_eq!(key("./x.jsonl"), "own x.jsonl/2026/11/21/140307-drain-1-00007.jsonl.gz");
        assert_eq!(key("s3://mine/a/b/"), "mine a/b/2026/11/21/140307-drain-1-00007.jsonl.gz");
        assert_eq!(key("s3://mine"), "mine 2026/11/21/140307-drain-1-00007.jsonl.gz");
    }
}
