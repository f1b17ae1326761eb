//! Every record is whole and there, or was refused: with others, over crashes and on full disks.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use jobq_core::attempt::Attempt;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::ports::result_sink::ResultSink;
use jobq_core::record::Record;
use jobq_core::task::Method;
use jobq_core::time::Timestamp;

use super::ResultFile;
use super::read::read;
use crate::result_log::Line;

pub(super) fn record(task: &str, body: &[u8]) -> Record {
    Record {
        task: task.parse().unwrap(),
        queue: "troops".parse().unwrap(),
        batch: "b1".parse().unwrap(),
        url: "https://api.example/troops/1".into(),
        method: Method::Get,
        status: 200,
        attempt: 1,
        started_at: Timestamp::from_micros(1_795_269_787_000_123),
        latency: Duration::from_millis(12),
        headers: Vec::new(),
        body: body.to_vec(),
        earlier: Vec::new(),
    }
}

fn append(results: &ResultFile, records: &[Record]) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(results.append(records))
}

fn append_one(results: &ResultFile, task: &str) -> Result<(), Fault> {
    append(results, &[record(task, b"{}")])
}

/// The tasks in a file, in order. Every line must be a whole record.
fn tasks(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    let task = |line| serde_json::from_str::<serde_json::Value>(line).unwrap()["task"].clone();
    text.lines().map(|line| task(line).as_str().unwrap().to_owned()).collect()
}

#[test]
fn appends_to_what_is_there_in_a_folder_it_makes() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("results/troops");
    for run in ["first", "second"] {
        let results = ResultFile::open(&folder).unwrap();
        append(&results, &[record(run, b"1"), record("other", b"2")]).unwrap();
    }
    let file = folder.join("results-00001.jsonl");
    assert_eq!(tasks(&file), ["first", "other", "second", "other"]);
}

#[test]
fn appenders_at_once_keep_lines_whole_and_files_small() {
    const MAX_FILE: u64 = 10_000;
    let root = tempfile::tempdir().unwrap();
    let place = root.path().join("all.jsonl");
    std::thread::scope(|scope| {
        for appender in 0..4 {
            let results = ResultFile::open_sized(&place, MAX_FILE).unwrap();
            scope.spawn(move || {
                for round in 0..50 {
                    let named = |n| record(&format!("{appender}-{round}-{n}"), b"[1,2,3]");
                    append(&results, &[named(0), named(1), named(2)]).unwrap();
                }
            });
        }
    });
    let files: Vec<_> = fs::read_dir(root.path()).unwrap().map(|file| file.unwrap()).collect();
    assert!(files.len() > 5, "{files:?}");
    let mut all = Vec::new();
    for file in files {
        assert!(file.metadata().unwrap().len() <= MAX_FILE);
        all.extend(tasks(&file.path()));
    }
    assert_eq!(all.len(), 600);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 600);
}

#[test]
fn a_full_file_is_followed_by_the_next_number_also_after_a_restart() {
    let root = tempfile::tempdir().unwrap();
    let place = root.path().join("x.jsonl");
    for task in ["one", "two", "three"] {
        append_one(&ResultFile::open_sized(&place, 10).unwrap(), task).unwrap();
    }
    assert_eq!(tasks(&place), ["one"]);
    assert_eq!(tasks(&root.path().join("x-00002.jsonl")), ["two"]);
    assert_eq!(tasks(&root.path().join("x-00003.jsonl")), ["three"]);
}

#[test]
fn p1_a_torn_line_is_cut_off_and_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    let place = root.path().join("x.jsonl");
    let results = ResultFile::open(&place).unwrap();
    append_one(&results, "whole").unwrap();
    let whole = fs::read(&place).unwrap();
    let long = |length| [b"{\"task\":\"".to_vec(), vec![b'x'; length]].concat();
    for torn in [b"{".to_vec(), b"{\"task\":\"to".to_vec(), long(200_000), long(65_536 - 9)] {
        fs::write(&place, [whole.as_slice(), &torn].concat()).unwrap();
        append_one(&results, "next").unwrap();
        assert_eq!(tasks(&place), ["whole", "next"]);

        fs::write(&place, &torn).unwrap();
        append_one(&results, "next").unwrap();
        assert_eq!(tasks(&place), ["next"]);
    }
}

#[test]
fn somebodys_own_last_line_is_ended_and_not_cut_off() {
    let root = tempfile::tempdir().unwrap();
    let place = root.path().join("mine.jsonl");
    fs::write(&place, "{\"mine\": 1}\n{\"mine\": 2}").unwrap();
    append_one(&ResultFile::open(&place).unwrap(), "next").unwrap();
    let text = fs::read_to_string(&place).unwrap();
    assert!(text.starts_with("{\"mine\": 1}\n{\"mine\": 2}\n{\"task\":\"next\""), "{text}");
}

#[test]
fn a_file_deleted_or_moved_away_is_made_again() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("results");
    let results = ResultFile::open(&folder).unwrap();
    let file = folder.join("results-00001.jsonl");
    append_one(&results, "one").unwrap();
    fs::rename(&file, root.path().join("moved.jsonl")).unwrap();
    append_one(&results, "two").unwrap();
    assert_eq!(tasks(&file), ["two"]);
    fs::remove_dir_all(&folder).unwrap();
    append_one(&results, "three").unwrap();
    assert_eq!(tasks(&file), ["three"]);
    assert_eq!(tasks(&root.path().join("moved.jsonl")), ["one"]);
}

#[test]
fn a_place_that_cannot_be_is_refused_at_once() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file"), "").unwrap();
    let fault = ResultFile::open(&root.path().join("file/results")).err().unwrap();
    assert_eq!(fault.kind(), FaultKind::Lasting);
    assert!(fault.chain().contains("a part of its path is a file"), "{}", fault.chain());
}

/// The test runs itself again in a process whose files can't grow beyond 32 KiB: to a writer that is a full
/// disk, and it needs no disk to fill.
#[cfg(unix)]
#[test]
fn p1_a_full_disk_refuses_records_whole_and_takes_the_next_when_there_is_room() {
    const MARK: &str = "JOBQ_TEST_SMALL_FILES";
    if std::env::var_os(MARK).is_some() {
        return on_a_full_disk();
    }
    let this = std::thread::current().name().unwrap().to_owned();
    let status = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" --exact \"$1\""])
        .arg(std::env::current_exe().unwrap())
        .arg(this)
        .env(MARK, "1")
        .status();
    assert!(status.unwrap().success());
}

fn on_a_full_disk() {
    let root = tempfile::tempdir().unwrap();
    let place = root.path().join("x.jsonl");
    let results = ResultFile::open(&place).unwrap();
    append_one(&results, "one").unwrap();
    let large = [record("small", b"{}"), record("large", &[b'x'; 100_000])];
    for _ in 0..3 {
        let fault = append(&results, &large).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::NoRoom, "{}", fault.chain());
        assert_eq!(tasks(&place), ["one"]);
    }
    append_one(&results, "two").unwrap();
    assert_eq!(tasks(&place), ["one", "two"]);
}

/// How many files a place has, and the tasks they tell of with how many of their starts are known; `?` for a line that can't be read.
fn told(place: &Path) -> (u64, Vec<String>) {
    let mut told = Vec::new();
    let mut tell = |line| {
        told.push(match line {
            Line::Told { story, .. } => format!("{} {}", story.task, story.starts.len()),
            Line::Broken(broken) => format!("? {}", broken.line),
        });
    };
    let files = read(place, &mut tell).unwrap();
    told.sort();
    (files, told)
}

fn expected(files: u64, told: &[&str]) -> (u64, Vec<String>) {
    (files, told.iter().map(|task| (*task).to_owned()).collect())
}

#[test]
fn what_was_written_is_read_back_with_every_attempt() {
    let root = tempfile::tempdir().unwrap();
    let failed = |seconds| Attempt {
        started_at: Timestamp::from_secs(seconds),
        latency_ms: 3,
        status: Some(500),
        error: None,
        spent: true,
    };
    let retried = Record { attempt: 3, earlier: vec![failed(1), failed(2)], ..record("b", b"two\nlines") };
    for place in ["folder", "named.jsonl"] {
        let place = root.path().join(place);
        assert_eq!(told(&place), expected(0, &[]), "nothing was written yet");
        let results = ResultFile::open_sized(&place, 1).unwrap();
        append(&results, &[record("a", b"{}"), retried.clone()]).unwrap();
        append_one(&results, "c").unwrap();
        assert_eq!(told(&place), expected(2, &["a 1", "b 3", "c 1"]));
    }
}

#[test]
fn a_place_is_read_as_far_as_it_is_its_own() {
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, tasks: &[&str]| {
        let file = root.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let records: Vec<Record> = tasks.iter().map(|task| record(task, b"{}")).collect();
        append(&ResultFile::open(&file).unwrap(), &records).unwrap();
        file
    };
    let named = write("x.jsonl", &["a"]);
    write("2026/11/21/day.jsonl", &["b"]);
    fs::write(root.path().join("notes.txt"), "not read").unwrap();
    fs::copy(&named, root.path().join("copy.log")).unwrap();
    fs::write(root.path().join("y.jsonl"), "no result").unwrap();
    assert_eq!(told(root.path()), expected(3, &["? 1", "a 1", "b 1"]), "a folder with those within");
    assert_eq!(told(&named), expected(1, &["a 1"]));
    assert_eq!(told(&root.path().join("copy.log")), expected(1, &["a 1"]), "any file that is named");
}
