//! Over the local backend.

use crate::office::Office;
use crate::scenario;

#[test]
fn p1_p2_ten_thousand_letters() {
    let office = Office::local();
    office.kill(10_000);
    scenario::looks(&office, 10_000);
    scenario::p1_p2_sends_back_one_failure(&office, 10_000, 3);
}

#[test]
fn two_operators() {
    let office = Office::local();
    office.kill(2_000);
    scenario::two_operators_share_the_letters(&office, 2_000);
}
