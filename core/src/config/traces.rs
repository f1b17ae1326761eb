//! `traces` of `[aws]` to checked [`Traces`].

use url::Url;

use crate::stack::Traces;

use super::header;
use super::keys::stack::TRACES;
use super::limit::without_repeats;
use super::problem::Problems;
use super::section::Section;

/// Reads where functions send traces; nowhere if it isn't said.
pub(super) fn read(aws: &Section, problems: &mut Problems) -> Option<Traces> {
    let section = aws.table("traces", TRACES, problems)?;
    let endpoint = section.parsed("endpoint", endpoint, problems);
    let (headers, secrets) = header::read(&section, problems);
    Some(Traces { endpoint: endpoint?, headers, secrets: without_repeats(secrets.into_iter()) })
}

/// It stands in the template and in the function's settings, where whoever may look at the stack reads it.
fn endpoint(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    let url =
        url.ok_or_else(|| "it is no place to send to: write it like https://otlp.example.com".to_owned())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("everybody could read the password in it: put a secret into 'headers'".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("'/v1/traces' is put behind it: leave out '?' and '#'".to_owned());
    }
    Ok(text.to_owned())
}
