//! A state folder that can't be used.

use std::os::unix::fs::PermissionsExt;

use super::nobody::{as_nobody, read_only};
use super::{assert_well_told, typed};
use jobq_tests::world::jobq::run;

#[test]
fn state_of_a_newer_version() {
    let case = typed("push calls good.jsonl");
    run(case.folder.path(), ["push", "calls", "good.jsonl"]).with_code(0);
    let db = rusqlite::Connection::open(case.folder.path().join(".jobq/jobq.db")).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    case.fails(1, &[".jobq/jobq.db", "a newer jobq wrote it (layout 99", "upgrade jobq"]);
}

#[test]
fn state_of_another_program() {
    let case = typed("push calls good.jsonl");
    std::fs::create_dir(case.folder.path().join(".jobq")).unwrap();
    let db = rusqlite::Connection::open(case.folder.path().join(".jobq/jobq.db")).unwrap();
    db.execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
    drop(db);
    case.fails(1, &[".jobq/jobq.db", "another program's SQLite file"]);
}

#[test]
fn state_is_corrupt() {
    let case = typed("push calls good.jsonl");
    std::fs::create_dir(case.folder.path().join(".jobq")).unwrap();
    case.folder.file(".jobq/jobq.db", vec![0x5a; 9_000]);
    case.fails(1, &[".jobq/jobq.db", "it is damaged or no SQLite file", "push again"]);
}

/// The header is whole, so it looks like a store until its pages are read.
#[test]
fn state_is_corrupt_inside() {
    let case = typed("status");
    run(case.folder.path(), ["push", "calls", "good.jsonl"]).with_code(0);
    let file = case.folder.path().join(".jobq/jobq.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100..].fill(0xaa);
    std::fs::write(&file, bytes).unwrap();
    case.fails(1, &[".jobq/jobq.db", "it is damaged"]);
}

#[test]
fn state_file_is_a_folder() {
    let case = typed("push calls good.jsonl");
    std::fs::create_dir_all(case.folder.path().join(".jobq/jobq.db")).unwrap();
    case.fails(1, &[".jobq/jobq.db"]);
}

#[test]
fn state_folder_is_a_file() {
    typed("push calls good.jsonl")
        .file(".jobq", "")
        .fails(1, &["the state folder .jobq", "hint: choose another folder"]);
}

#[test]
fn state_cannot_be_made_in_a_read_only_folder() {
    let case = typed("push calls good.jsonl");
    read_only(&case, "");
    // The program itself must still be copied in, which only root can.
    let ended = as_nobody(&case).with_code(1);
    assert_well_told(
        &ended,
        &["error: make the state folder .jobq: Permission denied", "hint: choose another folder"],
    );
}

#[test]
fn state_folder_is_read_only() {
    let case = typed("push calls good.jsonl");
    std::fs::create_dir(case.folder.path().join(".jobq")).unwrap();
    read_only(&case, ".jobq");
    std::fs::set_permissions(case.folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let ended = as_nobody(&case).with_code(1);
    assert_well_told(&ended, &["error: open the store .jobq/jobq.db", "must exist and be writable"]);
}

#[test]
fn state_file_is_read_only() {
    let case = typed("push calls good.jsonl --again");
    run(case.folder.path(), ["push", "calls", "good.jsonl"]).with_code(0);
    read_only(&case, ".jobq/jobq.db");
    std::fs::set_permissions(case.folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let ended = as_nobody(&case).with_code(1);
    assert_well_told(&ended, &["error: open the store .jobq/jobq.db", "must be writable for this user"]);
}
