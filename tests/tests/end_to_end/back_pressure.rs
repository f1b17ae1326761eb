//! P4 and the cool-down: an API slower than jobq was told.

use crate::access_log::with_status;
use crate::alone;
use crate::folder::Folder;
use crate::jobq::run;
use crate::nginx::Nginx;

#[test]
fn p4_an_api_at_half_the_rate_slows_the_limit_and_costs_no_attempt() {
    let _turn = alone();
    let (api, folder) = (Nginx::limiting("25r/s", 3), Folder::new());
    folder.file("calls.txt", api.urls(900));
    let args = ["run", "calls.txt", "--rate", "50/s", "--max-attempts", "1", "--allow-private", "--json"];
    let report = run(folder.path(), args).with_code(0).json();
    assert_eq!(report["tally"]["done"], 900);
    assert_eq!(report["drain"]["retried"], 0, "an attempt was spent on a 429");
    let mut calls = api.calls();
    calls.sort_by(|a, b| a.at.total_cmp(&b.at));
    let after_the_first_seconds: Vec<_> =
        calls.iter().filter(|call| call.at > calls[0].at + 10.0).cloned().collect();
    let refused = with_status(&after_the_first_seconds, 429);
    let share = refused as f64 / after_the_first_seconds.len() as f64;
    println!(
        "{} of {} calls refused in all; {refused} of {} after 10 s: {:.1} %",
        with_status(&calls, 429),
        calls.len(),
        after_the_first_seconds.len(),
        share * 100.0
    );
    assert!(with_status(&calls, 429) > 0, "the API never refused: this test shows nothing");
    assert!(share < 0.03, "{share} of the calls were refused");
}
