//! Under which licences the program's parts may come.

use std::collections::BTreeSet;

use crate::manifests::{Part, parts_of, root};
use crate::nothing_wrong;

/// Licences that ask for no more than their text beside the program.
const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[test]
fn every_part_of_the_program_has_a_licence_that_is_allowed() {
    let parts = parts_of("jobq");
    let names: BTreeSet<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    assert!(names.contains("jobq-core") && names.contains("serde"), "{names:?}");
    assert!(!names.contains("proptest"), "a part of the tests was taken for one of the program");
    nothing_wrong(parts.iter().filter(|part| !is_allowed(part)).map(|part| match &part.licence {
        Some(licence) => format!("{}: '{licence}' is not allowed", part.name),
        None => format!("{} names no licence", part.name),
    }));
}

#[test]
fn the_versions_of_all_parts_are_pinned() {
    assert!(root().join("Cargo.lock").is_file());
}

fn is_allowed(part: &Part) -> bool {
    part.licence.as_deref().is_some_and(|licence| either(&mut words(licence).as_slice()) == Some(true))
}

/// The words of an expression; `/` is how `OR` was written once.
fn words(licence: &str) -> Vec<String> {
    let spaced = licence.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// `A OR B`. None if it is no expression.
fn either(words: &mut &[String]) -> Option<bool> {
    let (allowed, rest) = alternatives(words)?;
    rest.is_empty().then_some(allowed)
}

fn alternatives(words: &[String]) -> Option<(bool, &[String])> {
    let (mut allowed, mut rest) = together(words)?;
    while let Some((word, more)) = rest.split_first()
        && word == "OR"
    {
        let (also, beyond) = together(more)?;
        (allowed, rest) = (allowed || also, beyond);
    }
    Some((allowed, rest))
}

/// `A AND B`, which binds tighter than `OR`.
fn together(words: &[String]) -> Option<(bool, &[String])> {
    let (mut allowed, mut rest) = one(words)?;
    while let Some((word, more)) = rest.split_first()
        && word == "AND"
    {
        let (also, beyond) = one(more)?;
        (allowed, rest) = (allowed && also, beyond);
    }
    Some((allowed, rest))
}

/// `A`, `A WITH E` or `( ... )`.
fn one(words: &[String]) -> Option<(bool, &[String])> {
    let (first, rest) = words.split_first()?;
    if first == "(" {
        let (allowed, rest) = alternatives(rest)?;
        let (closing, rest) = rest.split_first()?;
        return (closing == ")").then_some((allowed, rest));
    }
    match rest {
        [with, exception, rest @ ..] if with == "WITH" => {
            Some((ALLOWED.contains(&format!("{first} WITH {exception}").as_str()), rest))
        }
        _ => Some((ALLOWED.contains(&first.as_str()), rest)),
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    for (licence, allowed) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("AGPL-3.0-or-later", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT/GPL-3.0-only", true),
        ("MIT AND GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT AND ISC", true),
        ("(GPL-3.0-only OR MIT) AND ISC", true),
        ("ISC AND (GPL-3.0-only OR SSPL-1.0)", false),
        ("Apache-2.0 WITH LLVM-exception OR GPL-2.0-only", true),
        ("GPL-2.0-only WITH Classpath-exception-2.0", false),
        ("MIT OR", false),
        ("MIT Apache-2.0", false),
        ("(MIT", false),
        ("", false),
    ] {
        let part = Part { name: "a".to_owned(), licence: Some(licence.to_owned()) };
        assert_eq!(is_allowed(&part), allowed, "{licence}");
    }
}
