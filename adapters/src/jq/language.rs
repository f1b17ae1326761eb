//! The language, without the functions that reach beyond the value they are given: those that read the environment, end
//! the program, print, or tell the time.

use std::fmt;

use jaq_core::load::{Arena, File, Loader, import, span};
use jaq_core::{Compiler, Ctx, Filter, Vars, data, unwrap_valr};
use jaq_json::Val;
use jobq_core::config::nearest::nearest;

/// What isn't there.
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

/// A program, compiled.
pub struct Program {
    filter: Filter<Data>,
}

/// Why a text is no program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Wrong {
    /// What is wrong, and where.
    pub message: String,
    /// What would be right, where that can be guessed.
    pub hint: Option<String>,
}

/// The longest program, in bytes: what is typed by hand is a page.
const LONGEST: usize = 16 * 1024;

/// The stack on which a program is looked at. Its reader descends a level with each bracket, pipe and `if`: some 10 KB each,
/// and a program of [`LONGEST`] has 8,000 at most.
const STACK: usize = 256 * 1024 * 1024;

/// Looks whether a text is a program that may use variables of these names.
///
/// # Errors
/// It is too long, can't be read, loads something, or uses what isn't there.
pub fn check(code: &str, variables: &[&str]) -> Result<(), Wrong> {
    if code.len() > LONGEST {
        let message = format!("the program has {} bytes, {LONGEST} are allowed", code.len());
        return Err(Wrong { message, hint: None });
    }
    let compile = || Program::new(code, variables).map(drop);
    let looked = std::thread::scope(|scope| {
        let looking = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, compile)?;
        Ok(looking.join().unwrap_or_else(|_| Err(loads())))
    });
    // Where there is no room for another stack, its own will do.
    looked.unwrap_or_else(|_: std::io::Error| compile())
}

impl Program {
    /// Compiles a program that may use variables of these names.
    ///
    /// # Errors
    /// It can't be read, loads something, or uses what isn't there.
    pub fn new(code: &str, variables: &[&str]) -> Result<Self, Wrong> {
        let is_pure = |name: &str| !LEFT_OUT.contains(&name);
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let loader = Loader::new(defs.filter(|def| is_pure(def.name)));
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let modules =
            loader.load(&arena, File { code, path: () }).map_err(|errors| unreadable(code, &errors))?;
        // Its compiler takes it for granted that data is there when a program asks to load some.
        import(&modules, |_| Err(String::new())).map_err(|_| loads())?;
        let compiler = Compiler::default().with_funs(funs.filter(|(name, ..)| is_pure(name)));
        let compiled = compiler.with_global_vars(variables.iter().copied()).compile(modules);
        compiled.map(|filter| Self { filter }).map_err(|errors| {
            let mut unknown = errors.iter().flat_map(|(_, errors)| errors);
            unknown.next().map_or_else(loads, |(name, what)| undefined(code, name, what.as_str()))
        })
    }

    /// What the program makes of a value.
    pub fn run<'a>(
        &'a self,
        input: Val,
        variables: &[Val],
    ) -> impl Iterator<Item = Result<Val, String>> + 'a {
        let context = Ctx::<Data>::new(&self.filter.lut, Vars::new(variables.iter().cloned()));
        self.filter.id.run((context, input)).map(|made| unwrap_valr(made).map_err(|error| error.to_string()))
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").finish_non_exhaustive()
    }
}

fn loads() -> Wrong {
    Wrong { message: "the program can't be read: it may load nothing".to_owned(), hint: None }
}

fn undefined(code: &str, name: &str, what: &str) -> Wrong {
    let bare = name.split('/').next().unwrap_or(name);
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).map(|def| def.name);
    let funs = jaq_core::funs::<Data>().chain(jaq_std::funs()).chain(jaq_json::funs());
    let mut known: Vec<&str> = defs.chain(funs.map(|(name, ..)| name)).collect();
    known.retain(|known| !LEFT_OUT.contains(known) && *known != bare);
    let hint = if LEFT_OUT.contains(&bare) {
        Some("programs see nothing but their input".to_owned())
    } else {
        nearest(bare, known).map(|near| format!("did you mean '{near}'?"))
    };
    Wrong { message: format!("at {} the program uses an unknown {what} '{name}'", place(code, name)), hint }
}

/// What the reader of programs expected, and where.
fn unreadable(code: &str, errors: &jaq_core::load::Errors<&str, ()>) -> Wrong {
    use jaq_core::load::Error;
    let told = errors.first().map(|(_, error)| match error {
        Error::Lex(errors) => errors.first().map(|(expected, rest)| (expected.as_str().to_owned(), *rest)),
        Error::Parse(errors) => {
            errors.first().map(|(expected, found)| (expected.as_str().to_owned(), *found))
        }
        Error::Io(_) => None,
    });
    let Some(Some((expected, at))) = told else { return loads() };
    let message = format!("the program can't be read: at {} there should be {expected}", place(code, at));
    Wrong { message, hint: None }
}

/// Where a piece of a program stands in it. What was found may be nothing, at its end.
fn place(code: &str, piece: &str) -> String {
    let is_within = code.as_bytes().as_ptr_range().contains(&piece.as_ptr());
    if !is_within {
        return "its end".to_owned();
    }
    let before = &code[..span(code, piece).start];
    let column = 1 + before.rsplit('\n').next().unwrap_or(before).chars().count();
    match before.matches('\n').count() {
        0 => format!("column {column}"),
        line => format!("line {}, column {column}", line + 1),
    }
}

#[cfg(test)]
mod tests {
    //! What is refused before it is run, and where that is said to stand.

    use super::*;

    fn wrong(code: &str) -> Wrong {
        check(code, &["$task"]).unwrap_err()
    }

    #[test]
    fn what_is_deep_is_read_and_what_is_long_is_not() {
        let filled = |opening: &str, middle: &str, closing: &str| {
            let levels = (LONGEST - middle.len()) / (opening.len() + closing.len());
            format!("{}{middle}{}", opening.repeat(levels), closing.repeat(levels))
        };
        for deep in [filled("(", ".", ")"), filled(".|", ".", ""), filled("-", "1", ""), filled("[", "", "]")]
        {
            assert_eq!(check(&deep, &[]), Ok(()), "{}...", &deep[..9]);
            let long = format!("{deep}  ");
            assert!(check(&long, &[]).unwrap_err().message.contains("16384 are allowed"));
        }
        assert_eq!(check(&filled("if .a then ", ".", " else . end"), &[]), Ok(()));
    }

    #[test]
    fn programs_reach_nothing_but_their_input() {
        for name in LEFT_OUT {
            let code = format!(".a | {name}");
            let Wrong { message, hint } = wrong(&code);
            assert!(
                message.starts_with("at column 6 the program uses an unknown filter"),
                "{name}: {message}"
            );
            assert_eq!(hint.as_deref(), Some("programs see nothing but their input"), "{name}");
        }
        assert_eq!(check("$task", &["$task"]), Ok(()));
        for name in ["$ENV", "$status", "input_filename", "now2", "$__prog_args"] {
            assert!(wrong(name).message.contains("unknown"), "{name}: {}", wrong(name));
        }
    }

    #[test]
    fn what_cant_be_read_is_told_with_its_place() {
        for (code, says) in [
            ("", "at its end there should be term"),
            (".url |= sub(", "at its end there should be closing parenthesis"),
            (".a | | .b", "at column 6 there should be term"),
            (".a\n| | .b", "at line 2, column 3 there should be term"),
            ("import \"x\" as x; .", "it may load nothing"),
            ("import \"x\" as $x; .", "it may load nothing"),
            ("include \"x\"; .", "it may load nothing"),
        ] {
            assert!(wrong(code).message.contains(says), "{code}: {}", wrong(code));
        }
        assert_eq!(wrong("lenght").hint.as_deref(), Some("did you mean 'length'?"));
    }
}
