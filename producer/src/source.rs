//! Sources: a file, which can be read again, or a stream, which can't.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::fingerprint::Fingerprint;
use crate::format::{Format, FormatError, Reading};
use crate::reader::{ReadError, TaskReader};

/// How much of a file is read at once.
const BLOCK: usize = 1 << 18;

/// What tasks of either kind of source are read from.
pub type Bytes = Box<dyn BufRead + Send>;

/// A file or a stream, and how it is read.
pub struct Source {
    origin: Origin,
    format: Format,
}

enum Origin {
    File { path: PathBuf, bytes: u64 },
    Stream(Option<Bytes>),
}

/// A source that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Opening or reading it failed.
    #[error("read {path}")]
    Io {
        /// The file.
        path: String,
        /// What failed.
        source: io::Error,
    },
    /// A folder, a pipe or a device.
    #[error("{0} is not a regular file: pipe it into standard input, as '-'")]
    NotAFile(String),
    /// How it is read isn't clear.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Its content can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A second pass over a stream.
    #[error("standard input can be read only once: save it to a file first")]
    OnlyOnce,
}

impl Source {
    /// A file. What wasn't said about reading it is found out from its name and first bytes.
    pub fn file(path: &Path, reading: Reading) -> Result<Self, SourceError> {
        let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
        if !metadata.is_file() {
            return Err(SourceError::NotAFile(path.display().to_string()));
        }
        let mut file = open(path)?;
        let head = file.fill_buf().map_err(|error| unreadable(path, error))?;
        let format = reading.decide(path.extension().and_then(OsStr::to_str), head)?;
        let origin = Origin::File { path: path.to_owned(), bytes: metadata.len() };
        Ok(Self { origin, format })
    }

    /// A stream. What wasn't said about reading it is found out from its first bytes.
    pub fn stream(mut bytes: Bytes, reading: Reading) -> Result<Self, SourceError> {
        let head = bytes
            .fill_buf()
            .map_err(|source| SourceError::Io { path: "standard input".to_owned(), source })?;
        let format = reading.decide(None, head)?;
        let origin = Origin::Stream(Some(bytes));
        Ok(Self { origin, format })
    }

    /// How it is read.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// Whether it can be read more than once.
    pub fn is_file(&self) -> bool {
        matches!(self.origin, Origin::File { .. })
    }

    /// How many bytes there are, where that can be known.
    pub fn bytes(&self) -> Option<u64> {
        match self.origin {
            Origin::File { bytes, .. } => Some(bytes),
            Origin::Stream(_) => None,
        }
    }

    /// What tells it from other sources: of a file its content, of a stream what the caller tells.
    pub fn fingerprint(&self, told: &str) -> Result<Fingerprint, SourceError> {
        match &self.origin {
            Origin::File { path, .. } => {
                let mut file = File::open(path).map_err(|error| unreadable(path, error))?;
                Fingerprint::of(&mut file, &self.format).map_err(|error| unreadable(path, error))
            }
            Origin::Stream(_) => Ok(Fingerprint::of_stream(told, &self.format)),
        }
    }

    /// Begins to read its tasks: of a file from the start each time, of a stream once.
    pub fn tasks(&mut self) -> Result<TaskReader<Bytes>, SourceError> {
        let bytes: Bytes = match &mut self.origin {
            Origin::File { path, .. } => Box::new(open(path)?),
            Origin::Stream(bytes) => bytes.take().ok_or(SourceError::OnlyOnce)?,
        };
        Ok(TaskReader::new(bytes, &self.format)?)
    }
}

fn open(path: &Path) -> Result<BufReader<File>, SourceError> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    Ok(BufReader::with_capacity(BLOCK, file))
}

fn unreadable(path: &Path, source: io::Error) -> SourceError {
    let path = path.display().to_string();
    SourceError::Io { path, source }
}
