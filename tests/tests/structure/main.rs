//! The structure of the workspace, held by reading its manifests, sources and pages.
//!
//! Each check is a function from what was read to a list of what is wrong, and its test prints all of it.
//! What these rules are for is told in `ARCHITECTURE.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod manifests;
mod pages;
mod sources;

mod arrows;
mod documents;
mod licences;
mod promises;
mod sizes;
mod words;

/// Passes if nothing is wrong; else tells all of it.
#[track_caller]
fn nothing_wrong(wrong: impl IntoIterator<Item = String>) {
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
