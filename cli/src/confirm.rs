//! Asking before something is done that can't be undone.

use std::io::{self, IsTerminal};

use crate::failure::Failure;
use crate::printer::Printer;

/// Whether somebody has to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// It was given on the command line.
    Given,
    /// Somebody at the terminal is asked.
    Asked,
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
}

impl Consent {
    /// Consent as `--yes` gives it. Where it doesn't, there must be somebody to ask.
    pub(crate) fn by_flag(yes: bool) -> Result<Self, Failure> {
        if yes {
            return Ok(Self::Given);
        }
        if io::stdin().is_terminal() {
            return Ok(Self::Asked);
        }
        Err(Failure::usage("there is no terminal to ask at whether this is to be done")
            .hint("add --yes, or look first with --dry-run"))
    }

    /// Asks for `expected` to be typed, unless consent is given already. Ctrl-C says no.
    pub(crate) async fn ask(
        self,
        question: &str,
        expected: &str,
        printer: Printer,
    ) -> Result<Answer, Failure> {
        if self == Self::Given {
            return Ok(Answer::Yes);
        }
        printer.prompt(format_args!("{question} Type '{expected}' to go on: "));
        let typed = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|_| line)
        });
        let typed = tokio::select! {
            typed = typed => typed,
            _ = tokio::signal::ctrl_c() => {
                printer.note("");
                return Ok(Answer::No);
            }
        };
        let failed = |error: String| Failure::failed(format!("read the answer: {error}"));
        let typed =
            typed.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
        Ok(if typed.trim() == expected { Answer::Yes } else { Answer::No })
    }
}
