//! The keys of what runs on AWS.

use super::{Key, Kind};

/// The keys of `[aws]`.
pub const AWS: &[Key] = &[
    Key {
        name: "stack",
        kind: Kind::Text,
        default: Some(r#""jobq""#),
        like: r#""jobq""#,
        meaning: "What the stack is called; its queues, functions, table and buckets are named after it.",
    },
    Key {
        name: "region",
        kind: Kind::Text,
        default: Some("from the environment or the AWS profile"),
        like: r#""eu-north-1""#,
        meaning: "The region it lies in.",
    },
    Key {
        name: "architecture",
        kind: Kind::Text,
        default: Some(r#""arm64""#),
        like: r#""x86_64""#,
        meaning: "The processor its functions run on: `arm64`, the cheaper one, or `x86_64`.",
    },
    Key {
        name: "memory",
        kind: Kind::Count,
        default: Some("128"),
        like: "256",
        meaning: "The memory of a drainer in MB, 128 to 10240. Processing power comes with it.",
    },
    Key {
        name: "timeout",
        kind: Kind::Text,
        default: Some(r#""15m""#),
        like: r#""15m""#,
        meaning: "How long one drainer may run, 1m to 15m. The next one goes on where it stopped.",
    },
    Key {
        name: "log_days",
        kind: Kind::Count,
        default: Some("14"),
        like: "30",
        meaning: "How many days logs are kept: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 or 365.",
    },
    Key {
        name: "result_days",
        kind: Kind::Count,
        default: Some("for ever"),
        like: "90",
        meaning: "How many days results are kept in the stack's bucket.",
    },
    Key {
        name: "secrets",
        kind: Kind::Text,
        default: Some(r#""parameter-store""#),
        like: r#""secrets-manager""#,
        meaning: "Where secrets are kept: `parameter-store` as `/STACK/NAME`, or `secrets-manager` as `STACK/NAME`.",
    },
    Key {
        name: "fair_queues",
        kind: Kind::Flag,
        default: Some("false"),
        like: "true",
        meaning: "Whether SQS is told the batch of each task, to serve batches of a lane in fair order; its requests then cost a quarter more.",
    },
    Key {
        name: "alarm_topic",
        kind: Kind::Text,
        default: Some("alarms tell nobody"),
        like: r#""arn:aws:sns:eu-north-1:123456789012:on-duty""#,
        meaning: "The SNS topic that alarms are sent to.",
    },
    Key {
        name: "traces",
        kind: Kind::Table,
        default: Some("drainers send no traces"),
        like: r#"{ endpoint = "https://otlp.example.com" }"#,
        meaning: "Where drainers send [traces](telemetry.md#functions-on-aws): the keys below.",
    },
];

/// The keys of `traces`.
pub const TRACES: &[Key] = &[
    Key {
        name: "endpoint",
        kind: Kind::Text,
        default: None,
        like: r#""https://otlp.example.com""#,
        meaning: "Where to, by OTLP (`http/protobuf`); `/v1/traces` is put behind it.",
    },
    Key {
        name: "headers",
        kind: Kind::Table,
        default: Some("{}"),
        like: r#"{ authorization = "Bearer ${secret:otlp-token}" }"#,
        meaning: "Headers of every request; `${secret:NAME}` stands for a secret's value.",
    },
];

/// The keys of a limit's `drainers`.
pub const DRAINERS: &[Key] = &[
    Key {
        name: "max",
        kind: Kind::Count,
        default: Some("2"),
        like: "8",
        meaning: "The most drainers at once. On AWS they are reserved from the account's concurrency.",
    },
    Key {
        name: "in_flight",
        kind: Kind::Count,
        default: Some("what the rate needs at slow answers, at most 256"),
        like: "32",
        meaning: "The most calls one drainer keeps in flight.",
    },
    Key {
        name: "target_drain",
        kind: Kind::Text,
        default: Some(r#""30m""#),
        like: r#""30m""#,
        meaning: "In what time a backlog is to be drained, where the rate allows it.",
    },
    Key {
        name: "autoscale",
        kind: Kind::Flag,
        default: Some("true"),
        like: "false",
        meaning: "Whether the autoscaler starts drainers; if not, only schedules and you do: each opening of a queue starts one run of at most 15 minutes.",
    },
];
