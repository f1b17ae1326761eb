//! A table of all kinds of events: data in, text out.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use super::calls::StatusClass;
use super::drainers::{DrainFailed, Run};
use super::metric::{Gauge, Kind, Metric, OnCloudWatch};
use super::program::{CommandFailed, NoteTold, WarningTold};
use super::shown::Shown;
use super::sizing::{DrainersSized, SizingFailed};
use super::telling::{Amount, Key, Level, Measure, Told};
use super::*;
use crate::config::Config;
use crate::death::Reason;
use crate::metric_names::{CALLS_STARTED, TASKS_DIED, TASKS_DONE, THROTTLED};
use crate::name::{LimitName, QueueName};
use crate::policy::calendar::book::Why;
use crate::policy::calendar::state::{CoolDown, LimitState};
use crate::policy::scale::decide::decide;
use crate::policy::scale::reading::{Backlog, Cap, QueueReading, Reading};
use crate::policy::scale::tempo::Tempo;
use crate::policy::schedule::Openness;
use crate::time::Timestamp;

const TABLE: &str = "\
warn line_refused line=7 error=no url
debug tasks_sent queue=troops tasks=4096
info batch_finished batch=b-1 queue=troops known=9 done=7 dead=1 skipped=1
warn batch_unfollowed batch=b-1 queue=troops error=no url
info batch_pushed queue=troops batch=b-1 tasks=9 duplicates=2 refused=1
info drain_begun limit=hermes drainers=2
info drain_ended limit=hermes calls=9 done=5 dead=1 retried=2 refused=3 released=4 skipped=8 stale=6 forfeited=7 seconds=1.5
info drain_begun limit=hermes drainers=1 drainer=lambda-1 woken_by=push
debug tasks_received queue=troops tasks=10 | TasksReceived troops +10
debug tasks_awaited tasks=3
debug lease_booked limit=hermes slots=50 | SlotsBooked +50
debug lease_deferred limit=hermes why=the calendar is booked ahead wait_seconds=0.02 | LeasesDeferred pace +1
info lease_deferred limit=hermes why=a quota is used up wait_seconds=9 | LeasesDeferred quota +1
debug slots_forfeited limit=hermes slots=7 | SlotsForfeited +7
debug call_started queue=troops | CallsStarted troops +1
debug call_ended queue=troops status=204 seconds=0.03 | CallsEnded troops 2xx +1 | CallDuration troops 30ms
debug call_ended queue=troops error=connect: refused seconds=0 | CallsEnded troops none +1 | CallDuration troops 0ns
warn limit_cooled limit=hermes status=429 | AnswersThrottled +1
debug task_done queue=troops | TasksDone troops +1
debug tasks_grown queue=troops into=groups tasks=40 | TasksGrown troops +40
debug task_retried queue=troops spent=true delay_seconds=2 | TasksRetried troops +1
debug task_retried queue=troops spent=false delay_seconds=2 | TasksPostponed troops +1
warn task_died queue=troops reason=rejected | TasksDied troops rejected +1
debug task_released queue=troops | TasksReleased troops +1
debug task_skipped queue=troops | TasksSkipped troops +1
debug settlement_stale queue=troops | SettlementsStale troops +1
warn drainer_went_alone limit=hermes share_is_one_of=8 | DrainersAlone +1
info drainer_rejoined limit=hermes | DrainersAlone -1
warn operation_failed retry_in_seconds=0.2 error=receive tasks of troops: it is busy | OperationsFailed +1
info operation_recovered
info note_told text=pushed 9 tasks
warn warning_told text=a line was refused
error command_failed hint=write one: jobq init error=there is no queue
error command_failed error=there is no queue
error drain_failed limit=hermes drainer=lambda-1 woken_by=push error=it is busy
error drain_failed drainer=lambda-1 woken_by=push error=it is busy
error sizing_failed limit=hermes error=it is busy
error sizing_failed error=it is busy
";

#[test]
fn every_event_has_a_name_a_level_fields_and_what_it_counts() {
    let mut table = String::new();
    for event in all() {
        row(&mut table, event.telling());
    }
    let failed = |hint: &str| CommandFailed { error: "there is no queue".to_owned(), hint: hint.to_owned() };
    row(&mut table, &NoteTold { text: "pushed 9 tasks".to_owned() });
    row(&mut table, &WarningTold { text: "a line was refused".to_owned() });
    row(&mut table, &failed("write one: jobq init"));
    row(&mut table, &failed(""));
    let (limit, error): (Option<LimitName>, _) =
        (Some("hermes".parse().unwrap()), || "it is busy".to_owned());
    row(&mut table, &DrainFailed { limit: limit.clone(), run: run(), error: error() });
    row(&mut table, &DrainFailed { limit: None, run: run(), error: error() });
    row(&mut table, &SizingFailed { limit, error: error() });
    row(&mut table, &SizingFailed { limit: None, error: error() });
    assert_eq!(table, TABLE);
}

/// Every variant of [`Event`] once, those with a choice in them once for each.
fn all() -> Vec<Event> {
    let (queue, limit) =
        (|| -> QueueName { "troops".parse().unwrap() }, || -> LimitName { "hermes".parse().unwrap() });
    let deferred = |why, wait| LeaseDeferred { limit: limit(), why, wait };
    let ended = |answer, latency| CallEnded { queue: queue(), answer, latency };
    let retried = |spent| TaskRetried { queue: queue(), delay: Duration::from_secs(2), spent };
    let drained = DrainEnded {
        limit: limit(),
        calls: 9,
        done: 5,
        retried: 2,
        refused: 3,
        dead: 1,
        released: 4,
        skipped: 8,
        stale: 6,
        forfeited: 7,
        took: Duration::from_millis(1_500),
        run: None,
    };
    vec![
        LineRefused { line: 7, error: "no url".to_owned() }.into(),
        TasksSent { queue: queue(), count: 4_096 }.into(),
        BatchFinished {
            batch: "b-1".parse().unwrap(),
            queue: queue(),
            tally: crate::batch::Tally { known: 9, done: 7, dead: 1, skipped: 1 },
        }
        .into(),
        BatchUnfollowed { batch: "b-1".parse().unwrap(), queue: queue(), error: "no url".to_owned() }.into(),
        BatchPushed { batch: "b-1".parse().unwrap(), queue: queue(), sent: 9, duplicates: 2, refused: 1 }
            .into(),
        DrainBegun { limit: limit(), drainers: 2, run: None }.into(),
        drained.into(),
        DrainBegun { limit: limit(), drainers: 1, run: Some(run()) }.into(),
        TasksReceived { queue: queue(), count: 10 }.into(),
        TasksAwaited { count: 3 }.into(),
        LeaseBooked { limit: limit(), count: 50 }.into(),
        deferred(Why::Pace, Duration::from_millis(20)).into(),
        deferred(Why::Quota, Duration::from_secs(9)).into(),
        SlotsForfeited { limit: limit(), count: 7 }.into(),
        CallStarted { queue: queue() }.into(),
        ended(Ok(204), Duration::from_millis(30)).into(),
        ended(Err("connect: refused".to_owned()), Duration::ZERO).into(),
        LimitCooled { limit: limit(), status: 429 }.into(),
        TaskDone { queue: queue() }.into(),
        TasksGrown { queue: queue(), into: "groups".parse().unwrap(), count: 40 }.into(),
        retried(true).into(),
        retried(false).into(),
        TaskDied { queue: queue(), reason: Reason::Rejected }.into(),
        TaskReleased { queue: queue() }.into(),
        TaskSkipped { queue: queue() }.into(),
        SettlementStale { queue: queue() }.into(),
        DrainerWentAlone { limit: limit(), of: 8 }.into(),
        DrainerRejoined { limit: limit() }.into(),
        OperationFailed {
            error: "receive tasks of troops: it is busy".to_owned(),
            retry_in: Duration::from_millis(200),
        }
        .into(),
        OperationRecovered.into(),
    ]
}

fn row(table: &mut String, event: &dyn Telling) {
    write!(table, "{} {}", event.level().as_str(), event.name()).unwrap();
    for (key, value) in event.fields() {
        write!(table, " {}=", key.as_str()).unwrap();
        told(table, value);
    }
    event.counts().into_iter().flatten().for_each(|measure| counted(table, measure));
    table.push('\n');
}

fn told(table: &mut String, value: Told<'_>) {
    match value {
        Told::Text(text) => table.push_str(text),
        Told::Count(count) => write!(table, "{count}").unwrap(),
        Told::Flag(flag) => write!(table, "{flag}").unwrap(),
        Told::Seconds(length) => write!(table, "{}", length.as_secs_f64()).unwrap(),
        Told::Fraction(number) => write!(table, "{number}").unwrap(),
        Told::Nothing => table.push_str("nothing"),
        Told::Group(values) => values.into_iter().for_each(|(name, value)| {
            write!(table, " {name}:").unwrap();
            told(table, value);
        }),
        Told::List(values) => values.into_iter().for_each(|value| told(table, value)),
    }
}

fn run() -> Run {
    Run { drainer: "lambda-1".to_owned(), woken_by: "push" }
}

fn counted(table: &mut String, Measure { metric, queue, word, amount }: Measure<'_>) {
    write!(table, " | {metric:?}").unwrap();
    let labels = [queue.map(QueueName::as_str), word];
    labels.into_iter().flatten().for_each(|label| write!(table, " {label}").unwrap());
    match amount {
        Amount::More(count) => write!(table, " +{count}").unwrap(),
        Amount::Fewer(count) => write!(table, " -{count}").unwrap(),
        Amount::Took(length) => write!(table, " {length:?}").unwrap(),
    }
}

/// What the autoscaler read and decided, in full: the line of a limit's log that people look through.
#[test]
fn a_decision_tells_what_it_was_made_of_and_shows_four_metrics() {
    let text = "[limits.hermes]\nrate = \"50/s\"\nhosts = [\"a.example\"]\n";
    let config = Config::parse("jobq.toml", text).unwrap();
    let limit = config.limits.values().next().unwrap();
    let queue = |name: &str, backlog| {
        let openness = Openness::Always;
        QueueReading { queue: name.parse().unwrap(), openness, backlog }
    };
    let backlog = Backlog { ready: 40, in_flight: 2, delayed: 1 };
    let at = Timestamp::from_secs(1_000);
    let mut reading = Reading {
        at,
        queues: vec![queue("troops", Some(backlog)), queue("groups", None)],
        arrivals: Some(0.5),
        cap: Cap::At(1),
    };
    let until = Timestamp::from_secs(1_007);
    let cool_down = CoolDown { since: at, until, status: 429, streak: 1, pace_per_mille: 500 };
    let state = LimitState { cool_down: Some(cool_down), ..LimitState::default() };
    let check = |reading: &Reading, expected: &str| {
        let decision = decide(limit, &state, reading, Tempo::EACH_MINUTE);
        let sized = DrainersSized::new(&limit.name, "push", reading, &decision, &state);
        let mut table = String::new();
        row(&mut table, &sized);
        assert_eq!(table.replace(&decision.reason(), "REASON"), expected);
        let metrics = sized.shows().into_iter().map(|Shown { name, .. }| name);
        assert_eq!(
            metrics.collect::<Vec<_>>(),
            ["DrainersDesired", "DrainersAlive", "CoolingSeconds", "RateAllowed"]
        );
        sized.shows()[2].value
    };
    let cooling = check(
        &reading,
        "info drainers_sized limit=hermes woken_by=push reason=REASON start=1 set_cap=nothing coming=0 ending=0 \
         reading= queues: queue:troops open:true backlog: ready:40 in_flight:2 delayed:1 queue:groups open:true \
         backlog:nothing arrivals:0.5 cap:1\n",
    );
    assert!((cooling - 7.0).abs() < 1e-9, "{cooling}");
    reading = Reading { queues: Vec::new(), arrivals: None, cap: Cap::Unknown, ..reading };
    check(
        &reading,
        "info drainers_sized limit=hermes woken_by=push reason=REASON start=0 set_cap=nothing coming=0 ending=0 \
         reading= queues: arrivals:nothing cap:unknown\n",
    );
}

/// What an event counts fits its metric: it has a queue and a word where the metric says so, and a known one.
#[test]
fn measures_are_as_their_metrics_say() {
    let events = all();
    let measures: Vec<Measure<'_>> =
        events.iter().flat_map(|event| event.telling().counts()).flatten().collect();
    for measure in &measures {
        let description = measure.metric.description();
        assert_eq!(measure.queue.is_some(), description.by_queue, "{measure:?}");
        match (measure.word, description.by) {
            (None, None) => {}
            (Some(word), Some(by)) => assert!(by.words().contains(&word), "{measure:?}"),
            _ => panic!("{measure:?} doesn't fit {description:?}"),
        }
        let fits = match measure.amount {
            Amount::More(_) => !matches!(description.kind, Kind::Histogram(_)),
            Amount::Fewer(_) => description.kind == Kind::Gauge,
            Amount::Took(_) => matches!(description.kind, Kind::Histogram(_)),
        };
        assert!(fits, "{measure:?} doesn't fit {description:?}");
    }
    for metric in Metric::ALL {
        assert!(measures.iter().any(|measure| measure.metric == metric), "nothing counts {metric:?}");
    }
}

#[test]
fn metrics_are_where_the_list_says_and_have_names_of_their_own() {
    let numbers: Vec<usize> = Metric::ALL.iter().map(|metric| *metric as usize).collect();
    assert_eq!(numbers, (0..Metric::ALL.len()).collect::<Vec<_>>());
    let all = Metric::ALL.map(Metric::description).into_iter().chain(Gauge::ALL.map(Gauge::description));
    let names: Vec<&str> = all.map(|description| description.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    for name in names {
        assert!(name.starts_with("jobq_") && !name.ends_with("_total"), "{name}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
    }
}

/// The alarms and the dashboard of a stack read these, and every one is paid for.
#[test]
fn four_metrics_go_to_cloud_watch() {
    let names = Metric::ALL.into_iter().filter_map(|metric| match metric.on_cloud_watch() {
        OnCloudWatch::Metric(name) => Some(name),
        OnCloudWatch::Field(_) | OnCloudWatch::Nothing => None,
    });
    assert_eq!(names.collect::<Vec<_>>(), [CALLS_STARTED, TASKS_DONE, TASKS_DIED, THROTTLED]);
}

#[test]
fn a_text_from_outside_is_bounded_and_cut_between_characters() {
    let error = format!("{}é and more", "x".repeat(999));
    let failed = OperationFailed { error, retry_in: Duration::ZERO };
    let fields = failed.fields();
    assert_eq!(fields[1], (Key::Error, Told::Text(&"x".repeat(999))));
}

#[test]
fn classes_of_statuses_are_few() {
    let classes = [100, 204, 308, 429, 599, 600, 999, 7].map(|status| StatusClass::of(status).as_str());
    assert_eq!(classes, ["1xx", "2xx", "3xx", "4xx", "5xx", "other", "other", "other"]);
}

#[test]
fn the_louder_the_less() {
    assert!(Level::ALL.is_sorted());
    assert!(Key::ALL.is_sorted(), "every key is in the list, in order");
}
