//! What differs from run to run and from machine to machine, and the words in its place.

use std::path::Path;

use regex::Regex;
use serde_json::Value;

/// What is replaced in text, in this order.
const PATTERNS: [(&str, &str); 17] = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "TIME"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\b([a-z]+)-([0-9a-f]{8}|[0-9a-f]{6})\b", "$1-DIGEST"),
    (r"\b\S+ ago by ", "A WHILE ago by "),
    (r"at 50/s that takes .*", "at 50/s that takes A WHILE"),
    (r"\bjobq \d+\.\d+\.\d+", "jobq VERSION"),
    (r"done in \S+( \d\ds)?, ([\d,]+ calls?) at \S+/s", "done in A WHILE, $2 at RATE"),
    (r"has ended after \S+( \d\ds)?:", "has ended after A WHILE:"),
    (r"\d+(\.\d+)? ms\b", "LATENCY"),
    (r"by hand for .+ more", "by hand for A WHILE more"),
    (r"(\d+/s, burst \d+ +kept)  \d+  \d+  \d+", "$1  ~  ~  ~"),
    (r"\d+\.\d% of its limit", "MOST of its limit"),
    (r"while \S+ others waited, .* of calls", "while MANY others waited, A WHILE of calls"),
    (r"were called after .* s", "were called after A WHILE"),
    (r"SQLite \d+\.\d+\.\d+", "SQLite VERSION"),
    (r"(disk of \S+): .*", "$1: ROOM"),
    (r"(jobq\.db is whole): .*", "$1: SIZE"),
];

/// Keys of JSON whose numbers are measured.
const MEASURED: [&str; 9] = [
    "eta_seconds",
    "oldest_seconds",
    "least_seconds",
    "most_seconds",
    "latency_ms",
    "seconds",
    "calls_per_second",
    "added_per_minute",
    "settled_per_minute",
];

/// Columns whose cells are measured.
const COLUMNS: [&str; 9] =
    ["TIME", "OLDEST", "ETA", "USED", "DIED", "ADDED/MIN", "SETTLED/MIN", "FROM", "TO"];

/// The text with a word in place of what is volatile, and with tables that don't depend on how wide that is.
pub fn without(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "FOLDER");
    let mut columns = Vec::new();
    let lines = text.lines().map(|line| {
        if is_heading(line) {
            columns = cells(line);
        } else if line.is_empty() {
            columns.clear();
        }
        let line = if columns.is_empty() { line.to_owned() } else { row(line, &columns) };
        let plain = PATTERNS.iter().fold(line, |line, (pattern, word)| {
            Regex::new(pattern).unwrap().replace_all(&line, *word).into_owned()
        });
        format!("{plain}\n")
    });
    lines.collect()
}

/// The value with a word in place of numbers that are measured.
pub fn without_figures(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(without_figures).collect(),
        Value::Object(keys) => {
            // Which stretch is the worst for a pace is a matter of microseconds.
            let is_pace = keys.contains_key("margin") && keys["burst"].is_number();
            let kept = |(key, value): (String, Value)| {
                let measured = value.is_number() && MEASURED.contains(&key.as_str())
                    || ["used_per_second", "ended_per_second"].contains(&key.as_str())
                    || is_pace && ["calls", "allowed", "margin"].contains(&key.as_str());
                let value = if measured { Value::from("MEASURED") } else { without_figures(value) };
                (key, value)
            };
            Value::Object(keys.into_iter().map(kept).collect())
        }
        other => other,
    }
}

/// Whether this is the first line of a table: several headings, in capitals.
fn is_heading(line: &str) -> bool {
    line.contains("  ")
        && !line.starts_with(' ')
        && !line.chars().any(char::is_lowercase)
        && line.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Where each heading begins, and what it is.
fn cells(heading: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    for part in heading.split("  ") {
        let blank = part.len() - part.trim_start().len();
        if !part.trim().is_empty() {
            found.push((at + blank, part.trim().to_owned()));
        }
        at += part.len() + 2;
    }
    found
}

/// A line of a table, two blanks between its cells.
fn row(line: &str, columns: &[(usize, String)]) -> String {
    let chars: Vec<char> = line.chars().collect();
    let cell = |(index, (from, heading)): (usize, &(usize, String))| {
        let to = columns.get(index + 1).map_or(chars.len(), |(next, _)| (*next).min(chars.len()));
        let text: String = chars.get(*from..to).unwrap_or_default().iter().collect();
        let text = text.trim().to_owned();
        let measured = COLUMNS.contains(&heading.as_str()) && text.contains(|c: char| c.is_ascii_digit());
        // Of a rate that has gone on for less than a few seconds nothing is told.
        let measured = measured || heading == "USED" && text == "-";
        if measured { "~".to_owned() } else { text }
    };
    columns.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned()
}
