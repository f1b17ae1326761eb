//! jq programs over a task.
//!
//! They are given one line and make the next one. They see nothing else: the functions of the language that read the
//! environment, end the program or print are left out.

use std::fmt;
use std::str::FromStr;

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use jobq_core::nesting;
use serde_json::value::RawValue;

/// What isn't there: functions that reach beyond the value they are given.
const LEFT_OUT: [&str; 11] = [
    "debug",
    "debug_empty",
    "env",
    "halt",
    "halt_error",
    "input",
    "inputs",
    "input_line_number",
    "now",
    "stderr",
    "stderr_empty",
];

type Data = data::JustLut<Val>;

/// A jq program, compiled.
pub struct Program {
    filter: Filter<Data>,
}

/// Why a text is no program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProgramError(String);

impl Program {
    /// What the program makes of a JSON text: several texts, or none.
    ///
    /// # Errors
    /// What the program, or the reader of the text, says.
    pub(crate) fn run(&self, json: &str) -> Result<Vec<String>, String> {
        let input = value(json)?;
        let context = Ctx::<Data>::new(&self.filter.lut, Vars::new([]));
        let outputs = self.filter.id.run((context, input)).map(unwrap_valr);
        // A task becomes one task or stays: a second one is enough to know that it is too many.
        outputs
            .take(2)
            .map(|output| output.map(|value| value.to_string()).map_err(|error| error.to_string()))
            .collect()
    }
}

/// A JSON text as programs write it, so that what they left alone looks alike before and after.
pub(crate) fn normal(json: &str) -> Option<String> {
    value(json).ok().map(|value| value.to_string())
}

/// A JSON text as programs read it. Their reader goes down with every bracket, and so would the program that asked it. It
/// also takes what is no JSON, like comments with a quote in them, of which nobody could tell how deep it nests.
fn value(json: &str) -> Result<Val, String> {
    serde_json::from_str::<&RawValue>(json).map_err(|error| error.to_string())?;
    nesting::check(json.as_bytes(), nesting::DEEPEST).map_err(|error| error.to_string())?;
    read::parse_single(json.as_bytes()).map_err(|error| error.to_string())
}

impl FromStr for Program {
    type Err = ProgramError;

    fn from_str(code: &str) -> Result<Self, ProgramError> {
        let is_pure = |name: &str| !LEFT_OUT.contains(&name);
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let loader = Loader::new(defs.filter(|def| is_pure(def.name)));
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let modules =
            loader.load(&arena, File { code, path: () }).map_err(|errors| unreadable(code, &errors))?;
        let compiled =
            Compiler::default().with_funs(funs.filter(|(name, ..)| is_pure(name))).compile(modules);
        compiled.map(|filter| Self { filter }).map_err(|errors| {
            let mut unknown = errors.iter().flat_map(|(_, errors)| errors);
            let said =
                unknown.next().map_or_else(String::new, |(name, what)| format!("{} '{name}'", what.as_str()));
            ProgramError(format!("the program uses an unknown {said}"))
        })
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").finish_non_exhaustive()
    }
}

/// What the reader of programs expected, and where.
fn unreadable(code: &str, errors: &jaq_core::load::Errors<&str, ()>) -> ProgramError {
    use jaq_core::load::Error;
    let told = errors.first().map(|(_, error)| match error {
        Error::Lex(errors) => errors.first().map(|(expected, rest)| (expected.as_str().to_owned(), *rest)),
        Error::Parse(errors) => {
            errors.first().map(|(expected, found)| (expected.as_str().to_owned(), *found))
        }
        Error::Io(_) => None,
    });
    let Some(Some((expected, at))) = told else {
        return ProgramError("the program can't be read: it may load nothing".to_owned());
    };
    // What was found is a piece of the program, or nothing at its end.
    let position =
        (at.as_ptr() as usize).checked_sub(code.as_ptr() as usize).filter(|position| *position < code.len());
    let column = position.map_or_else(|| "its end".to_owned(), |position| format!("column {}", position + 1));
    ProgramError(format!("the program can't be read: at {column} there should be {expected}"))
}
