//! What programs make of letters, and what programs that mean harm make of them: nothing, and one error.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jobq_adapters::jq::sandbox::{Bounds, Sandbox};
use jobq_adapters::sqlite::store::LocalStore;
use jobq_core::dead_letter::{DeadLetter, Remains};
use jobq_core::death::Reason;
use jobq_core::envelope::Envelope;
use jobq_core::fault::Fault;
use jobq_core::jq::{Failed, Job, Made};
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::jq::Jq;
use jobq_core::settlement::{End, Settlement};
use jobq_core::task::{Method, Priority, Request, Task};
use jobq_core::time::Timestamp;
use jobq_producer::letters::carry_out::{Progress, carry_out};
use jobq_producer::letters::filter::Filter;
use jobq_producer::letters::look::{Plan, plan};
use jobq_producer::letters::order::{Act, Order, OrderError};
use jobq_tests::contract::subject::{VISIBILITY, batch, letters, normal, send, troops};
use jobq_tests::hand_clock::HandClock;
use jobq_tests::world::jobq::jobq;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop};
use proptest::{prop_assert_eq, prop_oneof, proptest};

use crate::office::Office;

const NOW: Timestamp = Timestamp::EPOCH;

/// Letters in a local store, and a sandbox of the program's own.
struct Room {
    store: LocalStore<HandClock>,
    clock: HandClock,
    sandbox: Sandbox,
    _folder: tempfile::TempDir,
}

impl Room {
    async fn with(tasks: &[Task]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = HandClock::new(NOW);
        let store = LocalStore::open(&folder.path().join("jobq.db"), clock.clone()).unwrap();
        let program = PathBuf::from(jobq(Path::new("."), [""; 0]).get_program());
        let sandbox = Sandbox::of(program, Bounds::default());
        let room = Self { store, clock, sandbox, _folder: folder };
        room.kill(tasks).await;
        room
    }

    async fn kill(&self, tasks: &[Task]) {
        let envelope = |task: &Task| Envelope::new(task.clone(), batch("b"), NOW);
        let parcels = tasks.iter().map(|task| (envelope(task).seal(), Duration::ZERO)).collect();
        send(&self.store, "b", parcels).await;
        for (receipt, envelope) in self.received(tasks.len()).await {
            let of = Some(envelope.member());
            let letter = DeadLetter {
                reason: Reason::Rejected,
                detail: "the API answered 422".to_owned(),
                died_at: NOW,
                excerpt: None,
                remains: Remains::Envelope(Box::new(envelope)),
            };
            let end = End::Dead { letter: letter.encode(), of };
            self.store.settle(&[Settlement { queue: troops(), receipt, end }]).await.unwrap();
        }
    }

    /// Receives so many tasks, which must be all.
    async fn received(&self, count: usize) -> Vec<(jobq_core::delivery::Receipt, Envelope)> {
        let intake = normal(&self.store);
        let found = self.store.receive(&intake, count + 1, VISIBILITY, Duration::ZERO).await.unwrap();
        assert_eq!(found.len(), count);
        let read =
            |found: jobq_core::delivery::Delivery| (found.receipt, Envelope::decode(&found.body).unwrap());
        found.into_iter().map(read).collect()
    }

    async fn plan(&self, jq: &impl Jq, order: &Order) -> Result<Plan, OrderError> {
        plan(&self.store, jq, order, NOW, &|| true).await
    }

    /// Carries an order out; tells how far it was when it ended, one way or the other.
    async fn carry_out(&self, jq: &impl Jq, order: &Order) -> (Progress, Result<Progress, OrderError>) {
        let plan = self.plan(&self.sandbox, order).await.unwrap();
        let mut heard = Progress::default();
        let mut told = |progress| {
            heard = progress;
            true
        };
        let ended = carry_out(&self.store, jq, &self.clock, order, plan, &mut told).await;
        (heard, ended)
    }

    async fn left(&self) -> usize {
        letters(&self.store, &troops()).await.len()
    }
}

fn edit(program: &str) -> Order {
    let act = Act::SendBack(Some(program.to_owned()));
    Order { queue: troops(), filter: Filter::default(), picked: None, act }
}

fn task(id: &str, kind: &str, body: Option<&str>) -> Task {
    let headers = vec![("content-type".to_owned(), kind.to_owned())];
    let url = "https://api.example.com/v1/x".to_owned();
    let request = Request { method: Method::Post, url, headers, body: body.map(ToOwned::to_owned) };
    Task { id: id.parse().unwrap(), request, priority: Priority::Normal, delay: Duration::ZERO }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// What a program makes of one task with this body: what goes back, or why it stays.
async fn made(program: &str, body: &str) -> String {
    let room = Room::with(&[task("t-1", "application/json", Some(body))]).await;
    let plan = room.plan(&room.sandbox, &edit(program)).await.unwrap();
    if let Some((_, problem)) = plan.refusals.first() {
        assert_eq!((plan.refused, plan.chosen()), (1, 0));
        return problem.to_string();
    }
    if plan.chosen() == 0 {
        return "stays".to_owned();
    }
    room.carry_out(&room.sandbox, &edit(program)).await.1.unwrap();
    let (_, envelope) = room.received(1).await.remove(0);
    assert_eq!((envelope.spent, envelope.deaths.len(), room.left().await), (0, 1, 0));
    // Whatever it is called now, to its batch it is who it was.
    assert_eq!(envelope.member().task.as_str(), "t-1");
    let Request { method, url, body, .. } = envelope.request;
    format!("{} {} {url} {}", envelope.id, method.as_str(), body.unwrap_or_default())
}

#[test]
fn programs_change_what_they_name_and_nothing_else() {
    // Not as any writer of JSON would have it: what isn't touched must go out as it came.
    let body = r#"{"n": 1.0,  "big": 123456789012345678901234567890, "z": "\u00e9"}"#;
    let unchanged = |id: &str, path: &str| format!("{id} POST https://api.example.com/{path}/x {body}");
    let keys = "url, method, headers, body, id, priority, delay, at";
    let cases = [
        (".", unchanged("t-1", "v1")),
        (r#".url |= sub("v1";"v2")"#, unchanged("t-1", "v2")),
        (
            ".body.n += 1",
            r#"t-1 POST https://api.example.com/v1/x {"n":2.0,"big":123456789012345678901234567890,"z":"é"}"#
                .to_owned(),
        ),
        ("del(.body) | .method = \"GET\"", "t-1 GET https://api.example.com/v1/x ".to_owned()),
        (r#".id = "t-2""#, unchanged("t-2", "v1")),
        ("select(.dead.status == 404)", "stays".to_owned()),
        ("., .", "the program makes several tasks of one (let it end in one object)".to_owned()),
        (".url = 7", "url is a number, not text (write it in quotes)".to_owned()),
        (".delay = \"5m\"", "a task that is sent back doesn't wait (leave 'delay' out)".to_owned()),
        (".nope = 1", format!("unknown key 'nope' (use one of: {keys})")),
        (
            ".at = \"2026-11-27T09:00:00Z\"",
            "a task that is sent back doesn't wait (leave 'at' out)".to_owned(),
        ),
        ("error(\"because\")", "the program failed: \"because\"".to_owned()),
        ("., error(\"late\")", "the program failed: \"late\"".to_owned()),
    ];
    for (program, expected) in cases {
        assert_eq!(run(made(program, body)), expected, "{program}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(run(made(".", &deep)), format!("t-1 POST https://api.example.com/v1/x {deep}"));
}

fn any_body() -> impl Strategy<Value = Option<String>> {
    let odd = ["null", "\"text\"", "[1, 2e400]", "{\"a\": {}}", "1.50", "{broken", " {}", "", "{\"a\":\n1}"];
    let odd = prop::sample::select(odd.to_vec()).prop_map(|body| Some(body.to_owned()));
    prop_oneof![Just(None), any::<String>().prop_map(Some), odd]
}

fn any_kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["application/json", "text/plain"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_program_that_changes_nothing_changes_nothing(
        bodies in prop::collection::vec((any_kind(), any_body()), 1..40),
    ) {
        let tasks: Vec<Task> = bodies
            .iter()
            .enumerate()
            .map(|(number, (kind, body))| task(&format!("t-{number}"), kind, body.as_deref()))
            .collect();
        let mut back = run(async {
            let room = Room::with(&tasks).await;
            room.carry_out(&room.sandbox, &edit(".")).await.1.unwrap();
            room.received(tasks.len()).await
        });
        back.sort_by_key(|(_, envelope)| envelope.id.as_str()[2..].parse::<usize>().unwrap());
        for ((_, envelope), task) in back.iter().zip(&tasks) {
            prop_assert_eq!(&envelope.request, &task.request);
        }
    }
}

/// A sandbox whose programs take too much once they have run so many times.
struct Tiring<'a> {
    sandbox: &'a Sandbox,
    left: AtomicI64,
}

impl Jq for Tiring<'_> {
    async fn run(&self, job: &Job) -> Result<Result<Made, Failed>, Fault> {
        if self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Ok(Err(Failed::BrokenOff { chain: 0, link: 0, said: "it takes too long".to_owned() }));
        }
        self.sandbox.run(job).await
    }
}

#[test]
fn p1_letters_whose_program_is_broken_off_half_way_stay_and_go_back_later() {
    run(async {
        let tasks: Vec<Task> = (0..1_100).map(|number| task(&format!("t-{number}"), "x", None)).collect();
        let room = Room::with(&tasks).await;
        let order = edit(".method = \"GET\"");
        let tiring = |left: i64| Tiring { sandbox: &room.sandbox, left: left.into() };
        let Err(OrderError::BrokenOff { said, .. }) = room.plan(&tiring(700), &order).await else {
            panic!("it was judged to its end");
        };
        assert_eq!(
            (said.as_str(), room.left().await),
            ("it takes too long", 1_100),
            "a look changes nothing"
        );
        let (heard, ended) = room.carry_out(&tiring(700), &order).await;
        assert!(matches!(ended, Err(OrderError::BrokenOff { .. })), "{ended:?}");
        let ended = usize::try_from(heard.ended).unwrap();
        assert!((1..=700).contains(&ended), "{ended}");
        assert_eq!(room.left().await, 1_100 - ended, "what it said is what it did");
        let (_, rest) = room.carry_out(&room.sandbox, &order).await;
        assert_eq!(usize::try_from(rest.unwrap().ended).unwrap(), 1_100 - ended);
        let mut back: Vec<String> = room
            .received(1_100)
            .await
            .into_iter()
            .map(|(_, envelope)| {
                assert_eq!(envelope.request.method, Method::Get);
                envelope.id.to_string()
            })
            .collect();
        back.sort();
        back.dedup();
        assert_eq!((back.len(), room.left().await), (1_100, 0), "each of them once");
    });
}

#[test]
fn hostile_programs_are_ended_with_one_error_and_nothing_is_done() {
    let office = Office::local();
    office.kill(20);
    let before = office.export(&[]);
    let one = before[0]["dead"]["letter"].as_str().unwrap().to_owned();
    for (program, says) in [
        ("def f: f; f", "broken off after 2s, so nothing was done"),
        ("[range(infinite)]", "so nothing was done"),
        ("def f: 1 + f; f", "too deep, so nothing was done"),
        ("reduce range(100) as $i (\"x\"; . + .)", "more than 256 MiB of memory, so nothing was done"),
        ("last(repeat(.))", "broken off after 2s, so nothing was done"),
        ("env", "at column 1 the program uses an unknown filter 'env'"),
        (".url = $ENV.HOME", "at column 8 the program uses an unknown variable '$ENV'"),
        ("input", "at column 1 the program uses an unknown filter 'input'"),
        ("halt", "at column 1 the program uses an unknown filter 'halt'"),
        ("import \"x\" as x; .", "it may load nothing"),
        ("import \"/etc/passwd\" as $x; .url = $x", "it may load nothing"),
        (".url |=", "at its end there should be term"),
        ("error(\"no\")", "20 of 20 tasks can't be changed so, and nothing was done"),
        ("repeat(.)", "20 of 20 tasks can't be changed so, and nothing was done"),
    ] {
        for dry_run in [&["--dry-run"][..], &[]] {
            let asked = [&["dlq", "redrive", "troops", "--yes", "--edit", program], dry_run].concat();
            let ended = office.run(&asked).with_code(2);
            let errors: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
            assert!(errors.len() == 1 && errors[0].contains(says), "{program}: {ended:?}");
            assert_eq!(ended.stdout, "", "{program}");
        }
    }
    assert_eq!(office.export(&[]), before, "they lie as they lay");
    assert_eq!(office.count("ready"), 0);
    let edited = ["dlq", "redrive", "troops", &one, "--edit", ".", "--json"];
    assert_eq!(office.run(&edited).with_code(0).json()["ended"], 1);
}
