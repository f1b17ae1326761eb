//! Every `jobq ...` that a page tells somebody to type is one that jobq understands.

use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Args;

/// A command on a page.
#[derive(Debug, PartialEq)]
struct Told {
    /// The page and its line.
    place: String,
    text: String,
    /// Whether it stands there to be typed as it is, and not to be spoken of.
    whole: bool,
}

#[test]
fn every_command_on_a_page_is_understood() {
    let told: Vec<Told> = pages().iter().flat_map(|page| commands(page)).collect();
    assert!(told.len() > 100, "only {told:?}");
    let wrong: Vec<String> = told.iter().filter_map(problem).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Whatever is misspelt is noticed, or the test above would hold nothing.
#[test]
fn a_command_that_is_not_there_is_noticed() {
    let wrong = |text: &str| problem(&Told { place: String::new(), text: text.to_owned(), whole: false });
    assert_eq!(wrong("jobq dlq ls QUEUE --until 10d"), None);
    assert_eq!(wrong("jobq limit set NAME 20/s --for 1h --reason \"they move house\""), None);
    assert_eq!(wrong("jobq completions SHELL | less"), None);
    assert_eq!(wrong("jobq dlq redrive"), None, "it is only spoken of");
    for text in ["jobq dlq lst", "jobq lmit ls", "jobq drain --until-emtpy", "jobq limit set NAME soon"] {
        assert!(wrong(text).is_some(), "{text}");
    }
    let typed = Told { place: String::new(), text: "jobq dlq redrive".to_owned(), whole: true };
    assert!(problem(&typed).is_some());
}

/// README.md and what is in `docs`.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    pages.chain([root.join("README.md")]).collect()
}

/// What a page has in single backticks, over two lines too, and in the lines of its fenced blocks.
fn commands(page: &Path) -> Vec<Told> {
    let text = fs::read_to_string(page).unwrap();
    let name = page.file_name().unwrap().to_string_lossy();
    let mut told = Vec::new();
    let (mut fenced, mut before) = (false, 1);
    for part in text.split("```") {
        let lines = || part.lines().enumerate();
        if fenced {
            let typed = lines()
                .filter_map(|(at, line)| Some((at, line.trim_start_matches("$ ").strip_prefix("jobq ")?)));
            // What follows two blanks and a # or a word is told about it.
            let text = |line: &str| format!("jobq {}", line.split("  ").next().unwrap_or(line));
            told.extend(typed.map(|(at, line)| Told {
                place: format!("{name}:{}", before + at),
                text: text(line),
                whole: true,
            }));
        } else {
            let mut at = before;
            for (index, span) in part.split('`').enumerate() {
                if index % 2 == 1 && span.starts_with("jobq ") {
                    let text = span.replace('\n', " ");
                    told.push(Told { place: format!("{name}:{at}"), text, whole: false });
                }
                at += span.matches('\n').count();
            }
        }
        before += part.matches('\n').count();
        fenced = !fenced;
    }
    told
}

/// Why a command isn't understood. Words in capitals stand for what is put in their place.
fn problem(told: &Told) -> Option<String> {
    let words = words(&told.text);
    let error = Args::command().try_get_matches_from(&words).err()?;
    let is_fine = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        ErrorKind::MissingRequiredArgument | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            !told.whole
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => is_placeholder(&error),
        _ => false,
    };
    (!is_fine).then(|| format!("{}: {}: {error}", told.place, told.text))
}

/// Whether the value that isn't understood stands for another one.
fn is_placeholder(error: &clap::Error) -> bool {
    let value = error.get(ContextKind::InvalidValue);
    matches!(value, Some(ContextValue::String(value)) if value.chars().all(|c| c.is_ascii_uppercase()))
}

/// The words of a line as a shell makes them, up to a pipe, a redirection or a remark.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | '>' | '<' | ';' | '&') => break,
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
