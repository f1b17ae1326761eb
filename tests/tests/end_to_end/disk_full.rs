//! P1 on a full disk: it says so, waits for room, and goes on.
//!
//! One disk is a small tmpfs, so its tests mount, and fail where they may not; the other is a limit on the size
//! of the process's files, which anybody may set.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::alone;
use crate::evidence::Evidence;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{jobq, run, wait};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;

const TASKS: usize = 1_500;

#[test]
fn p1_a_full_disk_is_waited_for_and_nothing_is_lost() {
    let folder = Folder::new();
    let disk = Disk::mount(folder.path());
    let full = |_: &Child| disk.fill();
    check_waits_for_room(&folder, full, |_, ballast| fs::remove_file(ballast).unwrap());
}

#[test]
fn p1_a_limit_on_file_sizes_is_waited_for_and_nothing_is_lost() {
    let full = |running: &Child| limit_file_size(running, "4096:unlimited");
    check_waits_for_room(&Folder::new(), full, |running, ()| limit_file_size(running, "unlimited:unlimited"));
}

/// Takes the room away in the middle of a drain, and gives it back when the drain has said what is wrong.
fn check_waits_for_room<T>(folder: &Folder, full: impl FnOnce(&Child) -> T, free: impl FnOnce(&Child, T)) {
    let _turn = alone();
    let (api, elsewhere) = (Nginx::open(""), Folder::new());
    folder.file("calls.txt", api.urls(TASKS));
    let running = run_with_errors_in(&elsewhere.file("stderr", ""), folder);
    until("a fifth is done", || api.calls().len() >= TASKS / 5);
    let taken = full(&running);
    until("it says that there is no room", || elsewhere.read("stderr").contains("make room"));
    let before = records(folder);
    free(&running, taken);
    let report = wait(running).with_code(0).json();

    let told = elsewhere.read("stderr");
    println!("{before} records when there was no room:\n{told}");
    let warning = told.lines().find(|line| line.contains("make room")).unwrap();
    assert!(warning.starts_with("warning: ") && warning.contains("trying again"), "{told}");
    assert!(warning.contains("calls.results.jsonl") || warning.contains("jobq.db"), "{told}");
    assert!(told.contains("it works again"), "{told}");
    assert!(before < TASKS, "there was no room when all was done: this test shows nothing");
    assert_eq!(report["tally"]["done"], TASKS);
    let evidence = Evidence::gather(folder, "calls.results.jsonl", &api.calls());
    evidence.assert_all_done(TASKS);
    // Nobody died, so there is no reason for a double.
    assert_eq!((evidence.extra_calls(), evidence.extra_records()), (0, 0));
}

fn run_with_errors_in(errors: &Path, folder: &Folder) -> Child {
    let args = ["run", "calls.txt", "--rate", "200/s", "--allow-private", "--json"];
    let mut command = jobq(folder.path(), args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(errors).unwrap());
    command.spawn().unwrap()
}

/// Pushing can't wait for room as a drainer does: somebody sits in front of it. It ends, and goes on later.
#[test]
fn p1_a_push_onto_a_full_disk_says_so_and_goes_on_when_there_is_room() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let disk = Disk::mount(folder.path());
    let calls: String = (1..=100_000).map(|n| format!("https://api.example/call/{n}\n")).collect();
    let file = elsewhere.file("calls.txt", calls);
    folder.file(
        "jobq.toml",
        "[limits.a]\nrate = \"1/s\"\nhosts = [\"api.example\"]\n[queues.calls]\nlimit = \"a\"\n",
    );
    let push = || run(folder.path(), ["push", "calls", file.to_str().unwrap(), "--json"]);
    let ended = push().with_code(1);
    let said = &ended.stderr;
    assert!(said.starts_with("error: ") && said.contains("jobq.db") && said.contains("make room"), "{said}");
    assert!(said.contains("hint: push the same file again"), "{said}");
    disk.grow();
    let report = push().with_code(0).json();
    assert!(report["resumed_after"].as_u64().is_some(), "{report}");
    let queues = run(folder.path(), ["queue", "ls", "--json"]).with_code(0).json();
    assert_eq!(queues["queues"][0]["ready"], 100_000);
}

fn records(folder: &Folder) -> usize {
    folder.read("calls.results.jsonl").lines().count()
}

/// Sets the soft and the hard limit.
fn limit_file_size(running: &Child, limits: &str) {
    let pid = running.id().to_string();
    let set = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={limits}")]).status();
    assert!(set.expect("prlimit is missing: install util-linux").success());
}

/// A disk of 16 MiB.
pub(crate) struct Disk {
    path: PathBuf,
}

impl Disk {
    pub(crate) fn mount(path: &Path) -> Self {
        mount(&["-t", "tmpfs", "-o", "size=16m", "jobq-test"], path);
        Self { path: path.to_owned() }
    }

    /// Takes up all there is left; the file that does it.
    fn fill(&self) -> PathBuf {
        let path = self.path.join("ballast");
        let mut ballast = File::create(&path).unwrap();
        for block in [&[0u8; 4096][..], &[0]] {
            let full = loop {
                if let Err(error) = ballast.write_all(block) {
                    break error;
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull);
        }
        path
    }

    /// To 256 MiB.
    pub(crate) fn grow(&self) {
        mount(&["-o", "remount,size=256m"], &self.path);
    }

    pub(crate) fn make_read_only(&self) {
        mount(&["-o", "remount,ro"], &self.path);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.path).status();
    }
}

fn mount(args: &[&str], path: &Path) {
    let mounted = Command::new("mount").args(args).arg(path).output().expect("mount is missing");
    let why = String::from_utf8_lossy(&mounted.stderr);
    assert!(mounted.status.success(), "this test needs to mount a small disk, so run it as root: {why}");
}
