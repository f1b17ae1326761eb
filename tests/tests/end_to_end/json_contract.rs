//! `docs/json.md` against the program, both ways: what is printed stands on the page, what stands there is printed.
//!
//! What `deploy` and `destroy` print, and `doctor` on AWS, is held against the page where their tests run them:
//! `tests/tests/aws/deploy`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use jobq_tests::json_page::JsonPage;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{jobq, run};
use jobq_tests::world::nginx::Nginx;
use serde_json::{Value, json};

use crate::alone;

/// Commands that print JSON on AWS alone, and the objects in what they print.
const ON_AWS: [&str; 6] = ["jobq deploy", "jobq destroy", "stack change", "program", "remain", "cost"];

/// The program in a folder, each of whose outputs is held against the page.
struct Held {
    page: JsonPage,
    folder: Folder,
    /// It ends with this.
    _api: Nginx,
}

impl Held {
    /// Two queues of one limit, and one that is closed until 2199.
    fn new() -> Self {
        let api = Nginx::open("location /gone { return 404 'no such troop'; }");
        let folder = Folder::new();
        folder.file(
            "jobq.toml",
            "[limits.api]\nrate = \"100/s\"\nquotas = [\"600/m\"]\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
             [queues.calls]\nlimit = \"api\"\nresults = \"results.jsonl\"\n[queues.spare]\nlimit = \"api\"\n\
             [limits.idle]\nrate = \"1/s\"\nhosts = [\"*.example\"]\n[queues.waiting]\nlimit = \"idle\"\n\
             schedule = [\"cron(0 22 L DEC ? 2199) for 4h\"]\n\
             [pushes.last]\nqueue = \"waiting\"\ncron = \"cron(0 22 L DEC ? 2199) in Europe/Oslo\"\n\
             url = \"https://api.example/list\"\n",
        );
        let gone = api.url("/gone");
        let told = format!(
            "{{\"id\":\"told\",\"url\":\"{gone}\",\"method\":\"POST\",\"body\":{{\"a\":[1]}},\"priority\":\"high\"}}\n"
        );
        folder.file("calls.jsonl", format!("{told}{{\"id\":\"two\",\"url\":\"{gone}\"}}\n"));
        folder.file("later.txt", "https://api.example/1\nhttps://api.example/2\n");
        folder.file("run.txt", api.urls(2));
        Self { page: JsonPage::read(), folder, _api: api }
    }

    /// Runs a command and holds each object that it prints against the page.
    #[track_caller]
    fn held(&mut self, command: &str, code: i32) -> Vec<Value> {
        let typed: Vec<&str> = command.split(' ').collect();
        let ended = run(self.folder.path(), typed.iter().chain(&["--json"])).with_code(code);
        let objects: Vec<Value> =
            ended.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        assert!(!objects.is_empty(), "jobq {command} printed nothing: {ended:?}");
        objects.iter().for_each(|object| self.page.hold(&typed, object));
        objects
    }

    /// What an engine says when it is stopped.
    fn served(&mut self) {
        let mut serve = jobq(self.folder.path(), ["serve", "--json"]);
        let mut serve =
            serve.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Its first word is that it serves.
        let mut word = [0];
        serve.stderr.as_mut().unwrap().read_exact(&mut word).unwrap();
        Command::new("kill").args(["-TERM", &serve.id().to_string()]).status().unwrap();
        let ended = serve.wait_with_output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
        self.page.hold(&["serve"], &serde_json::from_slice(&ended.stdout).unwrap());
    }

    /// A batch of which nothing was called yet, and its end.
    fn waiting_batch(&mut self) {
        self.held("push waiting later.txt --batch night", 0);
        self.held("batch show night", 0);
        self.held("batch cancel night --dry-run", 0);
        self.held("batch cancel night --yes", 0);
    }

    /// The first reading of a watch.
    fn watched(&mut self) {
        let typed = ["status", "--watch"];
        let mut watch = jobq(self.folder.path(), typed.iter().chain(&["--json"]));
        let mut watch = watch.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(watch.stdout.take().unwrap()).read_line(&mut line).unwrap();
        // Nobody reads on, so it ends.
        assert!(watch.wait().unwrap().success());
        self.page.hold(&typed, &serde_json::from_str(&line).unwrap());
    }
}

#[test]
fn what_is_printed_is_on_the_page_and_the_other_way_round() {
    let _turn = alone();
    let mut held = Held::new();
    pushed_and_drained(&mut held);
    looked_at(&mut held);
    steered(&mut held);
    ended(&mut held);
    held.held("run run.txt --rate 50/s --allow-private --dry-run", 0);
    held.held("run run.txt --rate 50/s --allow-private", 0);
    held.held("doctor", 0);
    held.held("demo", 0);
    held.served();
    let mut unseen = held.page.unseen();
    unseen.retain(|(section, _)| !ON_AWS.contains(&section.as_str()));
    assert!(unseen.is_empty(), "on the page, and never printed: {unseen:?}");
}

/// Whatever differs between page and output is noticed, or the test above would hold nothing.
#[test]
fn a_page_that_says_something_else_is_noticed() {
    let page = |rows: &str| {
        JsonPage::of(&format!(
            "# Page\n\n## `jobq look`\n\n| key | type | meaning |\n|---|---|---|\n{rows}\n\
             ## part\n\n| key | type | meaning |\n|---|---|---|\n| `n` | integer | |\n"
        ))
    };
    let printed = json!({ "name": "a", "parts": [{ "n": 1 }, { "n": 2 }], "why": null });
    let (name, parts) = ("| `name` | string | |\n", "| `parts` | list of [part](#part) | |\n");
    let why = "| `why` | string or null | |\n";
    let problems = |rows: &[&str]| page(&rows.concat()).problems(&["look"], &printed).len();
    assert_eq!(problems(&[name, parts, why]), 0);
    assert_eq!(problems(&[name, parts, why, "| `more` | any, optional | |\n"]), 0);
    assert_eq!(problems(&[name, parts, why, "| `more` | any | |\n"]), 1, "a key that isn't printed");
    assert_eq!(problems(&[name, parts]), 1, "a key that isn't on the page");
    assert_eq!(problems(&[name, parts, "| `why` | string | |\n"]), 1, "null");
    assert_eq!(problems(&["| `name` | number | |\n", parts, why]), 1, "another type");
    assert_eq!(problems(&[name, "| `parts` | list of string | |\n", why]), 2, "of each item");
    let wrong_inside = json!({ "name": "a", "parts": [{ "n": 1.5 }, {}], "why": "so" });
    let mut page = page(&[name, parts, why, "| `more` | any, optional | |\n"].concat());
    assert_eq!(page.problems(&["look"], &wrong_inside).len(), 2);
    assert_eq!(page.unseen(), [("jobq look".to_owned(), "more".to_owned())]);
}

fn pushed_and_drained(held: &mut Held) {
    held.held("push calls calls.jsonl --dry-run", 0);
    held.held("push calls calls.jsonl --batch monday", 0);
    held.held("push calls calls.jsonl --batch monday", 0);
    held.held("push waiting later.txt", 0);
    held.held("drain api --until-empty", 3);
    // Sent back once and dead again, a letter has a past.
    held.held("dlq redrive calls told", 0);
    held.held("drain api --until-empty", 3);
    put_a_foreign_letter(&held.folder);
}

fn looked_at(held: &mut Held) {
    held.held("status", 0);
    held.watched();
    held.held("queue ls", 0);
    held.held("queue show calls", 0);
    held.held("queue show waiting", 0);
    held.held("batch ls", 0);
    held.held("batch show monday", 0);
    held.held("batch wait monday", 3);
    held.held("limit ls", 0);
    held.held("limit show api", 0);
    held.held("limit verify", 0);
    held.held("limit verify --since 1h", 0);
    held.held("dlq stats", 0);
    assert_eq!(held.held("dlq ls", 0).len(), 3);
    held.held("dlq show told", 0);
    held.held("dlq export calls", 0);
}

fn steered(held: &mut Held) {
    for change in
        ["set api 200/s --for 1h --reason slow --by me", "reset api", "pause api --for 1h", "resume api"]
    {
        held.held(&format!("limit {change}"), 0);
    }
    held.held("limit verify api", 0);
    held.held("queue pause waiting --for 1h", 0);
    held.held("status", 0);
    held.held("queue resume waiting", 0);
    held.waiting_batch();
    held.held("queue purge waiting --dry-run", 0);
    held.held("queue purge waiting --yes", 0);
}

fn ended(held: &mut Held) {
    held.held("dlq redrive calls --dry-run", 0);
    held.held("dlq drop calls two", 0);
    held.held("dlq drop calls --yes", 0);
}

/// A dead letter that is no task of ours, as somebody else may put one into a queue of SQS.
fn put_a_foreign_letter(folder: &Folder) {
    let db = rusqlite::Connection::open(folder.path().join(".jobq/jobq.db")).unwrap();
    let put = "INSERT INTO letters (queue, body) SELECT queue, CAST('no task' AS BLOB) FROM letters LIMIT 1";
    assert_eq!(db.execute(put, []).unwrap(), 1);
}
