//! The log: `JOBQ_LOG` asks for it, and then everything on standard error is a line of it.

use jobq_adapters::clock::SystemClock;
use jobq_adapters::log::form::{self, Form};
use jobq_core::event::telling::Level;

use crate::env_vars;
use crate::failure::Failure;

/// The word for JSON lines.
const JSON: &str = "json";

/// What `JOBQ_LOG` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    level: Level,
    form: Form,
}

/// Starts the log if it is asked for, and answers with its level.
pub(crate) fn start() -> Result<Option<Level>, Failure> {
    let Some(text) = env_vars::read(env_vars::LOG) else {
        return Ok(None);
    };
    let Wanted { level, form } = wanted(&text)?;
    form::start(level, form, SystemClock::new());
    Ok(Some(level))
}

/// Reads `debug`, or `debug,json`.
fn wanted(text: &str) -> Result<Wanted, Failure> {
    let (level, form) = match text.split_once(',') {
        None => (text, Some(Form::Text)),
        Some((level, form)) => (level, (form.trim() == JSON).then_some(Form::Json)),
    };
    let level = Level::ALL.into_iter().find(|own| own.as_str() == level.trim());
    let (Some(level), Some(form)) = (level, form) else {
        let given: String = text.chars().take(60).collect();
        return Err(Failure::usage(format!("{} is {given:?}, which is no level of a log", env_vars::LOG))
            .hint("write error, warn, info or debug; for JSON lines error,json, warn,json, info,json or debug,json"));
    };
    Ok(Wanted { level, form })
}

#[cfg(test)]
mod tests {
    //! Words in, a level and a form out.

    use super::*;

    #[test]
    fn a_level_with_or_without_a_form() {
        for (text, level, form) in [
            ("error", Level::Error, Form::Text),
            ("warn", Level::Warn, Form::Text),
            ("info,json", Level::Info, Form::Json),
            ("debug, json", Level::Debug, Form::Json),
        ] {
            assert_eq!(wanted(text).unwrap(), Wanted { level, form }, "{text}");
        }
        for bad in ["verbose", "json", "json,debug", "debug,xml", "debug,json,json", "debug,", ",", "DEBUG"] {
            assert!(wanted(bad).is_err(), "{bad}");
        }
    }
}
