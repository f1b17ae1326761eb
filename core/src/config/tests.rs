//! Files as people write them: what the good ones mean, and what the bad ones are told.

use std::time::Duration;

use proptest::prelude::{ProptestConfig, proptest};

use super::Config;
use super::problem::Problem;
use crate::limit::Limit;
use crate::name::{LimitName, SecretName};
use crate::place::Place;
use crate::queue::{Queue, Retry};

/// Each case: a file, and all that is said about it. `...` at the end of a line stands for the rest of it.
fn check(text: &str, expected: &[&str]) {
    let problems = Config::parse("jobq.toml", text).expect_err(text);
    let told: Vec<String> = problems.iter().map(Problem::to_string).collect();
    let told: Vec<&str> = told.iter().flat_map(|problem| problem.lines()).collect();
    let alike = |(told, expected): (&&str, &&str)| match expected.strip_suffix("...") {
        Some(start) => told.starts_with(start),
        None => told == expected,
    };
    let same = told.len() == expected.len() && told.iter().zip(expected).all(alike);
    assert!(same, "{text}\nis told:\n{}\nnot:\n{}", told.join("\n"), expected.join("\n"));
}

/// A file whose limit has these lines beside its rate and hosts; they begin at line 4.
fn check_limit(lines: &str, expected: &[&str]) {
    let head = "[limits.hermes]\nrate = \"50/s\"\nhosts = [\"api.hermes.example\"]\n";
    check(&format!("{head}{lines}"), expected);
}

/// A file whose queue has these lines beside its limit; they begin at line 6.
fn check_queue(lines: &str, expected: &[&str]) {
    let head = "[limits.hermes]\nrate = \"50/s\"\nhosts = [\"api.hermes.example\"]\n[queues.troops]\nlimit = \"hermes\"\n";
    check(&format!("{head}{lines}"), expected);
}

const DESIGN: &str = r#"
backend = "local"                       # or "aws"; --backend and JOBQ_BACKEND override

[limits.hermes]
rate = "50/s"
burst = 2
quotas = ["65000/d"]
max_in_flight = 40
hosts = ["api.hermes.example"]
headers = { authorization = "Bearer ${secret:hermes-token}" }

[queues.troops]
limit = "hermes"
weight = 2
timeout = "30s"
retry = { max_attempts = 5, min_backoff = "1s", max_backoff = "5m" }
schedule = ["cron(0 0 * * ? *) for 6h"]     # without one: always open
results = "results/troops"                  # a folder, or s3://bucket/prefix
"#;

#[test]
fn the_example_of_the_design_parses() {
    let config = Config::parse("jobq.toml", DESIGN).unwrap();
    let queue = config.queues.values().next().unwrap();
    let limit = config.limit_of(queue).unwrap();
    let expected = Limit {
        burst: 2.try_into().unwrap(),
        quotas: vec!["65000/d".parse().unwrap()],
        max_in_flight: Some(40.try_into().unwrap()),
        hosts: vec!["api.hermes.example".parse().unwrap()],
        headers: vec![("authorization".into(), "Bearer ${secret:hermes-token}".into())],
        secrets: vec!["hermes-token".parse().unwrap()],
        ..Limit::new("hermes".parse().unwrap(), "50/s".parse().unwrap())
    };
    assert_eq!(*limit, expected);
    let expected = Queue {
        weight: 2.try_into().unwrap(),
        schedule: vec!["cron(0 0 * * ? *) for 6h".parse().unwrap()],
        results: Some(Place::Path("results/troops".into())),
        ..Queue::new("troops".parse().unwrap(), "hermes".parse().unwrap())
    };
    assert_eq!(*queue, expected);
    assert_eq!(config.queues_of(&limit.name).count(), 1);
}

#[test]
fn every_key_is_read() {
    let text = r#"
        state = "/var/lib/jobq"
        [limits.a]
        rate = "none"
        hosts = ["*.a.example", "localhost:8080"]
        headroom = "2.5%"
        time_zone = "Europe/Oslo"
        allow_private = true
        secrets = ["x", "y"]
        headers = { X-Key = "${secret:y}", accept = "application/json" }
        [queues.q]
        limit = "a"
        timeout = "10m"
        max_response = "1KiB"
        result_headers = ["ETag"]
        [queues.q.retry]
        max_age = "2d"
        [queues.short]
        limit = "a"
        visibility = "31s"
    "#;
    let config = Config::parse("jobq.toml", text).unwrap();
    let limit = &config.limits[&"a".parse::<LimitName>().unwrap()];
    assert_eq!((limit.headroom_per_mille, limit.allow_private), (25, true));
    assert_eq!(limit.time_zone.iana_name(), Some("Europe/Oslo"));
    assert_eq!(limit.secrets.iter().map(|s| s.as_str()).collect::<Vec<_>>(), ["x", "y"]);
    assert!(limit.headers.iter().any(|(name, _)| name == "x-key"));
    let queue = &config.queues[&"q".parse().unwrap()];
    assert_eq!(queue.visibility, Duration::from_secs(630));
    assert_eq!((queue.max_response, queue.result_headers.as_slice()), (1024, ["etag".to_owned()].as_slice()));
    let max_age = Some(Duration::from_secs(2 * 86_400));
    assert_eq!(queue.retry, Retry { max_age, ..Retry::default() });
    assert_eq!(config.queues[&"short".parse().unwrap()].visibility, Duration::from_secs(31));
    assert_eq!(config.state.to_str(), Some("/var/lib/jobq"));
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(Config::parse("jobq.toml", "").unwrap(), Config::default());
}

#[test]
fn broken_toml() {
    check("[limits\n", &["jobq.toml:1: this is not TOML: ..."]);
    check("a = 1\nb = \n", &["jobq.toml:2: this is not TOML: ..."]);
    check("[limits.a]\n[limits.a]\n", &["jobq.toml:2: this is not TOML: duplicate key"]);
    check("x = \"\"\"\nopen", &["jobq.toml:2: this is not TOML: ..."]);
}

#[test]
fn unknown_keys_at_every_level() {
    check(
        "bakend = \"local\"",
        &["jobq.toml:1: bakend is not a known key", "  hint: did you mean 'backend'?"],
    );
    check(
        "colour = 1",
        &[
            "jobq.toml:1: colour is not a known key",
            "  hint: the keys here are backend, state, aws, limits, queues, pushes",
        ],
    );
    check_limit(
        "qoutas = []",
        &["jobq.toml:4: limits.hermes.qoutas is not a known key", "  hint: did you mean 'quotas'?"],
    );
    check_limit(
        "timeout = \"5s\"",
        &[
            "jobq.toml:4: limits.hermes.timeout is not a known key",
            "  hint: 'timeout' is a key of [queues.NAME]",
        ],
    );
    check_queue(
        "max_attempts = 3",
        &[
            "jobq.toml:6: queues.troops.max_attempts is not a known key",
            "  hint: 'max_attempts' is a key of retry of [queues.NAME]",
        ],
    );
    check_queue(
        "retry = { max_atempts = 3 }",
        &[
            "jobq.toml:6: queues.troops.retry.max_atempts is not a known key",
            "  hint: did you mean 'max_attempts'?",
        ],
    );
}

#[test]
fn keys_of_later_versions() {
    check_limit("ledger = \"none\"", &["jobq.toml:4: limits.hermes.ledger is not in this version yet"]);
    check("backend = \"azure\"", &["jobq.toml:1: backend: 'azure' is not a backend: use local or aws"]);
}

#[test]
fn what_answers_make() {
    check_queue(
        "[[queues.troops.then]]\nqueue = \"trops\"\ntask = \".\"\n[queues.troops.page]\nmax = 3",
        &[
            "jobq.toml:7: queues.troops.then[1].queue: there is no queue 'trops'",
            "  hint: did you mean 'troops'?",
            "jobq.toml:9: queues.troops.page.next: give one of next, cursor and number",
        ],
    );
    let ring = "then = { queue = \"troops\", task = \".\" }";
    check_queue(
        ring,
        &[
            "jobq.toml:4: queues.troops.then: the queues make tasks for each other in a ring: troops -> troops",
            "  hint: break the ring, or say how deep it may go: max_hops = 16 in [queues.troops]",
        ],
    );
    let head = "[limits.a]\nrate = \"1/s\"\nhosts = [\"a.example\"]\n[queues.troops]\nlimit = \"a\"";
    assert!(Config::parse("jobq.toml", &format!("{head}\n{ring}\nmax_hops = 3")).is_ok());
}

#[test]
fn values_of_the_wrong_kind() {
    check(
        "[limits.a]\nrate = 50\nhosts = \"a.example\"",
        &[
            "jobq.toml:2: limits.a.rate: expected text, found integer",
            "  hint: write it like rate = \"50/s\"",
            "jobq.toml:3: limits.a.hosts: expected a list of text, found string",
            "  hint: write it like hosts = [\"api.hermes.example\"]",
        ],
    );
    check_limit(
        "burst = \"2\"\nallow_private = 1\nheadroom = 0.02\nsecrets = [1]\nheaders = []",
        &[
            "jobq.toml:4: limits.hermes.burst: expected a whole number, found string",
            "  hint: write it like burst = 2",
            "jobq.toml:5: limits.hermes.allow_private: expected true or false, found integer",
            "  hint: write it like allow_private = true",
            "jobq.toml:6: limits.hermes.headroom: expected text, found float",
            "  hint: write it like headroom = \"2%\"",
            "jobq.toml:7: limits.hermes.secrets: expected a list of text, found integer",
            "  hint: write it like secrets = [\"hermes-token\"]",
            "jobq.toml:8: limits.hermes.headers: expected a table, found array",
            "  hint: write it like headers = ...",
        ],
    );
    check(
        "[limits]\nrate = \"50/s\"",
        &[
            "jobq.toml:2: limits.rate: expected a table, found string",
            "  hint: give it a name: [limits.NAME]",
        ],
    );
    check(
        "[[queues]]\nlimit = \"a\"",
        &["jobq.toml:1: queues: expected a table, found array", "  hint: write it like queues = ..."],
    );
    check_limit(
        "headers = { a = 1 }",
        &["jobq.toml:4: limits.hermes.headers.a: expected text, found integer"],
    );
    check_queue(
        "retry = 5",
        &[
            "jobq.toml:6: queues.troops.retry: expected a table, found integer",
            "  hint: write it like retry = ...",
        ],
    );
}

#[test]
fn units_and_numbers() {
    for (rate, why) in [
        ("50/x", "the unit is not s, m, h or d"),
        ("-5/s", "it can't be negative"),
        ("30", "there is no '/'"),
        ("0/s", "it can't be zero"),
    ] {
        let text = format!("[limits.a]\nrate = \"{rate}\"\nhosts = [\"a.example\"]");
        check(&text, &[&format!("jobq.toml:2: limits.a.rate: '{rate}' is not a rate: {why}...")]);
    }
    check_limit("burst = 0", &["jobq.toml:4: limits.hermes.burst: 0 is not a number from 1 to 4294967295"]);
    check_limit(
        "max_in_flight = -1",
        &["jobq.toml:4: limits.hermes.max_in_flight: -1 is not a number from 1 to 4294967295"],
    );
    for headroom in ["51%", "-1%", "2", "%", "2.55%", "50.1%", "99999999%"] {
        let told =
            format!("jobq.toml:4: limits.hermes.headroom: '{headroom}' is not a share from 0% to 50%...");
        check_limit(&format!("headroom = \"{headroom}\""), &[&told]);
    }
    check_limit(
        "quotas = [\n\"600/m\",\n\"0/d\", \"5/y\"]",
        &[
            "jobq.toml:6: limits.hermes.quotas: '0/d' is not a quota: it can't be zero...",
            "jobq.toml:6: limits.hermes.quotas: '5/y' is not a quota: the window is not s, m, h, d or mo...",
        ],
    );
    check_limit(
        "quotas = [\"600/m\", \"500/m\"]",
        &[
            "jobq.toml:4: limits.hermes.quotas: 600/m and 500/m are quotas of the same window",
            "  hint: keep the smaller one",
        ],
    );
    check_limit(
        "phases = [\"10/s\", \"10/s to 20 for 1m\"]",
        &[
            "jobq.toml:4: limits.hermes.phases: '10/s' is not a phase: it doesn't say for how long...",
            "jobq.toml:4: limits.hermes.phases: '10/s to 20 for 1m' is not a phase: '20' is not a rate...",
        ],
    );
    check_limit(
        "phases = [\"10/s for 1m\", \"10/s to 100/s for 1m\"]",
        &[
            "jobq.toml:4: limits.hermes.phases: 100/s is faster than the limit's rate, 50/s",
            "  hint: the rate is the most there ever is: raise it",
        ],
    );
    check_queue(
        "bulk_above = \"no\"",
        &[
            "jobq.toml:6: queues.troops.bulk_above: expected a whole number or \"never\", found string",
            "  hint: write it like bulk_above = 5000",
        ],
    );
    check_queue("weight = 0", &["jobq.toml:6: queues.troops.weight: 0 is not a number from 1 to 4294967295"]);
    check_queue(
        "timeout = \"30\"",
        &["jobq.toml:6: queues.troops.timeout: '30' is not a length of time: ..."],
    );
    check_queue(
        "schedule = [\n\"cron(0 0 * * ? *) for 6h\",\n\"cron(0 0 * * ? *)\"]",
        &[
            "jobq.toml:8: queues.troops.schedule: 'cron(0 0 * * ? *)' is not an opening: it doesn't say how long...",
        ],
    );
    check_queue("timeout = \"0s\"", &["jobq.toml:6: queues.troops.timeout: it can't be zero"]);
    check_queue(
        "max_response = \"8 MB\"",
        &["jobq.toml:6: queues.troops.max_response: '8 MB' is not a size: ..."],
    );
}

#[test]
fn limits_that_let_nothing_through() {
    check(
        "[limits.a]",
        &[
            "jobq.toml:1: limits.a.rate is missing",
            "  hint: write it like rate = \"50/s\"",
            "jobq.toml:1: limits.a.hosts is missing",
            "  hint: write it like hosts = [\"api.hermes.example\"]",
        ],
    );
    check(
        "[limits.a]\nrate = \"5/s\"\nhosts = []",
        &[
            "jobq.toml:3: limits.a.hosts: a limit without hosts lets no task call anything",
            "  hint: name the API's host: hosts = [\"api.example.com\"]",
        ],
    );
    check(
        "[limits.a]\nrate = \"5/s\"\nhosts = [\"https://a.example/x\"]",
        &["jobq.toml:3: limits.a.hosts: 'https://a.example/x' is not a host: ..."],
    );
    check_limit(
        "time_zone = \"Europe/Olso\"",
        &[
            "jobq.toml:4: limits.hermes.time_zone: 'Europe/Olso' is not a time zone: use a name like Europe/Oslo",
        ],
    );
}

#[test]
fn names() {
    check(
        "[limits.\"a b\"]\nrate = \"5/s\"\nhosts = [\"a.example\"]",
        &["jobq.toml:1: 'a b' is not a limit name: ..."],
    );
    check(
        "[queues.\"-\"]\nlimit = \"a\"",
        &[
            "jobq.toml:1: '-' is not a queue name: ...",
            "jobq.toml:2: queues.-.limit: there is no limit 'a'",
            "  hint: there is no limit at all yet",
        ],
    );
    check_limit(
        "secrets = [\"a b\"]",
        &["jobq.toml:4: limits.hermes.secrets: 'a b' is not a secret name: ..."],
    );
}

#[test]
fn queues_without_their_limit() {
    check(
        "[queues.troops]",
        &["jobq.toml:1: queues.troops.limit is missing", "  hint: write it like limit = \"hermes\""],
    );
    check(
        "[limits.hermes]\nrate = \"5/s\"\nhosts = [\"a.example\"]\n[queues.troops]\nlimit = \"hermse\"",
        &["jobq.toml:5: queues.troops.limit: there is no limit 'hermse'", "  hint: did you mean 'hermes'?"],
    );
}

#[test]
fn a_limit_with_problems_is_still_the_queues_limit() {
    check(
        "[limits.a]\nrate = \"x\"\nhosts = [\"a.example\"]\n[queues.q]\nlimit = \"a\"",
        &["jobq.toml:2: limits.a.rate: 'x' is not a rate: ..."],
    );
}

#[test]
fn lengths_that_contradict_each_other() {
    check_queue(
        "timeout = \"3m\"\nvisibility = \"2m\"",
        &[
            "jobq.toml:7: queues.troops.timeout: 3m is not shorter than visibility, 2m",
            "  hint: leave visibility out, or make it 210s or longer",
        ],
    );
    check_queue(
        "timeout = \"13h\"",
        &[
            "jobq.toml:6: queues.troops.timeout: 13h is not shorter than visibility, 12h",
            "  hint: visibility is at most 12h",
        ],
    );
    check_queue("visibility = \"13h\"", &["jobq.toml:6: queues.troops.visibility: '13h' is longer than 12h"]);
    check_queue(
        "retry = { min_backoff = \"10m\" }",
        &["jobq.toml:6: queues.troops.retry.min_backoff: 10m is longer than max_backoff, 5m"],
    );
    check_queue(
        "[queues.troops.retry]\nmax_backoff = \"1ms\"",
        &["jobq.toml:7: queues.troops.retry.min_backoff: 1s is longer than max_backoff, 1ms"],
    );
}

#[test]
fn headers() {
    for (header, told) in [
        ("a = \"${secret:x\"", "a: a '${secret:' is not closed: write ${secret:name}"),
        ("a = \"${secret:x y}\"", "a: 'x y' is not a secret name: ..."),
        ("a = \"${TOKEN}\"", "a: only ${secret:NAME} can stand for a value"),
        ("a = \"x\\ny\"", "a: a header's value is printable ASCII on one line"),
        ("\"a b\" = \"x\"", "a b: 'a b' is not a header name: use letters, digits and '-'"),
        ("Host = \"x\"", "Host: jobq sets this header by itself, for each call"),
        ("A = \"x\", a = \"y\"", "a: the header a is there twice: letter case makes no difference"),
    ] {
        let told = format!("jobq.toml:4: limits.hermes.headers.{told}");
        check_limit(&format!("headers = {{ {header} }}"), &[&told]);
    }
    check_queue(
        "result_headers = [\"\"]",
        &["jobq.toml:6: queues.troops.result_headers: '' is not a header name: ..."],
    );
}

#[test]
fn paths() {
    check("state = \" \"", &["jobq.toml:1: state: it is empty: name a folder"]);
    check_queue("results = \"\"", &["jobq.toml:6: queues.troops.results: it is empty: ..."]);
    check_queue(
        "results = \"s3://B/x\"",
        &["jobq.toml:6: queues.troops.results: its bucket has no name ..."],
    );
    check_queue("results = \"ftp://x\"", &["jobq.toml:6: queues.troops.results: name a folder, ..."]);
    let config = Config::parse("jobq.toml", &DESIGN.replace("results/troops", "s3://mine/a/b/")).unwrap();
    let results = config.queues.values().next().unwrap().results.clone();
    assert_eq!(results, Some(Place::Bucket { bucket: "mine".into(), prefix: "a/b".into() }));
}

#[test]
fn the_stack() {
    check("[aws]\nstack = \"My_Stack\"", &["jobq.toml:2: aws.stack: 'My_Stack' is not a stack name: ..."]);
    check("[aws]\nregion = \"Stockholm\"", &["jobq.toml:2: aws.region: 'Stockholm' is not a region: ..."]);
    check(
        "[aws]\narchitecture = \"arm\"",
        &["jobq.toml:2: aws.architecture: 'arm' is not an architecture: ..."],
    );
    check("[aws]\nmemory = 64", &["jobq.toml:2: aws.memory: a function has 128 to 10240 MB"]);
    check("[aws]\ntimeout = \"1h\"", &["jobq.toml:2: aws.timeout: '1h' is out of bounds: ..."]);
    check("[aws]\nlog_days = 2", &["jobq.toml:2: aws.log_days: CloudWatch keeps logs for ..."]);
    check("[aws]\nsecrets = \"vault\"", &["jobq.toml:2: aws.secrets: 'vault' keeps no secrets: ..."]);
    check(
        "[aws]\nalarm_topic = \"me@x\"",
        &["jobq.toml:2: aws.alarm_topic: 'me@x' is not an SNS topic: ..."],
    );
    check_limit(
        "drainers = { mx = 8 }",
        &["jobq.toml:4: limits.hermes.drainers.mx is not a known key", "  hint: ..."],
    );
    let config = Config::parse("jobq.toml", "[aws]\nstack = \"hermes\"\ntimeout = \"5m\"").unwrap();
    assert_eq!((config.stack.name.as_str(), config.stack.timeout), ("hermes", Duration::from_secs(300)));
}

#[test]
fn traces_of_the_stack() {
    let check_traces = |line: &str, expected: &[&str]| check(&format!("[aws.traces]\n{line}"), expected);
    check_traces("", &["jobq.toml:1: aws.traces.endpoint is missing", "  hint: write it like ..."]);
    check_traces("endpoint = \"collector\"", &["jobq.toml:2: aws.traces.endpoint: it is no place ..."]);
    check_traces("endpoint = \"grpc://c:4317\"", &["jobq.toml:2: aws.traces.endpoint: it is no place ..."]);
    check_traces(
        "endpoint = \"https://me:pass@c\"",
        &["jobq.toml:2: aws.traces.endpoint: everybody could read the password in it: ..."],
    );
    check_traces(
        "endpoint = \"https://c?key=1\"",
        &["jobq.toml:2: aws.traces.endpoint: '/v1/traces' is ..."],
    );
    check_traces(
        "endpoint = \"https://c\"\nheader = {}",
        &["jobq.toml:3: aws.traces.header is not a known key", "  hint: did you mean 'headers'?"],
    );
    check_traces(
        "endpoint = \"https://c\"\nheaders = { x-key = \"${KEY}\" }",
        &["jobq.toml:3: aws.traces.headers.x-key: only ${secret:NAME} can stand for a value"],
    );
    let text =
        "[aws.traces]\nendpoint = \"https://c\"\nheaders = { X-A = \"${secret:a}\", b = \"${secret:a}\" }";
    let traces = Config::parse("jobq.toml", text).unwrap().stack.traces.unwrap();
    assert_eq!((traces.endpoint.as_str(), traces.headers[0].0.as_str()), ("https://c", "x-a"));
    assert_eq!(traces.secrets.iter().map(SecretName::as_str).collect::<Vec<_>>(), ["a"]);
    assert_eq!(Config::default().stack.traces, None);
}

#[test]
fn names_that_are_not_there() {
    let config = Config::parse("jobq.toml", DESIGN).unwrap();
    assert_eq!(config.unknown_queue("troop"), "there is no queue 'troop': did you mean 'troops'?");
    assert_eq!(config.unknown_limit("zeus"), "there is no limit 'zeus': use one of: hermes");
    let empty = Config::default();
    assert_eq!(empty.unknown_queue("x"), "there is no queue 'x': there is no queue at all yet");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,80}") {
        let _ = Config::parse("jobq.toml", &text);
    }

    /// Text that is often a good table with any value in it, so that the checks are reached.
    #[test]
    fn any_value_is_read_or_refused(
        key in "(rate|hosts|burst|headroom|quotas|time_zone|headers|secrets|limit|timeout|visibility|retry|schedule)",
        value in "(\"[^\"\\\\]{0,12}\"|[0-9]{1,12}[/%smhd]{0,2}|\\[\"[^\"\\\\]{0,8}\"\\]|\\{a=\"[^\"\\\\]{0,9}\"\\})",
    ) {
        for table in ["limits", "queues"] {
            let text = format!("[{table}.a]\n{key} = {value}\n");
            if let Err(problems) = Config::parse("jobq.toml", &text) {
                assert!(problems.iter().all(|problem| !problem.message.contains('\n')));
            }
        }
    }
}

/// A file with one recurring push of these lines; they begin at line 7.
fn check_push(lines: &str, expected: &[&str]) {
    let head = "[limits.hermes]\nrate = \"50/s\"\nhosts = [\"api.hermes.example\"]\n[queues.troops]\nlimit = \"hermes\"\n[pushes.nightly]\n";
    check(&format!("{head}{lines}"), expected);
}

#[test]
fn recurring_pushes_are_checked() {
    const WHEN: &str = "cron = \"cron(0 2 * * ? *)\"\n";
    check_push(
        &format!("queue = \"troop\"\n{WHEN}"),
        &[
            "jobq.toml:6: pushes.nightly.file is missing",
            "  hint: write file = \"tasks.jsonl\", or url = \"https://host/path\" for one task",
            "jobq.toml:7: pushes.nightly.queue: there is no queue 'troop'",
            "  hint: did you mean 'troops'?",
        ],
    );
    check_push(
        "queue = \"troops\"\ncron = \"cron(0 2 * * ? *) for 1h\"\nfile = \"a\"\nurl = \"https://api.hermes.example\"\n",
        &[
            "jobq.toml:8: pushes.nightly.cron: 'cron(0 2 * * ? *) for 1h' doesn't say when: it comes at an instant...",
            "jobq.toml:10: pushes.nightly.url: there is a file too",
            "  hint: leave one of the two out",
        ],
    );
    check_push(
        &format!("queue = \"troops\"\n{WHEN}url = \"https://other.example/${{secret:k}}\"\n"),
        &[
            "jobq.toml:9: pushes.nightly.url: the limit 'hermes' doesn't cover other.example",
            "  hint: add it to hosts of [limits.hermes]",
            "jobq.toml:9: pushes.nightly.url: the limit 'hermes' doesn't list the secret 'k'",
        ],
    );
    check_push(
        &format!("queue = \"troops\"\n{WHEN}url = \"api.hermes.example\"\n"),
        &[
            "jobq.toml:9: pushes.nightly.url: 'api.hermes.example' is not an absolute url: start it with https://...",
        ],
    );
}
