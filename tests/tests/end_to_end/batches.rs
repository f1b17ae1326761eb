//! Batches: waited for, canceled, and told of when they have ended, once.

use std::fs;
use std::process::{Child, Command};

use serde_json::Value;

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{run, start, wait};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;

use crate::alone;

const LIMIT: &str = "[limits.api]\nhosts = [\"127.0.0.1\"]\nallow_private = true\nmax_in_flight = 12\n";

/// Two levels: a list of 30, each with 20.
fn tree() -> Nginx {
    let ids = |count: usize| (0..count).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    Nginx::open(&format!(
        r#"location = /list {{ return 200 '{{"ids":[{}]}}'; }}
           location ~ "^/list/\d+$" {{ return 200 '{{"ids":[{}]}}'; }}
           location = /list/7/7 {{ return 404; }}"#,
        ids(30),
        ids(20)
    ))
}

const TREE_CALLS: u64 = 1 + 30 + 600;

fn tree_config(rate: &str, extra: &str) -> String {
    let then = |queue: &str| {
        format!("then = {{ queue = \"{queue}\", each = \".ids[]?\", task = '\"\\($task.url)/\\(.)\"' }}\n")
    };
    let queue =
        |name: &str| format!("[queues.{name}]\nlimit = \"api\"\ntimeout = \"2s\"\nvisibility = \"5s\"\n");
    format!(
        "{LIMIT}rate = \"{rate}\"\n{}{}{extra}{}{}{}",
        queue("lists"),
        then("items"),
        queue("items"),
        then("leaves"),
        queue("leaves")
    )
}

/// A project in which a batch of this name waits in the first queue.
fn pushed(config: &str, batch: &str, calls: &str) -> Folder {
    let folder = Folder::new();
    folder.file("jobq.toml", config);
    folder.file("calls.txt", calls);
    run(folder.path(), ["push", "lists", "calls.txt", "--batch", batch]).with_code(0);
    folder
}

fn shown(folder: &Folder, batch: &str) -> Value {
    run(folder.path(), ["batch", "show", batch, "--json"]).with_code(0).json()
}

/// What the hook was told, in the order of telling.
fn told(folder: &Folder) -> Vec<Value> {
    let text = fs::read_to_string(folder.path().join("ended.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const HOOK: &str = "on_complete = { command = [\"sh\", \"-c\", \"cat >> ended.jsonl\"] }\n";

#[test]
fn p1_the_end_is_told_once_after_the_last_task_whatever_is_killed() {
    let _turn = alone();
    let api = tree();
    let folder = pushed(&tree_config("300/s", HOOK), "nightly", &api.url("/list"));
    let drain = || start(folder.path(), ["drain", "--until-empty", "--quiet"]);
    let mut drainers: Vec<Child> = (0..3).map(|_| drain()).collect();
    let waiting = start(folder.path(), ["batch", "wait", "nightly", "--json"]);
    for kill in 0..9 {
        until("the next moment to kill at", || api.calls().len() > 600 * kill / 9);
        let mut victim = std::mem::replace(&mut drainers[kill % 3], drain());
        victim.kill().unwrap();
        victim.wait().unwrap();
        assert_eq!(told(&folder), Vec::<Value>::new(), "some of it is open");
    }
    for drainer in drainers {
        assert!([Some(0), Some(3)].contains(&wait(drainer).code));
    }
    let waited = wait(waiting).with_code(3).json();
    // Whoever held the end and was killed leaves it to the next, a minute later at most.
    let last = run(folder.path(), ["drain", "--until-empty", "--quiet"]);
    assert_eq!(last.code, Some(0));

    let told = told(&folder);
    assert_eq!(told.len(), 1, "{told:?}");
    for (key, count) in
        [("known", TREE_CALLS), ("done", TREE_CALLS - 1), ("dead", 1), ("skipped", 0), ("times", 1)]
    {
        assert_eq!(told[0][key], count, "{key}: {told:?}");
        assert!(key == "times" || waited[key] == count, "{key}: {waited}");
    }
    assert_eq!((&told[0]["batch"], &waited["state"]), (&"nightly".into(), &"finished".into()));
}

#[test]
fn the_end_makes_one_task_more_and_a_url_is_told() {
    let api = tree();
    let extra = format!(
        "on_complete = {{ queue = \"leaves\", task = '\"{}?of=\\(.batch)&done=\\(.done)\"', url = \"{}\" }}\n",
        api.url("/reduce"),
        api.url("/hook")
    );
    let folder = pushed(&tree_config("1000/s", &extra), "maps", &api.url("/list/1"));
    run(folder.path(), ["drain", "--until-empty"]).with_code(0);
    let calls: Vec<String> = api.calls().into_iter().map(|call| call.path).collect();
    let reduced: Vec<usize> = (0..calls.len()).filter(|at| calls[*at] == "/reduce?of=maps&done=21").collect();
    assert_eq!(reduced, [calls.len() - 1], "it goes on after all of it, once: {calls:?}");
    assert_eq!(calls.iter().filter(|path| *path == "/hook").count(), 1);
    let next = shown(&folder, "maps.complete");
    assert_eq!((&next["state"], &next["done"]), (&"finished".into(), &1.into()));
    run(folder.path(), ["drain", "--until-empty"]).with_code(0);
    assert_eq!(api.calls().len(), calls.len(), "nothing is told twice");
}

/// `jobq run` has no jobq.toml, and can't know what is to be done at the end of somebody else's batch.
#[test]
fn p1_who_does_not_know_what_is_to_be_done_at_an_end_leaves_it_to_others() {
    let api = tree();
    let folder = pushed(&tree_config("1000/s", HOOK), "nightly", &api.url("/list"));
    run(folder.path(), ["queue", "purge", "lists", "--yes"]).with_code(0);
    folder.file("other.txt", api.url("/other"));
    run(folder.path(), ["run", "other.txt", "--rate", "100/s", "--allow-private"]).with_code(0);
    assert_eq!(told(&folder), Vec::<Value>::new());
    run(folder.path(), ["drain", "--until-empty"]).with_code(0);
    let batches: Vec<Value> = told(&folder).into_iter().map(|told| told["batch"].clone()).collect();
    assert_eq!(batches, ["nightly"]);
}

#[test]
fn a_hook_that_fails_is_warned_of_and_tried_again_later() {
    let api = tree();
    let failing = "on_complete = { command = [\"sh\", \"-c\", \"echo no room >&2; exit 4\"] }\n";
    let folder = pushed(&tree_config("1000/s", failing), "b", &api.url("/list/1/1"));
    let ended = run(folder.path(), ["drain", "--until-empty"]).with_code(0);
    assert!(ended.stderr.contains("the end of batch 'b' couldn't be told"), "{ended:?}");
    assert!(ended.stderr.contains("exit status: 4: no room"), "{ended:?}");
}

/// It would fail each time: it is told once, and nothing is tried again.
#[test]
fn a_task_that_cant_be_made_is_warned_of_and_the_end_is_told() {
    let api = tree();
    let failing = "on_complete = { queue = \"leaves\", task = '.known | error(\"no report of \\(.)\")' }\n";
    let folder = pushed(&tree_config("1000/s", failing), "b", &api.url("/list/1/1"));
    let ended = run(folder.path(), ["drain", "--until-empty"]).with_code(0);
    assert!(ended.stderr.contains("no task goes on from the end of batch 'b'"), "{ended:?}");
    let text = run(folder.path(), ["batch", "show", "b"]).with_code(0);
    assert!(text.stdout.contains("no task goes on from its end"), "{text:?}");
    let why = shown(&folder, "b");
    assert!(why["unfollowed"].as_str().unwrap().contains("no report of 1"), "{why}");
    let again = run(folder.path(), ["drain", "--until-empty"]).with_code(0);
    assert!(!again.stderr.contains("no task goes on"), "{again:?}");
}

#[test]
fn what_is_sent_back_opens_its_batch_and_ends_it_again() {
    let api = tree();
    let folder = pushed(&tree_config("1000/s", HOOK), "b", &api.url("/list/7"));
    run(folder.path(), ["drain", "--until-empty"]).with_code(3);
    run(folder.path(), ["batch", "wait", "b"]).with_code(3);
    run(folder.path(), ["dlq", "redrive", "items", "--yes", "--edit", ".url |= sub(\"7$\"; \"8\")"])
        .with_code(0);
    assert_eq!(shown(&folder, "b")["state"], "open");
    run(folder.path(), ["drain", "--until-empty"]).with_code(0);
    run(folder.path(), ["batch", "wait", "b"]).with_code(0);
    let counts: Vec<[u64; 3]> = told(&folder)
        .iter()
        .map(|told| ["times", "done", "dead"].map(|key| told[key].as_u64().unwrap()))
        .collect();
    assert_eq!(counts, [[1, 20, 1], [2, 21, 0]]);
}

#[test]
fn a_canceled_batch_is_called_no_more_and_the_others_go_on() {
    let _turn = alone();
    let api = tree();
    let folder = pushed(&tree_config("100/s", HOOK), "large", &api.url("/list"));
    folder.file("other.txt", api.url("/other\n").repeat(300));
    run(folder.path(), ["push", "leaves", "other.txt", "--batch", "other"]).with_code(0);
    let drainer = start(folder.path(), ["drain", "--until-empty", "--json"]);
    let of_large = || api.calls().iter().filter(|call| call.path.starts_with("/list")).count();
    until("it is well under way", || of_large() > 60);
    let canceled = run(folder.path(), ["batch", "cancel", "large", "--yes", "--json"]).with_code(0).json();
    assert!(canceled["skipped"].as_u64().unwrap() > 0, "{canceled}");
    let drained = wait(drainer).with_code(0).json();

    let waited = run(folder.path(), ["batch", "wait", "large", "--json"]).with_code(1).json();
    let number = |key: &str| waited[key].as_u64().unwrap();
    assert_eq!((waited["state"].as_str(), number("open"), number("dead")), (Some("canceled"), 0, 0));
    assert_eq!(number("done") + number("skipped"), number("known"), "each is one or the other: {waited}");
    assert_eq!(number("done"), of_large() as u64, "what was called is done, and the rest was not called");
    assert!(number("done") < TREE_CALLS / 2, "{waited}");
    let other = shown(&folder, "other");
    assert_eq!((&other["done"], &other["state"]), (&300.into(), &"finished".into()));
    assert_eq!(drained["done"].as_u64().unwrap(), 300 + number("done"));
    let large = told(&folder);
    assert_eq!((large.len(), &large[0]["skipped"]), (1, &waited["skipped"]));
}

/// Whoever sends a dead task back after its batch was canceled means it.
#[test]
fn p1_what_is_sent_back_after_a_cancel_is_called() {
    let api = tree();
    let (dead, later) = (api.url("/list/7/7"), api.url("/later"));
    let folder = pushed(&tree_config("1000/s", ""), "b", "");
    folder.file("some.jsonl", format!("{{\"url\":\"{dead}\"}}\n{{\"url\":\"{later}\",\"delay\":\"1h\"}}\n"));
    run(folder.path(), ["push", "lists", "some.jsonl", "--batch", "some"]).with_code(0);
    let drainer = start(folder.path(), ["drain"]);
    until("one is dead", || shown(&folder, "some")["dead"] == 1);
    Command::new("kill").args(["-TERM", &drainer.id().to_string()]).status().unwrap();
    wait(drainer).with_code(3);
    let canceled = run(folder.path(), ["batch", "cancel", "some", "--yes", "--json"]).with_code(0).json();
    assert_eq!((&canceled["skipped"], &canceled["state"]), (&1.into(), &"canceled".into()));
    run(folder.path(), ["dlq", "redrive", "lists", "--yes"]).with_code(0);
    run(folder.path(), ["drain", "--until-empty"]).with_code(3);
    assert_eq!(api.calls().len(), 2, "it was called again, and died again");
    let shown = shown(&folder, "some");
    assert_eq!((&shown["dead"], &shown["skipped"], &shown["open"]), (&1.into(), &1.into(), &0.into()));
}

#[test]
fn what_was_not_drained_is_skipped_at_once_and_asked_about_first() {
    let api = tree();
    let folder = pushed(&tree_config("100/s", ""), "b", &api.urls(40));
    let unsure = run(folder.path(), ["batch", "cancel", "b"]).with_code(2);
    assert!(unsure.stderr.contains("--yes"), "{unsure:?}");
    let dry = run(folder.path(), ["batch", "cancel", "b", "--dry-run"]).with_code(0);
    assert_eq!(dry.stdout.trim(), "would skip up to 40 tasks of 'b'; nothing was done");
    let canceled = run(folder.path(), ["batch", "cancel", "b", "--yes"]).with_code(0);
    assert_eq!(canceled.stdout.trim(), "canceled 'b': 40 tasks skipped, 0 done");
    let again = run(folder.path(), ["batch", "cancel", "b", "--yes"]).with_code(2);
    assert!(again.stderr.contains("has ended already"), "{again:?}");
    run(folder.path(), ["drain", "--until-empty"]).with_code(0);
    assert_eq!(api.calls().len(), 0);
    let listed = run(folder.path(), ["batch", "ls", "--json"]).with_code(0).json();
    assert_eq!(listed["batches"][0]["state"], "canceled");
}

#[test]
fn waiting_may_be_given_up_and_a_name_may_be_wrong() {
    let api = tree();
    let folder = pushed(&tree_config("100/s", ""), "nightly", &api.urls(3));
    let ended = run(folder.path(), ["batch", "wait", "nightly", "--timeout", "300ms"]).with_code(1);
    assert!(ended.stderr.contains("hasn't ended in 300ms: 3 tasks open"), "{ended:?}");
    assert!(ended.stderr.contains("jobq status"), "{ended:?}");
    let ended = run(folder.path(), ["batch", "show", "nightyl"]).with_code(2);
    assert!(ended.stderr.contains("did you mean 'nightly'?"), "{ended:?}");
    let shown = shown(&folder, "nightly");
    assert_eq!(shown["stages"][0]["queue"], "lists");
    assert_eq!(shown["stages"][0]["open"], 3);
}
