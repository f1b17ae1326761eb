//! Programs that mean harm: each ends in bounded time and memory, says what it was ended for, and the next one works.
//!
//! This file is the program that is started again to run them, so it has a `main` of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test whose main is its own: none of it is marked as one"
)]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use jobq_adapters::jq::child::serve_if_asked;
use jobq_adapters::jq::sandbox::{Bounds, Sandbox};
use jobq_core::jq::{Act, Failed, Job, Link, Made};
use jobq_core::ports::jq::Jq;

/// Each with a word of what it must be told.
const HOSTILE: [(&str, &str); 20] = [
    ("def f: f; f", "broken off"),
    ("def f: 1 + f; f", "too deep"),
    ("[range(infinite)]", "memory"),
    ("[repeat(1)]", "m"),
    ("repeat(.)", "many"),
    ("reduce range(1000000000) as $i (0; . + 1)", "broken off"),
    ("reduce range(100) as $i (\"x\"; . + .)", "memory"),
    ("\"x\" * 10000000000", "memory"),
    ("reduce range(10000000) as $i (0; [.])", "memory"),
    ("[limit(1000000000; repeat(1))]", "m"),
    ("last(range(infinite))", "broken off"),
    ("until(false; .)", "broken off"),
    ("env", "unknown"),
    ("$ENV", "unknown"),
    ("input", "unknown"),
    ("halt", "unknown"),
    ("debug", "unknown"),
    ("include \"x\"; .", "load nothing"),
    ("import \"/etc/passwd\" as $x; $x", "load nothing"),
    ("[[range(1000)] | combinations(3)]", "memory"),
];

#[allow(clippy::disallowed_methods, reason = "the time of real processes is what is held against its bound")]
fn main() -> ExitCode {
    if let Some(exit) = serve_if_asked(std::env::args_os().skip(1)) {
        return exit;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let bounds = Bounds { time: Duration::from_secs(2), memory: 64 << 20 };
        let sandbox = Sandbox::of(std::env::current_exe().unwrap(), bounds);
        for (code, word) in HOSTILE {
            let begun = Instant::now();
            let failed = run(&sandbox, code, "{}").await.expect_err(code);
            let told = format!("{failed:?}").to_lowercase();
            println!("{code}: {told} in {:?}", begun.elapsed());
            assert!(told.contains(word), "{code}: {told}");
            assert!(begun.elapsed() < Duration::from_secs(10), "{code}: {:?}", begun.elapsed());
            assert_eq!(run(&sandbox, ".a", r#"{"a":1}"#).await.unwrap(), [["1"]]);
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(run(&sandbox, ".", &deep).await, Err(Failed::Input(_))));
    });
    ExitCode::SUCCESS
}

async fn run(sandbox: &Sandbox, code: &str, input: &str) -> Result<Made, Failed> {
    let link = Link { act: Act::Makes, code: code.to_owned() };
    let job = Job { input: input.into(), variables: Vec::new(), chains: vec![vec![link]], most: 1_000 };
    sandbox.run(&job).await.unwrap()
}
