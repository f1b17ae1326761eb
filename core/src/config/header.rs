//! The headers of a limit: each a name and a value HTTP can carry, and the secrets they name.

use crate::name::SecretName;

use super::problem::Problems;
use super::section::Section;
use crate::secret_names::{OPENING, secret_names};

/// Headers that HTTP or jobq sets by itself for each call: one value for all calls would break them.
const OWN: [&str; 6] = ["connection", "content-length", "host", "idempotency-key", "te", "transfer-encoding"];

/// Reads `headers`: names in lower case with their values, and the secrets these name.
pub(super) fn read(section: &Section, problems: &mut Problems) -> (Vec<(String, String)>, Vec<SecretName>) {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut secrets = Vec::new();
    for entry in section.entries("headers", problems) {
        let Some(value) = entry.text(problems) else {
            continue;
        };
        let mut note = |why: String| problems.add(entry.at, format!("{}: {why}", entry.path));
        let name = match header_name(entry.name) {
            Ok(name) => name,
            Err(why) => {
                note(why);
                continue;
            }
        };
        if OWN.contains(&name.as_str()) {
            note("jobq sets this header by itself, for each call".to_owned());
        }
        if headers.iter().any(|(other, _)| *other == name) {
            note(format!("the header {name} is there twice: letter case makes no difference"));
        }
        match secrets_of(value) {
            Ok(found) => secrets.extend(found),
            Err(why) => note(why),
        }
        headers.push((name, value.to_owned()));
    }
    (headers, secrets)
}

/// Checks a header's name, and makes it lower case as HTTP/2 wants it.
pub fn header_name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if text.is_empty() || !text.chars().all(allowed) {
        return Err(format!("'{text}' is not a header name: use letters, digits and '-'"));
    }
    Ok(text.to_ascii_lowercase())
}

/// Checks a header's value, and finds the secrets it names.
fn secrets_of(value: &str) -> Result<Vec<SecretName>, String> {
    if !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        return Err("a header's value is printable ASCII on one line".to_owned());
    }
    // Elsewhere `${` is text like any other. In a header of the configuration it is more likely somebody's
    // idea of an environment variable, and would go out to the API as it stands.
    if value.matches("${").count() > value.matches(OPENING).count() {
        return Err("only ${secret:NAME} can stand for a value".to_owned());
    }
    secret_names(value).map_err(|why| why.to_string())
}
