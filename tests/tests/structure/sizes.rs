//! How long files and functions may be.

use crate::nothing_wrong;
use crate::sources::{Source, of_programs};

/// Lines of a file, its unit tests left out.
const LONGEST_FILE: usize = 400;

/// Lines of a function, from its name to its closing brace.
const LONGEST_FUNCTION: usize = 70;

#[test]
fn files_are_one_idea() {
    let wrong = of_programs().into_iter().filter_map(|source| {
        let lines = source.text.lines().count();
        (lines > LONGEST_FILE).then(|| format!("{}: {lines} lines, {LONGEST_FILE} are allowed", source.path))
    });
    nothing_wrong(wrong);
}

#[test]
fn functions_fit_a_screen() {
    let wrong = of_programs().into_iter().flat_map(|source| {
        let long = functions(&source).into_iter().filter(|function| function.lines > LONGEST_FUNCTION);
        let tell = |function: Function| {
            let Function { line, name, lines } = function;
            format!("{}:{line}: {name} has {lines} lines, {LONGEST_FUNCTION} are allowed", source.path)
        };
        long.map(tell).collect::<Vec<_>>()
    });
    nothing_wrong(wrong);
}

#[derive(Debug, PartialEq)]
struct Function {
    line: usize,
    name: String,
    lines: usize,
}

/// Every function with a body. Counts braces in bare code, nested functions by themselves too.
fn functions(source: &Source) -> Vec<Function> {
    let code = &source.code;
    let line_of = |at: usize| code[..at].matches('\n').count() + 1;
    let starts = code
        .match_indices("fn ")
        .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
    let function = |(at, _): (usize, &str)| {
        let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let end = (!name.is_empty()).then(|| end_of_body(&code[at..]))??;
        let line = line_of(at);
        Some(Function { line, name, lines: line_of(at + end) - line + 1 })
    };
    starts.filter_map(function).collect()
}

/// Where the body ends that begins after this signature; none for a method without one.
fn end_of_body(code: &str) -> Option<usize> {
    let (mut braces, mut others) = (0, 0);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => others += 1,
            ')' | ']' => others -= 1,
            ';' if braces == 0 && others == 0 => return None,
            '{' => braces += 1,
            '}' => {
                braces -= 1;
                if braces == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[test]
fn a_function_is_counted_from_its_name_to_its_closing_brace() {
    let text = "trait A {\n    fn none(&self) -> [u8; 2];\n    fn some() {\n        if x { \"}\" }\n    }\n}\nfn one(f: fn(u8)) {}\n";
    let found = functions(&Source::new("a.rs", text));
    let expected = [(3, "some", 3), (7, "one", 1)];
    let expected = expected.map(|(line, name, lines)| Function { line, name: name.to_owned(), lines });
    assert_eq!(found, expected);
}
