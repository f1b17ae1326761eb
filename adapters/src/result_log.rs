//! Results read back, as the log of the calls that were made: which task, and when each of its calls was started. Bodies
//! are passed over, and only one line is held at a time.

use std::borrow::Cow;
use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use jobq_core::policy::replay::log::Story;
use jobq_core::time::Timestamp;
use serde::Deserialize;

/// One line of results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// It tells of a task.
    Told {
        /// The queue the task was served from.
        queue: String,
        /// The task's calls.
        story: Story,
    },
    /// It can't be read.
    Broken(Broken),
}

/// A line, or the rest of a file, that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file or object.
    pub place: String,
    /// Which line of it, from 1.
    pub line: u64,
    /// Why not.
    pub why: String,
}

/// What is read of a line.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    task: Cow<'a, str>,
    #[serde(borrow)]
    queue: Cow<'a, str>,
    attempt: u32,
    started_at: Instant,
    /// Missing in lines of tasks with one attempt, and of versions that didn't write it.
    #[serde(default)]
    attempts: Vec<Earlier>,
}

#[derive(Deserialize)]
struct Earlier {
    at: Instant,
}

/// A point in time as lines write it.
#[derive(Deserialize)]
#[serde(try_from = "Cow<'_, str>")]
struct Instant(Timestamp);

impl TryFrom<Cow<'_, str>> for Instant {
    type Error = String;

    fn try_from(text: Cow<'_, str>) -> Result<Self, String> {
        Timestamp::parse(&text).map(Self).ok_or_else(|| format!("'{text}' is no point in time"))
    }
}

/// Tells of each line of the bytes that are written to it.
pub(crate) struct Lines<'a> {
    place: &'a str,
    each: &'a mut dyn FnMut(Line),
    /// How many lines there were.
    number: u64,
    /// The beginning of the next one.
    begun: Vec<u8>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(place: &'a str, each: &'a mut dyn FnMut(Line)) -> Self {
        Self { place, each, number: 0, begun: Vec::new() }
    }

    /// Tells of the last line, if it has no end.
    fn finish(&mut self) {
        let rest = std::mem::take(&mut self.begun);
        if !rest.is_empty() {
            self.tell(&rest);
        }
    }

    /// Tells that there is more which can't be read.
    fn give_up(&mut self, why: String) {
        let broken = Broken { place: self.place.to_owned(), line: self.number + 1, why };
        (self.each)(Line::Broken(broken));
    }

    fn tell(&mut self, line: &[u8]) {
        if !line.trim_ascii().is_empty() {
            match serde_json::from_slice::<Told<'_>>(line) {
                Ok(told) => (self.each)(told.line()),
                // It is always the first line of what the parser sees.
                Err(error) => self.give_up(error.to_string().replace(" at line 1 column", ", column")),
            }
        }
        self.number += 1;
    }
}

impl Write for Lines<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if piece.ends_with(b"\n") && self.begun.is_empty() {
                self.tell(piece);
                continue;
            }
            self.begun.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.finish();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes in the bytes of one file or object, gzipped or not.
pub(crate) enum Unpacking<'a> {
    Plain(Lines<'a>),
    Gzipped(Box<MultiGzDecoder<Lines<'a>>>),
}

impl<'a> Unpacking<'a> {
    /// By the place's name.
    pub(crate) fn of(lines: Lines<'a>) -> Self {
        if lines.place.ends_with(".gz") {
            Self::Gzipped(Box::new(MultiGzDecoder::new(lines)))
        } else {
            Self::Plain(lines)
        }
    }

    /// Takes in the next bytes. Answers whether more are of any use: behind what can't be unpacked nothing can.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> bool {
        let taken = match self {
            Self::Plain(lines) => lines.write_all(bytes),
            Self::Gzipped(packed) => packed.write_all(bytes),
        };
        taken.is_ok()
    }

    /// Tells of what is left at the end.
    pub(crate) fn finish(self) {
        match self {
            Self::Plain(mut lines) => lines.finish(),
            Self::Gzipped(mut packed) => {
                let unpacked = packed.try_finish();
                let lines = packed.get_mut();
                match unpacked {
                    Ok(()) => lines.finish(),
                    Err(error) => lines.give_up(format!("unpack it: {error}")),
                }
            }
        }
    }
}

impl Told<'_> {
    fn line(self) -> Line {
        let earlier = self.attempts.iter().map(|earlier| earlier.at.0);
        let starts = earlier.chain([self.started_at.0]).collect();
        let story = Story { task: self.task.into_owned(), calls: self.attempt, starts };
        Line::Told { queue: self.queue.into_owned(), story }
    }
}

#[cfg(test)]
mod tests {
    //! Lines as they were written come back; others are told of.

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const ONE: &str = r#"{"task":"a","queue":"q","batch":"b","url":"u","attempt":1,"started_at":"2026-11-21T14:03:07.000123Z","body":{"x":[1e400]},"new":1}"#;
    const THREE: &str = r#"{"task":"b","queue":"q","attempt":3,"started_at":"2026-11-21T14:03:09Z","body":"x","attempts":[{"at":"2026-11-21T14:03:08Z","ms":7,"status":429}]}"#;

    /// What is told of bytes that come in pieces of this length.
    fn told(place: &str, bytes: &[u8], length: usize) -> Vec<String> {
        let mut told = Vec::new();
        let mut each = |line| {
            told.push(match line {
                Line::Told { queue, story } => {
                    let starts: Vec<String> = story.starts.iter().map(ToString::to_string).collect();
                    format!("{queue} {} {} {}", story.task, story.calls, starts.join(" "))
                }
                Line::Broken(broken) => format!("{}:{}", broken.place, broken.line),
            });
        };
        let mut unpacking = Unpacking::of(Lines::new(place, &mut each));
        let _ = bytes.chunks(length).all(|piece| unpacking.take(piece));
        unpacking.finish();
        told
    }

    const EXPECTED: [&str; 2] = [
        "q a 1 2026-11-21T14:03:07.000123Z",
        "q b 3 2026-11-21T14:03:08.000000Z 2026-11-21T14:03:09.000000Z",
    ];

    #[test]
    fn lines_come_back_in_whatever_pieces() {
        let text = format!("{ONE}\n{THREE}\n");
        for length in [1, 7, 100, 10_000] {
            assert_eq!(told("x.jsonl", text.as_bytes(), length), EXPECTED);
            assert_eq!(told("x.jsonl", text.trim_end().as_bytes(), length), EXPECTED, "an end is no must");
        }
    }

    #[test]
    fn gzip_files_may_be_joined_and_what_is_cut_off_is_told() {
        let packed = |text: &str| {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(text.as_bytes()).unwrap();
            packed.finish().unwrap()
        };
        let joined = [packed(&format!("{ONE}\n")), packed(&format!("{THREE}\n"))].concat();
        for length in [1, 100, 10_000] {
            assert_eq!(told("x.gz", &joined, length), EXPECTED);
        }
        let torn = &packed(&format!("{ONE}\n{THREE}\n"));
        let told_of = told("x.gz", &torn[..torn.len() - 12], 10);
        assert!(told_of.last().unwrap().starts_with("x.gz:"), "{told_of:?}");
        assert_eq!(told("x.gz", b"no gzip at all", 100), ["x.gz:1"]);
    }

    #[test]
    fn what_is_no_result_is_told_by_its_line() {
        let odd =
            ["{", "[]", "{}", &ONE.replace("2026-11-21T", "soon"), &ONE.replace("\"task\"", "\"tusk\"")];
        let text = format!("{ONE}\n\n{}\n{THREE}\n", odd.join("\n"));
        let expected = [EXPECTED[0], "x:3", "x:4", "x:5", "x:6", "x:7", EXPECTED[1]];
        assert_eq!(told("x", text.as_bytes(), 10_000), expected);
    }
}
