//! The first things a person types, and what a script reads of them.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use crate::alone;
use crate::state::State;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq, run, stop};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;

#[test]
fn version() {
    let ended = run(Folder::new().path(), ["--version"]).with_code(0);
    assert_eq!(ended.stdout, format!("jobq {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn help_tells_every_command_and_exit_code() {
    let folder = Folder::new();
    let help = run(folder.path(), ["--help"]).with_code(0).stdout;
    for command in ["demo", "init", "run", "push", "drain", "status", "queue", "limit", "dlq", "completions"]
    {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is not in {help}");
        assert!(run(folder.path(), [command, "--help"]).with_code(0).stdout.contains("Usage: "));
    }
    assert!(help.contains("3  finished, with dead tasks"), "{help}");
    let flags = run(folder.path(), ["run", "--help"]).with_code(0).stdout;
    for flag in
        ["rate", "burst", "quota", "max-in-flight", "timeout", "max-attempts", "results", "header", "batch"]
    {
        assert!(flags.contains(&format!("--{flag} ")), "--{flag} is not in {flags}");
    }
}

/// Who types nothing is shown what there is to type.
#[test]
fn nothing_typed_is_answered_with_the_help() {
    let ended = run::<&str>(Folder::new().path(), []).with_code(2);
    assert!(ended.stderr.contains("Usage: jobq"), "{ended:?}");
}

/// Each script is read by its own shell where it is installed.
#[test]
fn completions() {
    let folder = Folder::new();
    for (shell, sign) in [("bash", "complete -F"), ("zsh", "#compdef jobq"), ("fish", "complete -c jobq")] {
        let script = run(folder.path(), ["completions", shell]).with_code(0).stdout;
        assert!(script.contains(sign) && script.contains("until-empty"), "{script}");
        let file = folder.file(shell, script);
        if let Ok(checked) = Command::new(shell).arg("-n").arg(file).status() {
            assert!(checked.success(), "{shell} can't read its completions");
        }
    }
}

#[test]
fn demo_is_refused_nothing_and_shows_a_whole_pipeline_with_its_dead_letters() {
    let _turn = alone();
    let folder = Folder::new();
    let ended = run(folder.path(), ["demo"]).with_code(0);
    for text in [
        "1,452 known = 1,450 done + 2 dead",
        "on_complete was told once",
        "the API saw 1,467 calls and refused 0",
        "5 urgent tasks came while",
        "10 calls failed at first, to be tried again",
        "2 tasks in the dead-letter queue",
        "rejected: the API answered 404",
        "jobq run FILE --rate 50/s",
    ] {
        assert!(ended.stdout.contains(text), "{text:?} is not in {}", ended.stdout);
    }
    let bands = ended.stdout.lines().filter_map(|line| line.split("  ").next());
    let bands: Vec<&str> =
        bands.filter(|name| ["warriors", "troops", "groups", "data"].contains(&name.trim())).collect();
    assert_eq!(bands.len(), 4, "a band of the chart for each queue: {}", ended.stdout);
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ended.stdout);
    for text in ["[queues.troops.then]", "--priority high", "1,452 ended"] {
        assert!(ended.stderr.contains(text), "{text:?} is not in {}", ended.stderr);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the demo left something behind");
}

#[test]
fn demos_beside_each_other_stop_clean() {
    let (folder, temporary) = (Folder::new(), Folder::new());
    let demos = ["one", "two"].map(|name| {
        let notes = folder.path().join(name);
        let mut demo = jobq(folder.path(), ["demo"]);
        demo.env("TMPDIR", temporary.path()).stdin(Stdio::null()).stdout(Stdio::piped());
        (demo.stderr(File::create(&notes).unwrap()).spawn().unwrap(), notes)
    });
    for (demo, notes) in demos {
        let told = || fs::read_to_string(&notes).unwrap();
        until("it makes calls", || told().contains(" ended\n"));
        let ended = stop(demo).with_code(1);
        assert!(ended.stdout.contains("batch 'nightly' has not ended"), "{ended:?}");
        assert!(told().contains("stopping: "), "{}", told());
    }
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "a demo left its folder behind");
}

#[test]
fn init_then_push_then_drain() {
    let (api, folder) = (Nginx::open(""), Folder::new());
    run(folder.path(), ["init"]).with_code(0);
    let config = folder.read("jobq.toml");
    assert!(config.contains("\"api.example.com\"") && config.contains("\"5/s\""), "{config}");
    let edited = config
        .replace("hosts = [\"api.example.com\"]", "hosts = [\"127.0.0.1\"]\nallow_private = true")
        .replace("\"5/s\"", "\"100/s\"");
    folder.file("jobq.toml", edited);
    folder.file("calls.txt", api.urls(20));
    let pushed = run(folder.path(), ["push", "example", "calls.txt"]).with_code(0);
    assert!(pushed.stdout.starts_with("pushed 20 tasks to example as "), "{pushed:?}");
    let drained = run(folder.path(), ["drain", "--until-empty"]).with_code(0);
    assert!(drained.stdout.starts_with("20 done in "), "{drained:?}");
    assert_eq!(api.calls().len(), 20);
    let files = fs::read_dir(folder.path().join("results/example")).unwrap();
    let lines = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap().lines().count());
    assert_eq!(lines.sum::<usize>(), 20);
}

fn project() -> Folder {
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        "[limits.a]\nrate = \"1/s\"\nhosts = [\"api.example\"]\n[queues.waiting]\nlimit = \"a\"\n",
    );
    folder.file("later.txt", "https://api.example/1\nhttps://api.example/2\n");
    folder
}

#[test]
fn standard_input_is_a_file_too() {
    let folder = project();
    let calls = fs::File::open(folder.path().join("later.txt")).unwrap();
    let output = jobq(folder.path(), ["push", "waiting", "--json"]).stdin(calls).output().unwrap();
    assert_eq!(Ended::from(output).with_code(0).json()["sent"], 2);
}

#[test]
fn a_dry_run_sends_nothing() {
    let folder = project();
    let ended =
        run(folder.path(), ["push", "waiting", "later.txt", "--dry-run", "--again", "--json"]).with_code(0);
    assert_eq!((&ended.json()["tasks"], &ended.json()["hosts"][0]), (&2.into(), &"api.example:443".into()));
    assert!(State::in_folder(folder.path()).is_none(), "it made a store");
}
