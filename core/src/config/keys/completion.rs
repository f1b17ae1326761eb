//! The keys of what is done when a batch has ended.

use super::{Key, Kind};

/// The keys of a queue's `on_complete`.
pub const ON_COMPLETE: &[Key] = &[
    Key {
        name: "queue",
        kind: Kind::Text,
        default: Some("no task is pushed"),
        like: r#""reports""#,
        meaning: "The queue of the one task to push, in a batch of its own.",
    },
    Key {
        name: "task",
        kind: Kind::Text,
        default: Some("no task is pushed"),
        like: r#"'"https://api.hermes.example/reports?batch=\(.batch)"'"#,
        meaning: "jq over the summary: that task, as in a task file, or its url.",
    },
    Key {
        name: "command",
        kind: Kind::Texts,
        default: Some("no command is run"),
        like: r#"["notify", "--done"]"#,
        meaning: "A program and its arguments, run beside jobq.toml with the summary on standard input.",
    },
    Key {
        name: "url",
        kind: Kind::Text,
        default: Some("no url is called"),
        like: r#""http://127.0.0.1:8080/done""#,
        meaning: "Where the summary is sent by POST, as JSON.",
    },
];
