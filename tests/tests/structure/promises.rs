//! Each promise of the README has its tests, and they bear its name.

use std::collections::BTreeSet;

use crate::nothing_wrong;
use crate::pages;
use crate::sources::{Source, all};

/// The promises that single tests hold; the seventh is held by the contract suites.
const BY_NAME: [&str; 6] = ["p1_", "p2_", "p3_", "p4_", "p5_", "p6_"];

const SUITES: &str = "tests/src/contract/";
/// Where they are held against the adapters: results on their own, for they are kept beside queues and ledger.
const LISTS: [&str; 2] = ["tests/tests/contract.rs", "tests/tests/aws/results.rs"];

#[test]
fn every_promise_has_a_test_that_bears_its_name() {
    let tests = tests();
    let unheld = BY_NAME.into_iter().filter(|promise| !tests.iter().any(|test| bears(test, promise)));
    nothing_wrong(unheld.map(|promise| format!("no test's name has {promise} in it")));
}

#[test]
fn the_readme_names_tests_that_are_there() {
    let readme = pages::one("README.md");
    let tests = tests();
    let named: Vec<&str> =
        readme.code_spans().filter(|span| BY_NAME.iter().any(|promise| bears(span, promise))).collect();
    let missing = named.iter().filter(|name| !tests.contains(**name));
    let missing = missing.map(|name| format!("README.md names the test {name}, which is not there"));
    let untold = BY_NAME.into_iter().filter(|promise| !named.iter().any(|name| bears(name, promise)));
    nothing_wrong(missing.chain(untold.map(|promise| format!("README.md names no test for {promise}"))));
}

#[test]
fn p7_every_case_of_every_contract_is_held_against_the_adapters() {
    let sources = all();
    let lists: Vec<&Source> = sources.iter().filter(|source| LISTS.contains(&source.path.as_str())).collect();
    assert_eq!(lists.len(), LISTS.len());
    let words = lists.iter().flat_map(|list| list.code.split(|c: char| !(c.is_alphanumeric() || c == '_')));
    let listed: BTreeSet<&str> = words.collect();
    let suites = sources.iter().filter(|source| source.path.starts_with(SUITES));
    // What the cases are written in isn't a case.
    let suites = suites.filter(|source| !source.path.ends_with("/subject.rs"));
    let cases: Vec<String> = suites.flat_map(|suite| names(suite, "pub async fn ")).collect();
    assert!(cases.len() > 20, "only {cases:?}");
    assert!(listed.contains("LocalStore"), "the local backend isn't held to the contracts");
    let forgotten = cases.into_iter().filter(|case| !listed.contains(case.as_str()));
    nothing_wrong(forgotten.map(|case| format!("none of {LISTS:?} runs {case}")));
}

/// The names of all functions marked as tests.
fn tests() -> BTreeSet<String> {
    let sources = all();
    let marked = |source: &Source| {
        let parts: Vec<&str> = source.code.split("#[").filter(|part| is_test(part)).collect();
        parts.into_iter().filter_map(|part| names_in(part, "fn ").next()).collect::<Vec<_>>()
    };
    sources.iter().flat_map(marked).collect()
}

fn is_test(attribute: &str) -> bool {
    attribute.starts_with("test]") || attribute.starts_with("tokio::test")
}

/// Whether a name has this promise in it, as a word: `p2_p3_a` has `p2_` and `p3_`.
fn bears(name: &str, promise: &str) -> bool {
    name.starts_with(promise) || name.contains(&format!("_{promise}"))
}

fn names(source: &Source, before: &str) -> Vec<String> {
    names_in(&source.code, before).collect()
}

fn names_in(code: &str, before: &str) -> impl Iterator<Item = String> {
    let rests = code.split(before).skip(1);
    let name = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    rests.map(name).filter(|name| !name.is_empty())
}
