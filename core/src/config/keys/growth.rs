//! The keys of what a queue's answers make.

use super::{Key, Kind};

/// The keys of `[queues.NAME.then]`.
pub const THEN: &[Key] = &[
    Key {
        name: "queue",
        kind: Kind::Text,
        default: None,
        like: r#""groups""#,
        meaning: "The queue the children go to. It may be under another limit.",
    },
    Key {
        name: "when",
        kind: Kind::Text,
        default: Some("always"),
        like: r#"".complete""#,
        meaning: "jq over the answer: whether there are children at all.",
    },
    Key {
        name: "each",
        kind: Kind::Text,
        default: Some(r#"".""#),
        like: r#"".troops[]""#,
        meaning: "jq over the answer: each value it makes becomes a child.",
    },
    Key {
        name: "task",
        kind: Kind::Text,
        default: None,
        like: r#"'{url: "https://api.hermes.example/troops/\(.id)/groups"}'"#,
        meaning: "jq over each value: the child's task as in a task file, or its url.",
    },
];

/// The keys of a queue's `page`.
pub const PAGE: &[Key] = &[
    Key {
        name: "next",
        kind: Kind::Text,
        default: Some("one of these three"),
        like: r#"".links.next""#,
        meaning: "jq over the answer: the next page's url, or null.",
    },
    Key {
        name: "cursor",
        kind: Kind::Text,
        default: Some("one of these three"),
        like: r#"".next_cursor""#,
        meaning: "jq over the answer: what `param` is to be in the next page's url, or null.",
    },
    Key {
        name: "number",
        kind: Kind::Text,
        default: Some("one of these three"),
        like: r#"".items | length > 0""#,
        meaning: "jq over the answer: the next page's number for `param`, or true for one more, or null.",
    },
    Key {
        name: "param",
        kind: Kind::Text,
        default: Some("none"),
        like: r#""page""#,
        meaning: "The parameter of the url that `cursor` or `number` sets.",
    },
    Key {
        name: "max",
        kind: Kind::Count,
        default: Some("10000"),
        like: "500",
        meaning: "How many pages there are at most; the last page of a longer list is dead (`too_deep`).",
    },
];
