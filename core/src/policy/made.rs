//! What a jq program made, before it is read as a task.

use std::borrow::Cow;

use crate::secret_names::{OPENING, secret_names};

/// How much is shown of what a program said or was run over, in characters.
pub(super) const SHOWN: usize = 200;

/// The beginning of what a program said: it may be anything, and of any length.
pub(super) fn beginning(said: &str) -> String {
    let shown: String = said.chars().take(SHOWN).collect();
    if shown.len() < said.len() { shown + "..." } else { shown }
}

/// The object of a task: a text by itself is the task's url.
pub(super) fn object(text: &str) -> Cow<'_, str> {
    if text.starts_with('"') { Cow::Owned(format!(r#"{{"url":{text}}}"#)) } else { text.into() }
}

/// Who is asked must not choose where a secret goes: only those that stand in the program may stand in what it made of
/// what `source` said.
pub(super) fn choose_no_secret(source: &str, text: &str, code: &str) -> Result<(), String> {
    if !text.contains(OPENING) {
        return Ok(());
    }
    let names = secret_names(text).map_err(|error| error.to_string())?;
    let foreign = names.iter().find(|name| !code.contains(&format!("{OPENING}{name}}}")));
    foreign.map_or(Ok(()), |name| Err(format!("{source} names the secret '{name}', the program doesn't")))
}
