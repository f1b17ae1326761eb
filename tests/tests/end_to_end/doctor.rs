//! `jobq doctor` on this machine: a setup of each kind that can't work is found, with what to type.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::disk_full::Disk;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq, run, start};
use jobq_tests::world::patience::until;

/// A setup in which nothing is wrong.
const FINE: &str = "[limits.api]\nrate = \"50/s\"\nhosts = [\"127.0.0.1:9\"]\nallow_private = true\n\
                    headers = { authorization = \"Bearer ${secret:api-token}\" }\n\
                    [queues.calls]\nlimit = \"api\"\nresults = \"results/calls\"\n";

const WELL: &str = include_str!("screens/doctor-well.txt");
const BAD: &str = include_str!("screens/doctor-bad.txt");

fn fine() -> Folder {
    let folder = Folder::new();
    folder.file("jobq.toml", FINE);
    folder
        .file("calls.txt", (1..=2_000).map(|n| format!("http://127.0.0.1:9/call/{n}\n")).collect::<String>());
    fs::create_dir_all(folder.path().join(".jobq/secrets")).unwrap();
    folder.file(".jobq/secrets/api-token", "s3cr3t\n");
    set_mode(folder.path(), ".jobq/secrets", 0o700);
    set_mode(folder.path(), ".jobq/secrets/api-token", 0o600);
    folder
}

fn pushed() -> Folder {
    let folder = fine();
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    folder
}

fn set_mode(folder: &Path, name: &str, mode: u32) {
    fs::set_permissions(folder.join(name), Permissions::from_mode(mode)).unwrap();
}

fn overwrite(folder: &Folder, at: u64, bytes: &[u8]) {
    let file = File::options().write(true).open(folder.path().join(".jobq/jobq.db")).unwrap();
    file.write_all_at(bytes, at).unwrap();
}

/// `jobq doctor --json` must find one thing at this level whose texts contain these.
#[track_caller]
fn check(ended: Ended, level: &str, subject: &str, what: &str, to_type: &str) {
    let code = i32::from(level == "wrong");
    let found = ended.with_code(code).json();
    let says = |finding: &Value, key: &str, text: &str| finding[key].as_str().unwrap_or("").contains(text);
    let is_it = |finding: &&Value| {
        finding["level"] == level
            && finding["subject"] == subject
            && says(finding, "what", what)
            && says(finding, "type", to_type)
    };
    let findings = found["findings"].as_array().unwrap();
    assert_eq!(findings.iter().filter(is_it).count(), 1, "{level} {subject}: {what} -> {to_type}\n{found:#}");
}

fn doctor(folder: &Folder) -> Ended {
    run(folder.path(), ["doctor", "--json"])
}

/// The same without the privilege of reading and writing whatever the permissions say, which root has.
fn doctor_without_privilege(folder: &Folder) -> Ended {
    let program = jobq(folder.path(), ["doctor", "--json"]);
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-dac_override,-dac_read_search", "--"]).arg(program.get_program());
    command.args(program.get_args()).current_dir(folder.path()).stdin(Stdio::null());
    Ended::from(command.output().expect("setpriv is missing: install util-linux"))
}

/// What differs from machine to machine is left out.
fn screen(folder: &Folder) -> String {
    let told = run(folder.path(), ["doctor"]).stdout;
    let line = |line: &str| {
        let volatile = [" program: ", " disk of .: ", " disk of .jobq: ", "jobq.db is whole: "];
        let cut = volatile.iter().find_map(|mark| Some(line.find(mark)? + mark.len()));
        format!("{}\n", cut.map_or(line.to_owned(), |cut| format!("{}...", &line[..cut])))
    };
    told.lines().map(line).collect()
}

#[test]
fn a_fine_setup_is_fine_before_and_after_its_first_push() {
    let folder = fine();
    let found = doctor(&folder).with_code(0).json();
    assert_eq!((&found["wrong"], &found["backend"]), (&0.into(), &"local".into()));
    check(
        doctor(&folder),
        "ok",
        "state",
        "nothing was pushed yet: jobq push and jobq run make .jobq/jobq.db",
        "",
    );
    assert!(!folder.path().join(".jobq/jobq.db").exists() && !folder.path().join("results").exists());

    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    let before = fs::read(folder.path().join(".jobq/jobq.db")).unwrap();
    let told = screen(&folder);
    assert_eq!(told, WELL, "the new screen is\n{told}");
    assert!(before == fs::read(folder.path().join(".jobq/jobq.db")).unwrap(), "looking has changed it");
    assert!(!told.contains("s3cr3t"));
}

#[test]
fn a_bad_setup_is_told_with_what_to_type() {
    let folder = pushed();
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"50/s\"\nquotas = [\"65000/d\", \"9000/m\"]\nhosts = [\"10.0.0.7\", \"*.api.example\"]\n\
         headers = { authorization = \"${secret:api-token}\", cookie = \"${secret:no-such}\" }\n\
         [limits.idle]\nrate = \"1/s\"\nhosts = [\"1.1.1.1\"]\n\
         [queues.calls]\nlimit = \"api\"\nresults = \"calls.txt\"\n\
         retry = { max_age = \"2m\", min_backoff = \"20s\" }\nschedule = [\"cron(0 0 1 1 ? 2020) for 1h\"]\n\
         [queues.far]\nlimit = \"api\"\nresults = \"s3://some-bucket/far\"\n",
    );
    set_mode(folder.path(), ".jobq/secrets", 0o755);
    set_mode(folder.path(), ".jobq/secrets/api-token", 0o644);
    run(folder.path(), ["limit", "pause", "api", "--by", "ann", "--reason", "they move house"]).with_code(0);
    run(folder.path(), ["limit", "set", "api", "20/s", "--by", "bob"]).with_code(0);
    run(folder.path(), ["doctor"]).with_code(1);
    let told = screen(&folder);
    assert_eq!(told, BAD, "the new screen is\n{told}");
}

#[test]
fn a_configuration_that_can_not_be_read_is_told_with_its_line() {
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"5/s\"\nhosts = [\"a.example\"]\n[queues.q]\nlimit = \"api\"\n\
         timeout = \"2m\"\nvisibility = \"1m\"\n",
    );
    let ended = run(folder.path(), ["doctor"]).with_code(2);
    assert!(ended.stderr.contains("jobq.toml:7") && ended.stderr.contains("is not shorter than visibility"));
    assert!(ended.stderr.contains("leave visibility out, or make it 150s or longer"), "{ended:?}");
    let nothing = run(Folder::new().path(), ["doctor", "--json"]);
    check(nothing, "look", "configuration", "there is no jobq.toml", "jobq init");
}

#[test]
fn a_folder_or_file_that_may_not_be_written() {
    let folder = pushed();
    set_mode(folder.path(), ".jobq", 0o500);
    let found = doctor_without_privilege(&folder);
    check(found, "wrong", "state folder", ".jobq may not be written, not even by you", "chmod u+rwx .jobq");
    set_mode(folder.path(), ".jobq", 0o700);
    set_mode(folder.path(), ".jobq/jobq.db", 0o400);
    let found = doctor_without_privilege(&folder);
    check(found, "wrong", "state", ".jobq/jobq.db may not be written", "chmod u+rw .jobq/jobq.db");
    set_mode(folder.path(), ".jobq/jobq.db", 0o600);
    fs::create_dir_all(folder.path().join("results/calls")).unwrap();
    set_mode(folder.path(), "results/calls", 0o500);
    let found = doctor_without_privilege(&folder);
    check(
        found,
        "wrong",
        "results of calls",
        "results/calls may not be written",
        "chmod u+rwx results/calls",
    );
}

#[test]
fn a_file_of_somebody_else() {
    let folder = pushed();
    chown(folder.path().join(".jobq/jobq.db"), Some(65_534), None).expect("this test needs root");
    let what = ".jobq/jobq.db belongs to user 65534, and you are user 0";
    check(doctor(&folder), "look", "state", what, "sudo chown -R 0 .jobq");
    let what = "belongs to user 65534, and you, user 0, may not write it";
    check(doctor_without_privilege(&folder), "wrong", "state", what, "sudo chown -R 0 .jobq/jobq.db");
}

#[test]
fn a_file_that_is_damaged_foreign_or_newer() {
    let folder = pushed();
    overwrite(&folder, 4_096 * 60, &[0x5a; 4_096]);
    check(
        doctor(&folder),
        "wrong",
        "state",
        ".jobq/jobq.db is damaged: ",
        "mv .jobq/jobq.db* .jobq/damaged/",
    );
    overwrite(&folder, 60, &99i32.to_be_bytes());
    check(doctor(&folder), "wrong", "state", "was written by a newer jobq: layout 99", "upgrade jobq");
    overwrite(&folder, 68, b"nope");
    check(doctor(&folder), "wrong", "state", ".jobq/jobq.db is no file of jobq's", "--state DIR");
    fs::remove_file(folder.path().join(".jobq/jobq.db")).unwrap();
    fs::create_dir(folder.path().join(".jobq/jobq.db")).unwrap();
    check(doctor(&folder), "wrong", "state", ".jobq/jobq.db is no file", "move it away");
}

#[test]
fn a_log_that_a_killed_process_left_is_fine() {
    let folder = pushed();
    let mut drain = start(folder.path(), ["drain"]);
    let log = folder.path().join(".jobq/jobq.db-wal");
    until("it has written", || fs::metadata(&log).is_ok_and(|log| log.len() > 0));
    drain.kill().unwrap();
    drain.wait().unwrap();
    assert!(fs::metadata(&log).unwrap().len() > 0);
    check(doctor(&folder), "ok", "state", ".jobq/jobq.db is whole", "");
}

#[test]
fn a_disk_without_room_or_read_only() {
    let folder = fine();
    let state = folder.path().join("disk");
    fs::create_dir(&state).unwrap();
    let disk = Disk::mount(&state);
    let doctor = || run(folder.path(), ["doctor", "--json", "--state", "disk"]);
    let token = |name: &str| folder.file(name, "s3cr3t");
    fs::create_dir(state.join("secrets")).unwrap();
    token("disk/secrets/api-token");
    check(doctor(), "wrong", "disk of disk", "the queue's log alone may need", "make room on it");
    disk.grow();
    check(doctor(), "look", "disk of disk", "of 256.00 MiB are free", "make room on it");
    disk.make_read_only();
    check(doctor(), "wrong", "state folder", "disk is on a disk that is read-only", "--state DIR");
}

#[test]
fn hosts_that_are_not_found_or_not_called() {
    let folder = fine();
    let unknown = format!("{}.example", "a".repeat(70));
    let with = |host: &str, private: &str| {
        folder.file("jobq.toml", FINE.replace("127.0.0.1:9", host).replace("allow_private = true", private));
        doctor(&folder)
    };
    let subject = format!("host {unknown} of api");
    check(with(&unknown, ""), "wrong", &subject, "it can't be found: ", "correct hosts in [limits.api]");
    check(with("localhost:9", ""), "wrong", "host localhost:9 of api", "loopback", "allow_private = true");
    check(with("localhost:9", "allow_private = true"), "ok", "host localhost:9 of api", "it is ", "");
    check(with("*.api.example", ""), "ok", "host *.api.example of api", "none is looked up", "");
}

#[test]
fn a_limit_that_another_configuration_drains_at_another_rate() {
    let folder = pushed();
    folder.file("slow.toml", FINE.replace("50/s", "6/m"));
    let mut drain = start(folder.path(), ["drain", "--config", "slow.toml"]);
    until("it has booked", || {
        let limit = run(folder.path(), ["limit", "show", "api", "--json"]).with_code(0).json();
        !limit["drainers"].as_array().unwrap().is_empty()
    });
    let ended = doctor(&folder);
    drain.kill().unwrap();
    drain.wait().unwrap();
    check(
        ended,
        "look",
        "limit api",
        "its drainers at work go by 6/m, and jobq.toml says 50/s",
        "start them anew",
    );
}
