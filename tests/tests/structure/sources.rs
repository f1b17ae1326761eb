//! The Rust files of the workspace, as they stand and as bare code.

use std::fs;
use std::path::Path;

use crate::manifests::{members, root};

/// A Rust file.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Seen from the workspace's folder, with `/`.
    pub(crate) path: String,
    /// As it stands.
    pub(crate) text: String,
    /// As it stands, with a blank for every character of comments and literals.
    pub(crate) code: String,
}

/// Every Rust file of the workspace.
pub(crate) fn all() -> Vec<Source> {
    let mut found = Vec::new();
    for member in members() {
        collect(&root().join(&member.folder), &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 50, "only {} Rust files were found", found.len());
    found
}

/// The files that programs are made of, each without its unit tests.
pub(crate) fn of_programs() -> Vec<Source> {
    let sources = all().into_iter().filter(|source| source.path.contains("/src/"));
    let sources = sources.filter(|source| !source.path.starts_with("tests/"));
    sources.filter(|source| !is_test_module(&source.path)).map(without_tests).collect()
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), code: bare(text) }
    }

    /// Numbered lines of bare code.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(at, line)| (at + 1, line))
    }
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let shown = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            found.push(Source::new(&shown, &fs::read_to_string(&path).unwrap()));
        }
    }
}

/// `mod tests;` in a file or folder of its own.
fn is_test_module(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/src/") && path.contains("/tests/")
}

/// The file without its `#[cfg(test)] mod tests { ... }`; what stands behind that is no test.
fn without_tests(source: Source) -> Source {
    let Some(start) = source.text.find("\n#[cfg(test)]\nmod tests {") else {
        return source;
    };
    // A closing brace without indentation ends the module: rustfmt sees to it.
    let length = source.text[start..].find("\n}\n").expect("a module ends");
    let rest = &source.text[start + length + 3..];
    Source::new(&source.path, &format!("{}{rest}", &source.text[..=start]))
}

/// Code with a blank for every character of comments and literals; line breaks stay.
fn bare(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut bare = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = at + token(&chars, at);
        if end == at + 1 {
            bare.push(chars[at]);
        } else {
            bare.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        }
        at = end;
    }
    bare
}

/// How long the comment or literal is that begins here; 1 if none does.
fn token(chars: &[char], at: usize) -> usize {
    let rest = &chars[at..];
    let starts = |text: &str| text.chars().enumerate().all(|(i, c)| rest.get(i) == Some(&c));
    let in_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    if starts("//") {
        return rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
    }
    if starts("/*") {
        let end = (2..rest.len()).find(|i| rest[i - 1] == '*' && rest[*i] == '/' && *i > 2);
        return end.map_or(rest.len(), |end| end + 1);
    }
    if !in_word && (starts("r\"") || starts("r#") || starts("br\"") || starts("br#")) {
        return raw_text(rest);
    }
    match rest[0] {
        '"' => quoted(rest, '"'),
        '\'' if rest.get(1) == Some(&'\\') || rest.get(2) == Some(&'\'') => quoted(rest, '\''),
        _ => 1,
    }
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// `r#"..."#` with any number of `#`; `r#name` is no text.
fn raw_text(rest: &[char]) -> usize {
    let prefix = if rest[0] == 'b' { 2 } else { 1 };
    let marks = rest[prefix..].iter().take_while(|c| **c == '#').count();
    let open = prefix + marks;
    if rest.get(open) != Some(&'"') {
        return 1;
    }
    let closes = |at: &usize| {
        rest[*at] == '"' && rest[at + 1..].iter().take(marks).filter(|c| **c == '#').count() == marks
    };
    (open + 1..rest.len()).find(closes).map_or(rest.len(), |end| end + 1 + marks)
}

#[test]
fn bare_code_has_no_comments_and_literals() {
    let text =
        "a(\"}\\\"}\", r#\"{\"{\"#, '{', '\\'', b\"{\"); // {\nfn b<'a>(x: &'a str) {} /* { \n } */ r#c";
    let bare = bare(text);
    assert_eq!(bare.len(), text.len());
    let words: Vec<&str> = bare.split_whitespace().collect();
    assert_eq!(words.join(" "), "a( , , , , b ); fn b<'a>(x: &'a str) {} r#c");
}
