//! Headers: names and values HTTP can carry, and none that jobq or HTTP sets by itself.

use crate::secret_names::{OPENING, secret_names};

use crate::written::problem::{Problem, quoted};

/// Headers no task may set, each with its reason.
const FORBIDDEN: [(&str, &str); 11] = [
    ("connection", HOP),
    ("content-length", "the length is counted when the call is made"),
    ("host", "the host is taken from the url"),
    ("idempotency-key", "the task's id is sent as this header: set 'id'"),
    ("keep-alive", HOP),
    ("proxy-authorization", HOP),
    ("proxy-connection", HOP),
    ("te", HOP),
    ("trailer", HOP),
    ("transfer-encoding", HOP),
    ("upgrade", HOP),
];

const HOP: &str = "it belongs to the connection, not to the call: leave it out";

/// Checks a header and adds it, its name in lower case.
pub fn add(headers: &mut Vec<(String, String)>, name: &str, value: &str) -> Result<(), Problem> {
    let name = check_name(name)?;
    check_value(&name, value)?;
    if headers.iter().any(|(other, _)| *other == name) {
        return Err(Problem::new(format!("the header {} is there twice", quoted(&name)))
            .hint("letter case makes no difference: leave one out"));
    }
    headers.push((name, value.to_owned()));
    Ok(())
}

/// Whether a header of this name, in lower case, is among them.
pub fn has(headers: &[(String, String)], name: &str) -> bool {
    headers.iter().any(|(other, _)| other == name)
}

fn check_name(name: &str) -> Result<String, Problem> {
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(Problem::new(format!("{} is not a header name", quoted(name)))
            .hint("use letters, digits and '-'"));
    }
    let name = name.to_ascii_lowercase();
    match FORBIDDEN.iter().find(|(forbidden, _)| *forbidden == name) {
        Some((_, why)) => Err(Problem::new(format!("the header {} can't be set", quoted(&name))).hint(why)),
        None => Ok(name),
    }
}

fn check_value(name: &str, value: &str) -> Result<(), Problem> {
    if value.bytes().any(|b| b < 0x20 || b == 0x7f) {
        let reason = format!("the header {} has a control character in its value", quoted(name));
        return Err(Problem::new(reason).hint("leave out line breaks and tabs"));
    }
    if value.contains(OPENING) {
        secret_names(value).map_err(|error| Problem::new(format!("the header {}: {error}", quoted(name))))?;
    }
    Ok(())
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
