//! Every key of jobq.toml: the one list that the reader, its hints and docs/configuration.md agree on.

pub mod completion;
pub mod growth;
pub mod pushes;
pub mod stack;

use std::fmt;

use completion::ON_COMPLETE;
use growth::{PAGE, THEN};
use pushes::PUSH;
use stack::{AWS, DRAINERS, TRACES};

/// One key that a table may hold.
#[derive(Debug)]
pub struct Key {
    /// How it is written.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// What holds without it, as TOML where it can be written so; `None` where the key is required.
    pub default: Option<&'static str>,
    /// A value that is right, as TOML.
    pub like: &'static str,
    /// What it does, for the documentation.
    pub meaning: &'static str,
}

/// What a key's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// An integer from 1.
    Count,
    /// An integer from 1, or the word "never".
    CountOrNever,
    /// A boolean.
    Flag,
    /// An array of strings.
    Texts,
    /// A table.
    Table,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Count => "a whole number",
            Self::CountOrNever => "a whole number or \"never\"",
            Self::Flag => "true or false",
            Self::Texts => "a list of text",
            Self::Table => "a table",
        })
    }
}

/// The keys above all tables.
pub const TOP: &[Key] = &[
    Key {
        name: "backend",
        kind: Kind::Text,
        default: Some(r#""local""#),
        like: r#""local""#,
        meaning: "Where queues live: `local` is one SQLite file on this machine, `aws` a stack in your account.",
    },
    Key {
        name: "state",
        kind: Kind::Text,
        default: Some(r#"".jobq""#),
        like: r#"".jobq""#,
        meaning: "The folder of the local backend's files, from where jobq.toml lies.",
    },
    Key {
        name: "aws",
        kind: Kind::Table,
        default: Some("{}"),
        like: r#"{ stack = "hermes", region = "eu-north-1" }"#,
        meaning: "The stack of the aws backend: `[aws]`.",
    },
    Key {
        name: "limits",
        kind: Kind::Table,
        default: Some("{}"),
        like: r#"{ hermes = { rate = "50/s", hosts = ["api.hermes.example"] } }"#,
        meaning: "One table a limit: `[limits.NAME]`.",
    },
    Key {
        name: "queues",
        kind: Kind::Table,
        default: Some("{}"),
        like: r#"{ troops = { limit = "hermes" } }"#,
        meaning: "One table a queue: `[queues.NAME]`.",
    },
    Key {
        name: "pushes",
        kind: Kind::Table,
        default: Some("{}"),
        like: r#"{}"#,
        meaning: "One table a recurring push: `[pushes.NAME]`.",
    },
];

/// The keys of `[limits.NAME]`.
pub const LIMIT: &[Key] = &[
    Key {
        name: "rate",
        kind: Kind::Text,
        default: None,
        like: r#""50/s""#,
        meaning: "Calls a length of time over all drainers together, evenly spaced; `\"none\"` for no spacing.",
    },
    Key {
        name: "hosts",
        kind: Kind::Texts,
        default: None,
        like: r#"["api.hermes.example"]"#,
        meaning: "The hosts tasks may call: a name, `*.` and a name, an address; each with a `:port` if only that port.",
    },
    Key {
        name: "phases",
        kind: Kind::Texts,
        default: Some("[]"),
        like: r#"["10/s for 1m", "10/s to 50/s for 5m"]"#,
        meaning: "Slower rates before it, one after the other, from the first call on: one that stays, or one that goes evenly to another.",
    },
    Key {
        name: "phases_after",
        kind: Kind::Text,
        default: Some(r#""10m""#),
        like: r#""10m""#,
        meaning: "How long nothing must have been called, beyond what a slow phase leaves between calls, before the phases begin again.",
    },
    Key {
        name: "burst",
        kind: Kind::Count,
        default: Some("10 ms of the rate, at least 1"),
        like: "2",
        meaning: "How many calls in a row may start at once after a lull, and how many slots late a call may start.",
    },
    Key {
        name: "headroom",
        kind: Kind::Text,
        default: Some(r#""2%""#),
        like: r#""2%""#,
        meaning: "The share of the rate kept back, 0% to 50%, because an API counts arrivals and not starts.",
    },
    Key {
        name: "quotas",
        kind: Kind::Texts,
        default: Some("[]"),
        like: r#"["600/m", "65000/d"]"#,
        meaning: "How many calls a window may hold beside the rate. `d` and `mo` go by the calendar, unless `sliding`.",
    },
    Key {
        name: "time_zone",
        kind: Kind::Text,
        default: Some(r#""UTC""#),
        like: r#""Europe/Oslo""#,
        meaning: "The time zone in which the days and months of quotas begin.",
    },
    Key {
        name: "max_in_flight",
        kind: Kind::Count,
        default: Some("no cap"),
        like: "40",
        meaning: "The most calls in flight at once over all drainers together.",
    },
    Key {
        name: "allow_private",
        kind: Kind::Flag,
        default: Some("false"),
        like: "true",
        meaning: "Whether private, loopback and link-local addresses may be called.",
    },
    Key {
        name: "headers",
        kind: Kind::Table,
        default: Some("{}"),
        like: r#"{ authorization = "Bearer ${secret:hermes-token}" }"#,
        meaning: "Headers that go out with every call; `${secret:NAME}` stands for a secret's value.",
    },
    Key {
        name: "secrets",
        kind: Kind::Texts,
        default: Some("[]"),
        like: r#"["hermes-token"]"#,
        meaning: "The secrets that tasks may name; those in `headers` need not be listed.",
    },
    Key {
        name: "drainers",
        kind: Kind::Table,
        default: Some("{}"),
        like: r#"{ max = 8, target_drain = "30m" }"#,
        meaning: "How its drainers are sized: the keys below.",
    },
];

/// The keys of `[queues.NAME]`.
pub const QUEUE: &[Key] = &[
    Key {
        name: "limit",
        kind: Kind::Text,
        default: None,
        like: r#""hermes""#,
        meaning: "The limit its calls are made under.",
    },
    Key {
        name: "weight",
        kind: Kind::Count,
        default: Some("1"),
        like: "2",
        meaning: "Its share of the limit beside the limit's other queues.",
    },
    Key {
        name: "bulk_above",
        kind: Kind::CountOrNever,
        default: Some("1000"),
        like: "5000",
        meaning: "A push of more tasks than this goes to the lane `bulk` where neither it nor its lines say a priority; `\"never\"` turns that off.",
    },
    Key {
        name: "timeout",
        kind: Kind::Text,
        default: Some(r#""30s""#),
        like: r#""30s""#,
        meaning: "How long one call may take, connecting and reading the answer included.",
    },
    Key {
        name: "visibility",
        kind: Kind::Text,
        default: Some("`timeout` + 30s, at least 60s"),
        like: r#""2m""#,
        meaning: "How long a received task stays hidden from other drainers unless extended; above `timeout`, at most 12h.",
    },
    Key {
        name: "max_response",
        kind: Kind::Text,
        default: Some(r#""8MiB""#),
        like: r#""8MiB""#,
        meaning: "The largest response body that is taken, after decompression.",
    },
    Key {
        name: "retry",
        kind: Kind::Table,
        default: Some("{}"),
        like: r#"{ max_attempts = 5, min_backoff = "1s", max_backoff = "5m" }"#,
        meaning: "When a failed task is tried again, and when no more: the keys below.",
    },
    Key {
        name: "schedule",
        kind: Kind::Texts,
        default: Some("[]"),
        like: r#"["cron(0 0 * * ? *) for 6h"]"#,
        meaning: "When it is open, in UTC unless it says `in Europe/Oslo`: its tasks are called then and wait otherwise. Without one it is always open.",
    },
    Key {
        name: "results",
        kind: Kind::Text,
        default: Some("results are dropped"),
        like: r#""results/troops""#,
        meaning: "Where results go: a folder, or a file whose name ends in `.jsonl`; on AWS a prefix in the stack's bucket. Or `s3://bucket/prefix`.",
    },
    Key {
        name: "done_on",
        kind: Kind::Texts,
        default: Some("[]"),
        like: r#"["404", "409"]"#,
        meaning: "Statuses after which a call has ended well, besides 2xx and 304; 4xx and 5xx name classes.",
    },
    Key {
        name: "retry_on",
        kind: Kind::Texts,
        default: Some("[]"),
        like: r#"["409"]"#,
        meaning: "Statuses after which a task is tried again, besides 408, 425 and 5xx.",
    },
    Key {
        name: "dead_on",
        kind: Kind::Texts,
        default: Some("[]"),
        like: r#"["501"]"#,
        meaning: "Statuses after which a task is dead at once, besides most 4xx. 429 always means too fast.",
    },
    Key {
        name: "result_headers",
        kind: Kind::Texts,
        default: Some(r#"["content-type"]"#),
        like: r#"["content-type", "etag"]"#,
        meaning: "The response headers kept in a result.",
    },
    Key {
        name: "then",
        kind: Kind::Table,
        default: Some("its answers make no tasks"),
        like: r#"{ queue = "troops", each = ".ids[]", task = '"https://api.hermes.example/x/\(.)"' }"#,
        meaning: "The tasks its answers make, `[queues.NAME.then]`; several as `[[queues.NAME.then]]`.",
    },
    Key {
        name: "page",
        kind: Kind::Table,
        default: Some("its answers have no pages"),
        like: r#"{ next = ".links.next" }"#,
        meaning: "How an answer tells the next page, which is a task of the same queue: the keys below.",
    },
    Key {
        name: "max_hops",
        kind: Kind::Count,
        default: Some("16"),
        like: "16",
        meaning: "A task so many fan-outs behind its push makes no more; what would is dead (`too_deep`).",
    },
    Key {
        name: "max_children",
        kind: Kind::Count,
        default: Some("10000"),
        like: "10000",
        meaning: "How many tasks one answer may make; one that makes more is dead (`too_many_children`).",
    },
    Key {
        name: "on_complete",
        kind: Kind::Table,
        default: Some("nobody is told"),
        like: r#"{ command = ["notify", "--done"] }"#,
        meaning: "What is done when a batch that was pushed to it has ended, with all that grew from it: the keys below.",
    },
];

/// The keys of a queue's `retry`.
pub const RETRY: &[Key] = &[
    Key {
        name: "max_attempts",
        kind: Kind::Count,
        default: Some("5"),
        like: "5",
        meaning: "How many attempts a task has; throttled and interrupted calls don't count.",
    },
    Key {
        name: "min_backoff",
        kind: Kind::Text,
        default: Some(r#""1s""#),
        like: r#""1s""#,
        meaning: "The upper bound of the first delay; it doubles with each attempt.",
    },
    Key {
        name: "max_backoff",
        kind: Kind::Text,
        default: Some(r#""5m""#),
        like: r#""5m""#,
        meaning: "The upper bound of every delay.",
    },
    Key {
        name: "max_age",
        kind: Kind::Text,
        default: Some("no bound"),
        like: r#""2d""#,
        meaning: "How long after its push, or when it could be called first, a task may still be tried.",
    },
];

/// Each list with the place it belongs to, as people write that place.
pub const PLACES: [(&str, &[Key]); 11] = [
    ("the top of the file", TOP),
    ("[limits.NAME]", LIMIT),
    ("drainers of [limits.NAME]", DRAINERS),
    ("[queues.NAME]", QUEUE),
    ("retry of [queues.NAME]", RETRY),
    ("[queues.NAME.then]", THEN),
    ("page of [queues.NAME]", PAGE),
    ("on_complete of [queues.NAME]", ON_COMPLETE),
    ("[pushes.NAME]", PUSH),
    ("[aws]", AWS),
    ("traces of [aws]", TRACES),
];

/// Keys the design has and this version hasn't: somebody who writes one made no slip of the fingers.
pub const LATER: [&str; 1] = ["ledger"];

#[cfg(test)]
mod tests {
    //! What the list says of a key is what the code does with it, and what the page tells.

    use super::*;
    use crate::config::Config;

    fn is_toml(value: &str) -> bool {
        format!("x = {value}").parse::<toml::Table>().is_ok()
    }

    #[test]
    fn a_default_written_out_changes_nothing() {
        let written = |keys: &[Key]| {
            let lines = keys.iter().filter_map(|key| {
                let default = key.default?;
                (is_toml(default) && key.kind != Kind::Table).then(|| format!("{} = {default}\n", key.name))
            });
            lines.collect::<String>()
        };
        let limit = "rate = \"1/s\"\nhosts = [\"a.example\"]";
        let queue = "limit = \"a\"";
        let plain = format!("[limits.a]\n{limit}\n[queues.q]\n{queue}\n");
        let full = format!(
            "{}[aws]\n{}[limits.a]\n{limit}\n{}[limits.a.drainers]\n{}[queues.q]\n{queue}\n{}[queues.q.retry]\n{}",
            written(TOP),
            written(AWS),
            written(LIMIT),
            written(DRAINERS),
            written(QUEUE),
            written(RETRY)
        );
        assert_eq!(Config::parse("jobq.toml", &full).unwrap(), Config::parse("jobq.toml", &plain).unwrap());
    }

    #[test]
    fn every_example_is_right() {
        let examples = |keys: &[Key]| {
            let lines = keys.iter().map(|key| format!("{} = {}\n", key.name, key.like));
            lines.collect::<String>()
        };
        let limit = format!("[limits.hermes]\n{}", examples(LIMIT));
        let queue = format!("{limit}[queues.troops]\n{}", examples(QUEUE));
        let retry =
            format!("{limit}[queues.troops]\nlimit = \"hermes\"\n[queues.troops.retry]\n{}", examples(RETRY));
        let aws = format!("[aws]\n{}", examples(AWS));
        let traces = format!("[aws.traces]\n{}", examples(TRACES));
        let drainers = "[limits.hermes]\nrate = \"1/s\"\nhosts = [\"a.example\"]\n[limits.hermes.drainers]\n";
        let drainers = format!("{drainers}{}", examples(DRAINERS));
        let then = format!(
            "{limit}[queues.groups]\nlimit = \"hermes\"\n[queues.troops]\nlimit = \"hermes\"\n[queues.troops.then]\n{}",
            examples(THEN)
        );
        let page = |turn: &str| {
            let keys = growth::PAGE.iter().filter(|key| match key.name {
                "next" | "cursor" | "number" => key.name == turn,
                "param" => turn != "next",
                _ => true,
            });
            let lines: String = keys.map(|key| format!("{} = {}\n", key.name, key.like)).collect();
            format!("{limit}[queues.troops]\nlimit = \"hermes\"\n[queues.troops.page]\n{lines}")
        };
        let pages = ["next", "cursor", "number"].map(page);
        let file = format!("{queue}[pushes.a]\n{}", examples(PUSH).replace("url = ", "#url = "));
        let url = format!("{queue}[pushes.a]\n{}", examples(PUSH).replace("file = ", "#file = "));
        let texts = [examples(TOP), queue, retry, aws, traces, drainers, then, file, url];
        for text in texts.into_iter().chain(pages) {
            assert_eq!(Config::parse("jobq.toml", &text).err(), None, "{text}");
        }
    }

    const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md"));

    #[test]
    fn the_whole_file_of_the_page_parses() {
        let (_, after) = PAGE.split_once("```toml\n").unwrap();
        let (file, _) = after.split_once("```").unwrap();
        assert_eq!(Config::parse("jobq.toml", file).err(), None);
    }

    /// The page has one table a place; each row is made of the same list that the reader goes by.
    #[test]
    fn the_page_says_what_the_code_does() {
        for (place, keys) in PLACES {
            let rows: String = keys.iter().map(row).collect();
            let table = format!(
                "| key | value | without it | example | what it does |\n|---|---|---|---|---|\n{rows}"
            );
            assert!(PAGE.contains(&table), "docs/configuration.md: the table of {place} is to be\n\n{table}");
        }
    }

    fn row(key: &Key) -> String {
        let default = match key.default {
            None => "required".to_owned(),
            Some(default) if is_toml(default) => format!("`{default}`"),
            Some(default) => default.to_owned(),
        };
        let Key { name, kind, like, meaning, .. } = key;
        format!("| `{name}` | {kind} | {default} | `{like}` | {meaning} |\n")
    }
}
