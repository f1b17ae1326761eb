//! `queue pause`, `resume` and `purge`: one queue is steered, the others of its limit go on.

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{run, start, stop};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;

/// A project of two queues on one limit, with so many tasks in each.
fn project(api: &Nginx, tasks: usize) -> Folder {
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"50/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         [queues.troops]\nlimit = \"api\"\n[queues.groups]\nlimit = \"api\"\n",
    );
    for queue in ["troops", "groups"] {
        let urls: String = (1..=tasks).map(|number| api.url(&format!("/{queue}/{number}\n"))).collect();
        folder.file("calls.txt", urls);
        run(folder.path(), ["push", queue, "calls.txt"]).with_code(0);
    }
    folder
}

fn calls(api: &Nginx, queue: &str) -> usize {
    api.calls().iter().filter(|call| call.path.starts_with(&format!("/{queue}/"))).count()
}

fn queue(folder: &Folder, name: &str) -> serde_json::Value {
    run(folder.path(), ["queue", "show", name, "--json"]).with_code(0).json()
}

#[test]
fn a_paused_queue_rests_while_the_others_go_on_and_nothing_is_lost() {
    let api = Nginx::open("");
    let folder = project(&api, 150);
    let drain = start(folder.path(), ["drain"]);
    until("both are drained", || calls(&api, "troops") > 10 && calls(&api, "groups") > 10);
    let paused =
        run(folder.path(), ["queue", "pause", "troops", "--reason", "look first", "--json"]).with_code(0);
    assert_eq!((&paused.json()["paused"], &paused.json()["queue"]), (&true.into(), &"troops".into()));
    // What the drainer had in hand is handed back, and the other queue has the whole limit.
    until("what was under way has ended", || queue(&folder, "troops")["in_flight"] == 0);
    let before = calls(&api, "troops");
    until("the other is empty", || queue(&folder, "groups")["ready"] == 0 && calls(&api, "groups") == 150);
    assert_eq!(calls(&api, "troops"), before, "a paused queue was called");
    let told = run(folder.path(), ["queue", "ls"]).with_code(0);
    assert!(told.stdout.contains("paused"), "{told:?}");
    let limit = run(folder.path(), ["limit", "show", "api"]).with_code(0);
    assert!(limit.stdout.contains("pause queue troops: look first"), "{limit:?}");
    run(folder.path(), ["queue", "resume", "troops"]).with_code(0);
    until("all is done", || calls(&api, "troops") == 150);
    until("all is settled", || {
        let queue = queue(&folder, "troops");
        queue["ready"] == 0 && queue["in_flight"] == 0
    });
    stop(drain).with_code(0);
}

#[test]
fn a_pause_ends_by_itself() {
    let api = Nginx::open("");
    let folder = project(&api, 5);
    run(folder.path(), ["queue", "pause", "troops", "--for", "2s"]).with_code(0);
    let drain = start(folder.path(), ["drain"]);
    until("the other is done", || calls(&api, "groups") == 5);
    until("it has begun again", || calls(&api, "troops") == 5);
    stop(drain).with_code(0);
}

#[test]
fn a_purge_asks_says_how_many_and_leaves_dead_letters() {
    let api = Nginx::open("location /troops/3 { return 404; }");
    let folder = project(&api, 5);
    run(folder.path(), ["queue", "pause", "groups"]).with_code(0);
    run(folder.path(), ["drain", "--until-empty"]).with_code(3);
    let asked = run(folder.path(), ["queue", "purge", "groups"]).with_code(2);
    assert!(asked.stderr.contains("--yes"), "{asked:?}");
    let would = run(folder.path(), ["queue", "purge", "groups", "--dry-run"]).with_code(0);
    assert_eq!(would.stdout, "would delete 5 tasks of 'groups'; nothing was done\n");
    let purged = run(folder.path(), ["queue", "purge", "groups", "--yes", "--json"]).with_code(0).json();
    assert_eq!((&purged["tasks"], &purged["dry_run"]), (&5.into(), &false.into()));
    run(folder.path(), ["queue", "purge", "troops", "--yes"]).with_code(0);
    let status = run(folder.path(), ["status", "--json"]).with_code(0).json();
    let counts: Vec<_> =
        status["queues"].as_array().unwrap().iter().map(|queue| (&queue["ready"], &queue["dead"])).collect();
    assert_eq!(counts, [(&0.into(), &0.into()), (&0.into(), &1.into())]);
    let open = |batch: &serde_json::Value| batch["open"].as_u64().unwrap();
    assert!(status["batches"].as_array().unwrap().iter().all(|batch| open(batch) == 0), "{status}");
    let unknown = run(folder.path(), ["queue", "purge", "trops", "--yes"]).with_code(2);
    assert!(unknown.stderr.contains("did you mean 'troops'?"), "{unknown:?}");
}
