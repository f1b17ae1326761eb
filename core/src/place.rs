//! Places: where a queue's results go.

use std::fmt;
use std::str::FromStr;

/// Where a queue's results go, as the configuration writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A folder, or a `.jsonl` file, from where jobq.toml lies. On AWS a prefix in the stack's own bucket.
    Path(String),
    /// A prefix in a bucket of yours.
    Bucket {
        /// The bucket.
        bucket: String,
        /// What the objects' keys begin with; no slash at its ends.
        prefix: String,
    },
}

impl Place {
    /// What the objects' keys begin with on AWS; no slash at its ends.
    pub fn prefix(&self) -> &str {
        match self {
            Self::Path(path) => path.trim_start_matches("./").trim_matches('/'),
            Self::Bucket { prefix, .. } => prefix,
        }
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() {
            return Err("it is empty: name a folder or a .jsonl file, or leave the key out to drop results");
        }
        let Some(rest) = text.strip_prefix("s3://") else {
            return if text.contains("://") {
                Err("name a folder, a .jsonl file or s3://bucket/prefix")
            } else {
                Ok(Self::Path(text.to_owned()))
            };
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(fits) {
            return Err("its bucket has no name a bucket can have: write it like s3://my-results/troops");
        }
        Ok(Self::Bucket { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Bucket { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}
