//! Fingerprints: what tells one source, read one way, from all others.
//!
//! A push that was cut short is resumed by its batch's name. The fingerprint makes sure that it goes on with
//! the same lines: after any change to the file, or to how it is read, "line 70,000" means something else.

use std::fmt;
use std::io::{self, Read};

use jobq_core::name::{BatchId, NameError};
use xxhash_rust::xxh3::Xxh3;

use crate::format::Format;

/// How much is read at once.
const BLOCK: usize = 1 << 18;

/// How much of a name goes into a batch's name; the rest of its 100 characters is for the digits and a suffix.
const STEM: usize = 50;

/// A digest of a source's bytes and of how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// Of everything `source` holds.
    pub fn of(source: &mut impl Read, format: &Format) -> io::Result<Self> {
        let mut digest = begun(format);
        let mut block = vec![0; BLOCK];
        loop {
            match source.read(&mut block) {
                Ok(0) => return Ok(Self(digest.digest128())),
                Ok(read) => digest.update(&block[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Of a stream, which can be read only once: the caller says what tells it from others.
    pub fn of_stream(told: &str, format: &Format) -> Self {
        let mut digest = begun(format);
        digest.update(told.as_bytes());
        Self(digest.digest128())
    }

    /// The name of a batch made from this source: what is left of `stem` as a name, and eight digits.
    pub fn batch(&self, stem: &str) -> Result<BatchId, NameError> {
        self.named(stem).parse()
    }

    /// The name of one more batch made from the same source, told apart by `suffix`.
    pub fn batch_again(&self, stem: &str, suffix: &str) -> Result<BatchId, NameError> {
        format!("{}-{suffix}", self.named(stem)).parse()
    }

    fn named(&self, stem: &str) -> String {
        let allowed = |c: char| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }
        };
        let stem: String = stem.chars().map(allowed).take(STEM).collect();
        let stem = stem.trim_matches(['-', '_', '.']);
        let stem = if stem.is_empty() { "push" } else { stem };
        format!("{stem}-{:08x}", self.0 >> 96)
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The digest, with how the source is read in it. Lengths go before texts, so that no two ways look alike.
fn begun(format: &Format) -> Xxh3 {
    let texts = match format {
        Format::JsonLines => vec!["jsonl".to_owned()],
        Format::Urls => vec!["urls".to_owned()],
        Format::Csv { url, id } => {
            let mut texts = vec!["csv".to_owned(), url.to_string()];
            texts.extend(id.iter().map(ToString::to_string));
            texts
        }
    };
    let mut digest = Xxh3::new();
    digest.update(&[u8::try_from(texts.len()).unwrap_or(u8::MAX)]);
    for text in texts {
        digest.update(&(text.len() as u64).to_le_bytes());
        digest.update(text.as_bytes());
    }
    digest
}
