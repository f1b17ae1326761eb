//! Recurring pushes of `serve`: one that comes each minute, which has always just come.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command, Stdio};

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq, run, start, wait};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;

fn project(api: &Nginx, pushes: &str) -> Folder {
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        format!(
            "[limits.api]\nhosts = [\"127.0.0.1\"]\nallow_private = true\nrate = \"100/s\"\n\
             [queues.calls]\nlimit = \"api\"\nresults = \"results.jsonl\"\n{pushes}"
        ),
    );
    folder.file("each.txt", api.urls(3));
    folder
}

fn each_minute(name: &str, what: &str) -> String {
    format!("[pushes.{name}]\nqueue = \"calls\"\ncron = \"cron(* * * * ? *)\"\n{what}\n")
}

fn term(child: Child) -> Ended {
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    wait(child)
}

/// The tasks of all results.
fn tasks(folder: &Folder) -> Vec<String> {
    let results = fs::read_to_string(folder.path().join("results.jsonl")).unwrap_or_default();
    let whole = results.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    whole.map(|result| result["task"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_recurs_is_pushed_once_a_time_by_however_many_engines_and_after_a_restart() {
    let api = Nginx::open("");
    let pushes = each_minute("file", "file = \"each.txt\"")
        + &each_minute("one", &format!("url = \"{}\"", api.url("/call/4")));
    let folder = project(&api, &pushes);
    let engines = [start(folder.path(), ["serve"]), start(folder.path(), ["serve"])];
    until("both pushes are called", || tasks(&folder).len() >= 4);
    let told: Vec<Ended> = engines.map(term).into_iter().collect();
    let before = tasks(&folder).len();
    let again = start(folder.path(), ["serve", "--json"]);
    // Whether the minute is another by now or not, there is something to be seen of the engine: what it serves.
    let by_hand = api.urls(5);
    folder.file("more.txt", by_hand);
    run(folder.path(), ["push", "calls", "more.txt"]).with_code(0);
    until("what was pushed by hand is called", || tasks(&folder).len() >= before + 5);
    term(again).with_code(0);

    let all = tasks(&folder);
    let different: BTreeSet<&String> = all.iter().collect();
    assert_eq!(different.len(), all.len(), "a task was pushed twice: {all:?}");
    let recurring = all.iter().filter(|task| task.starts_with("file-") || task.starts_with("one-"));
    assert_eq!(recurring.count() % 4, 0, "{all:?}");
    let notes: String = told.into_iter().map(|ended| ended.with_code(0).stderr).collect();
    assert!(notes.contains("pushing each.txt to calls: file, next 20"), "{notes}");
    assert!(notes.contains("pushed 3 tasks to calls as file-20"), "{notes}");
    assert!(notes.contains("pushed 1 task to calls as one-20"), "{notes}");
}

#[test]
fn a_file_that_is_missing_is_told_and_hinders_no_other_push() {
    let api = Nginx::open("");
    let pushes = each_minute("absent", "file = \"absent.txt\"")
        + &each_minute("one", &format!("url = \"{}\"", api.url("/call/4")));
    let folder = project(&api, &pushes);
    let told = folder.path().join("stderr");
    let serve = jobq(folder.path(), ["serve"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&told).unwrap())
        .spawn()
        .unwrap();
    until("the other one is called", || !api.calls().is_empty());
    term(serve).with_code(0);
    let told = fs::read_to_string(told).unwrap();
    assert!(told.contains("push absent: read absent.txt: No such file or directory"), "{told}");
    assert!(told.contains("it is tried again in a minute"), "{told}");
    let doctor = run(folder.path(), ["doctor"]);
    assert!(doctor.stdout.contains("look   push absent: absent.txt can't be read"), "{doctor:?}");
    assert!(doctor.stdout.contains("ok     push one: http://127.0.0.1"), "{doctor:?}");
}

#[test]
fn a_time_that_nobody_came_to_is_told_and_not_made_up_for() {
    let api = Nginx::open("");
    // Once a day, at an hour that was neither just now nor will be in a moment.
    let hour = (hour_of_now() + 12) % 24;
    let push = format!(
        "[pushes.daily]\nqueue = \"calls\"\ncron = \"cron(0 {hour} * * ? *)\"\nfile = \"each.txt\"\n"
    );
    let folder = project(&api, &(push + &each_minute("one", &format!("url = \"{}\"", api.url("/call/4")))));
    let serve = start(folder.path(), ["serve"]);
    until("another push is called", || !api.calls().is_empty());
    let ended = term(serve).with_code(0);
    assert!(ended.stderr.contains("push daily: nobody pushed each.txt to calls at 20"), "{ended:?}");
    assert!(api.calls().iter().all(|call| call.path == "/call/4"), "it was made up for");
    let show = run(folder.path(), ["queue", "show", "calls", "--json"]).with_code(0).json();
    let daily = &show["pushes"][0];
    assert_eq!((&daily["push"], &daily["file"]), (&"daily".into(), &"each.txt".into()));
    assert_eq!(daily["next"].as_array().map(Vec::len), Some(3), "{daily}");
}

fn hour_of_now() -> u64 {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    now.as_secs() / 3_600 % 24
}
