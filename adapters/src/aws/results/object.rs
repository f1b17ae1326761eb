//! What is in one object: the lines of some records, gzipped.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use jobq_core::record::Record;

use crate::result_line;

/// How long the lines of an object may be, about, before they are packed. A drainer has 128 MB.
const LINES: usize = 16 << 20;

/// How many bytes are packed at a stretch. The smallest function has 7 % of a processor, on which this takes 15 ms;
/// then other calls have their turn.
const STRETCH: usize = 256 << 10;

/// Splits records, in order, into what goes into one object each: one record at least.
pub(super) fn split<'a, 'r>(mut rest: &'a [&'r Record]) -> impl Iterator<Item = &'a [&'r Record]> {
    std::iter::from_fn(move || {
        let mut length = 0_usize;
        let fits = |record: &&&Record| {
            length = length.saturating_add(result_line::likely_length(record));
            length <= LINES
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (part, others) = rest.split_at_checked(count)?;
        rest = others;
        Some(part)
    })
}

/// The gzipped lines of records.
///
/// On JSON the quickest level packs 4 to 1, at 240 MB a second on a whole processor; the usual one takes nine times as
/// long to reach 5.5 to 1, and meanwhile calls would wait.
#[allow(clippy::expect_used, reason = "a vector takes every byte")]
pub(super) async fn pack(records: &[&Record]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let mut lines = Vec::new();
    for record in records {
        result_line::write(record, &mut lines);
        if lines.len() >= STRETCH {
            packed.write_all(&lines).expect("a vector takes every byte");
            lines.clear();
            tokio::task::yield_now().await;
        }
    }
    packed.write_all(&lines).expect("a vector takes every byte");
    packed.finish().expect("a vector takes every byte")
}
