//! Lines of a source: bounded, numbered, as text.

use std::io::{self, BufRead, Read};

use jobq_core::written::problem::Problem;

/// The longest line. Longer ones are skipped without being held.
const LONGEST: usize = 1 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads lines one after another into one buffer.
pub(crate) struct Lines<R> {
    source: R,
    buffer: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, buffer: Vec::new(), number: 0, bytes: 0 }
    }

    /// How many lines were read: also the number of the latest one.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// How many bytes were read.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next line without its line break, LF or CRLF; none at the end. The first one loses a byte order mark.
    pub(crate) fn next(&mut self) -> io::Result<Option<Result<&str, Problem>>> {
        self.buffer.clear();
        // A BOM, a CR and a LF more than the longest line, so that one of exactly that length still fits.
        let limit = LONGEST + BOM.len() + 2;
        let mut bounded = self.source.by_ref().take(limit as u64);
        let read = bounded.read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += read as u64;
        if read == limit && !self.buffer.ends_with(b"\n") {
            self.bytes += self.source.skip_until(b'\n')? as u64;
        }
        Ok(Some(text(&self.buffer, self.number == 1)))
    }
}

fn text(buffer: &[u8], first: bool) -> Result<&str, Problem> {
    let mut line = buffer;
    if first {
        line = line.strip_prefix(BOM).unwrap_or(line);
    }
    line = line.strip_suffix(b"\n").unwrap_or(line);
    line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() > LONGEST {
        let reason = format!("the line is longer than {} MiB", LONGEST >> 20);
        return Err(Problem::new(reason).hint("put large bodies elsewhere and send where they are"));
    }
    std::str::from_utf8(line).map_err(|error| {
        let reason = format!("the line is not UTF-8 at byte {}", error.valid_up_to() + 1);
        Problem::new(reason).hint("save the file as UTF-8")
    })
}
