//! Results that can't be written, secrets that aren't there, addresses that may not be called.

use std::os::unix::fs::PermissionsExt;

use super::nobody::{as_nobody, read_only};
use super::{assert_well_told, typed};
use crate::jobq::run;
use crate::nginx::free_port;

#[test]
fn results_in_a_place_that_cannot_be() {
    typed("run good.jsonl --rate 5/s --results good.csv/results.jsonl").fails(1, &["good.csv/results.jsonl"]);
}

#[test]
fn results_in_a_read_only_folder() {
    let case = typed("run good.jsonl --rate 5/s --results out/results.jsonl --state state");
    for folder in ["out", "state"] {
        std::fs::create_dir(case.folder.path().join(folder)).unwrap();
    }
    read_only(&case, "out");
    for open in ["", "state"] {
        std::fs::set_permissions(case.folder.path().join(open), PermissionsExt::from_mode(0o777)).unwrap();
    }
    let ended = as_nobody(&case).with_code(1);
    assert_well_told(
        &ended,
        &["error: ", "out/results.jsonl", "must be writable for this user"],
    );
}

#[test]
fn a_secret_that_is_not_there() {
    let folder = typed("run good.jsonl --rate 5/s --header 'authorization: Bearer ${secret:no-such-token}'")
        .fails(2, &["the secret 'no-such-token'", "JOBQ_SECRET_NO_SUCH_TOKEN"]);
    assert!(
        !folder.path().join("good.results.jsonl").exists() || folder.read("good.results.jsonl").is_empty()
    );
}

#[test]
fn loopback_without_allow_private() {
    let url = format!("http://127.0.0.1:{}/", free_port());
    let case = typed("run calls.txt --rate 50/s --json").file("calls.txt", url);
    let ended = case.run().with_code(3);
    assert_eq!(ended.json()["tally"]["dead"], 1);
    let letters = run(case.folder.path(), ["dlq", "ls", "--json"])
        .with_code(0)
        .json();
    assert_eq!(letters["reason"], "forbidden");
    assert!(
        letters["detail"].as_str().unwrap().contains("loopback"),
        "{letters}"
    );
}
