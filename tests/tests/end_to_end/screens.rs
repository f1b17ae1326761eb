//! What every command shows, as it is stored in `screens/commands`: for people, for programs, and the first mistakes.
//!
//! A new case is a line `$ jobq ...` in one of those files. `JOBQ_BLESS=1 ./test.sh every_screen` fills in what comes of it;
//! read the difference as somebody who is on duty. Screens whose world is `ministack` are held where AWS is stood in for:
//! `tests/tests/aws/deploy/screens.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::run;
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::transcript::Transcript;

use crate::{alone, help};

/// Commands that have no JSON, as `docs/json.md` says, or take too long to be shown twice.
const TEXT_ALONE: [&str; 5] = ["jobq completions", "jobq demo", "jobq init", "jobq man", "jobq synth"];

/// Held against MiniStack.
const ON_AWS: &str = "ministack";

fn stored() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/end_to_end/screens/commands")
}

#[test]
fn every_screen_is_as_stored() {
    let _turn = alone();
    let api = Nginx::open("location /gone { return 404 'no such troop'; }");
    let screens = Transcript::all(&stored());
    let problems = screens.iter().filter(|screen| screen.world != ON_AWS).filter_map(|screen| {
        let folder = world(&screen.world, &api);
        screen.problem(folder.path(), &[])
    });
    let problems: Vec<String> = problems.collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// A command without a screen fails, and so does a screen without a command.
#[test]
fn every_command_has_its_screen() {
    let commands = help::commands();
    let parents: BTreeSet<&[String]> =
        commands.iter().filter_map(|words| Some(words.split_last()?.1)).collect();
    let ends = commands.iter().filter(|words| !parents.contains(&words[..]));
    let ends: BTreeSet<String> = ends.map(|words| format!("jobq {}", words.join(" "))).collect();
    let screens = Transcript::all(&stored());
    let names = screens.iter().map(|screen| screen.path.file_stem().unwrap().to_str().unwrap().to_owned());
    assert_eq!(names.collect::<BTreeSet<_>>(), ends.iter().map(|end| end.replace(' ', "-")).collect());
    for (screen, command) in screens.iter().zip(&ends) {
        let typed = |more: &str| {
            let is_typed = |line: &str| line.contains(command.as_str()) && line.contains(more);
            assert!(screen.steps.iter().any(|step| is_typed(&step.command)), "{command}{more} isn't shown");
        };
        typed("");
        if !TEXT_ALONE.contains(&command.as_str()) {
            typed(" --json");
        }
    }
}

/// The files and tasks a screen begins with.
fn world(name: &str, api: &Nginx) -> Folder {
    let folder = Folder::new();
    match name {
        "empty" => {}
        "configured" => configure(&folder, api),
        "drained" => {
            configure(&folder, api);
            drain(&folder);
        }
        other => panic!("there is no world '{other}'"),
    }
    folder
}

/// A jobq.toml, and task files for its queues.
fn configure(folder: &Folder, api: &Nginx) {
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"100/s\"\nquotas = [\"600/m\"]\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         [queues.calls]\nlimit = \"api\"\nresults = \"results.jsonl\"\n\
         [limits.idle]\nrate = \"1/s\"\nhosts = [\"*.example\"]\n[queues.waiting]\nlimit = \"idle\"\n\
         schedule = [\"cron(0 22 L DEC ? 2199) for 4h\"]\n\
             [pushes.last]\nqueue = \"waiting\"\ncron = \"cron(0 22 L DEC ? 2199) in Europe/Oslo\"\n\
             url = \"https://api.example/list\"\n",
    );
    folder.file("calls.txt", format!("{}{}\n", api.urls(5), api.url("/gone")));
    folder.file("later.txt", "https://api.example/1\nhttps://api.example/2\n");
    let bad =
        "{\"url\":\"https://api.example/1\"}\n{\"url\":\"ftp://api.example/2\"}\n{\"id\":\"three\"}\nfour\n";
    folder.file("bad.jsonl", bad);
}

/// Five tasks done, one dead, two that wait.
fn drain(folder: &Folder) {
    run(folder.path(), ["push", "calls", "calls.txt", "--batch", "monday"]).with_code(0);
    run(folder.path(), ["push", "waiting", "later.txt", "--batch", "night"]).with_code(0);
    run(folder.path(), ["drain", "api", "--until-empty"]).with_code(3);
}
