//! The keys of recurring pushes.

use super::{Key, Kind};

/// The keys of `[pushes.NAME]`.
pub const PUSH: &[Key] = &[
    Key {
        name: "queue",
        kind: Kind::Text,
        default: None,
        like: r#""troops""#,
        meaning: "The queue its tasks go to.",
    },
    Key {
        name: "cron",
        kind: Kind::Text,
        default: None,
        like: r#""cron(0 2 * * ? *) in Europe/Oslo""#,
        meaning: "When it comes, as in [schedule](#schedule) but without a length; in UTC unless it says `in` a time zone.",
    },
    Key {
        name: "file",
        kind: Kind::Text,
        default: Some("`url`"),
        like: r#""nightly.jsonl""#,
        meaning: "The task file to push, as it is then, from where jobq.toml lies: JSON Lines, or one url a line. For `jobq serve` alone.",
    },
    Key {
        name: "url",
        kind: Kind::Text,
        default: Some("`file`"),
        like: r#""https://api.hermes.example/warriors""#,
        meaning: "The url of the one task to push, a GET.",
    },
];
