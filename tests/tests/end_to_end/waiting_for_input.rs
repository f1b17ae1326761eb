//! Commands that wait for standard input, at a terminal or before a pipe that nobody writes to: Ctrl-C ends them, and
//! nothing is half done.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{run, start, wait};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::terminal::Terminal;

/// A queue with two dead letters.
fn letters() -> Folder {
    let (api, folder) = (Nginx::open("location /gone { return 404; }"), Folder::new());
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"100/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n[queues.calls]\nlimit = \"api\"\n",
    );
    folder.file("calls.txt", format!("{0}\n{0}?2\n", api.url("/gone")));
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    run(folder.path(), ["drain", "--until-empty"]).with_code(3);
    folder
}

fn export(folder: &Path) -> String {
    run(folder, ["dlq", "export", "calls"]).with_code(0).stdout
}

#[test]
fn ctrl_c_ends_the_wait_for_a_list_that_is_typed() {
    let folder = letters();
    let before = export(folder.path());
    let program = std::env::var("JOBQ_BIN").unwrap();
    for command in ["dlq redrive calls --from -", "dlq drop calls --from -"] {
        let shell = format!("{program} {command}; echo ended with $?; exec cat");
        let terminal = Terminal::start(folder.path(), (100, 20), &shell);
        terminal.shows("reading lines from the terminal: Ctrl-D ends them, Ctrl-C does nothing with them");
        // Half of a line is there, and the program waits for the rest.
        terminal.press("half");
        terminal.shows("half");
        terminal.press("C-c");
        let shown = terminal.shows("ended with 1");
        assert!(shown.contains("error: stopped while - was read: nothing was done"), "{shown}");
    }
    assert_eq!(export(folder.path()), before);
}

#[test]
fn a_signal_ends_the_wait_for_a_pipe_that_nobody_writes_to() {
    let folder = letters();
    let before = export(folder.path());
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let waiting = start(folder.path(), ["dlq", "drop", "calls", "--from", "pipe"]);
    // Opens as soon as the program reads from it, and holds it open.
    let input = File::create(&pipe).unwrap();
    assert!(Command::new("kill").args(["-TERM", &waiting.id().to_string()]).status().unwrap().success());
    let ended = wait(waiting).with_code(1);
    drop(input);
    assert!(ended.stderr.contains("stopped while pipe was read: nothing was done"), "{ended:?}");
    assert_eq!(export(folder.path()), before);
}
