//! Bad input: whatever it is, it gets one line that says what and where, a hint, an exit code, and no panic.
//!
//! Each case is a test of its own. It works on the project of [`CONFIG`] unless it brings another.

use std::fs::File;

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq};

const CONFIG: &str = "[limits.api]\nrate = \"50/s\"\nhosts = [\"api.example\"]\n\
                      [queues.calls]\nlimit = \"api\"\nresults = \"results.jsonl\"\n";

const GOOD: &str = r#"{"url": "https://api.example/1"}"#;

/// A folder with a project in it, and what is typed there.
struct Case {
    folder: Folder,
    args: Vec<String>,
    stdin: &'static [u8],
}

fn typed(line: &str) -> Case {
    let folder = Folder::new();
    folder.file("jobq.toml", CONFIG);
    folder.file("good.jsonl", format!("{GOOD}\n"));
    folder.file("good.csv", "id,name\n1,a\n");
    let args = shell_words(line);
    Case { folder, args, stdin: b"" }
}

/// Words as a shell takes them, single quotes and all.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        match number % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

impl Case {
    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.folder.file(name, content);
        self
    }

    fn stdin(self, bytes: &'static [u8]) -> Self {
        Self { stdin: bytes, ..self }
    }

    fn run(&self) -> Ended {
        let input = self.folder.file("stdin", self.stdin);
        let mut command = jobq(self.folder.path(), &self.args);
        Ended::from(command.stdin(File::open(input).unwrap()).output().unwrap())
    }

    /// Ends with this code, each text in its errors, nothing done and nothing on standard output.
    #[track_caller]
    fn fails(self, code: i32, texts: &[&str]) -> Folder {
        let ended = self.run().with_code(code);
        assert_well_told(&ended, texts);
        assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
        assert_eq!(ended.stdout, "", "a failure writes nothing to standard output");
        self.folder
    }
}

/// Errors and warnings are one line each; what follows them is indented or stands under them as clap has it.
#[track_caller]
fn assert_well_told(ended: &Ended, texts: &[&str]) {
    let told = &ended.stderr;
    for text in texts {
        assert!(told.contains(text), "{text:?} is not in:\n{told}");
    }
    let all = format!("{told}{}", ended.stdout);
    for bug in ["panicked", "RUST_BACKTRACE", "unwrap", "Err(", "Error {", "\u{1b}"] {
        assert!(!all.contains(bug), "{bug:?} is in:\n{all}");
    }
    let starts = ["error: ", "warning: ", "  ", "Usage: ", "For more information", "pushed "];
    for line in told.lines().filter(|line| !line.is_empty()) {
        assert!(starts.iter().any(|start| line.starts_with(start)), "what is this line: {line:?} in\n{told}");
        assert!(line.len() < 700, "nobody reads such a line:\n{line}");
    }
}

/// A test a case.
macro_rules! cases {
    ($($name:ident: $case:expr;)*) => {
        $(#[test] fn $name() { $case; })*
    };
}

mod config;
mod lines;
mod nobody;
mod places;
mod state;
mod usage;
