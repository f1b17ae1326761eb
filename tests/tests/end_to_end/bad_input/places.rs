//! Results that can't be written, secrets that aren't there, addresses that may not be called.

use std::os::unix::fs::PermissionsExt;

use super::nobody::{as_nobody, read_only};
use super::{assert_well_told, typed};
use jobq_tests::world::nginx::free_port;

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
    assert_well_told(&ended, &["error: ", "out/results.jsonl", "must be writable for this user"]);
}

#[test]
fn a_secret_that_is_not_there() {
    let folder = typed("run good.jsonl --rate 5/s --header 'authorization: Bearer ${secret:no-such-token}'")
        .fails(2, &["the secret 'no-such-token'", "JOBQ_SECRET_NO_SUCH_TOKEN"]);
    assert!(
        !folder.path().join("good.results.jsonl").exists() || folder.read("good.results.jsonl").is_empty()
    );
}

/// Before the first call, for all would fail. What hides behind a name is refused when it is called (`p5_p6`).
#[test]
fn loopback_without_allow_private() {
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254", "0x7f.1"] {
        let url = format!("http://{host}:{}/", free_port());
        typed("run calls.txt --rate 50/s")
            .file("calls.txt", url)
            .fails(2, &["may not be called", "hint: if you mean it: --allow-private"]);
    }
}
