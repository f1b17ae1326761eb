//! The tasks that files hold.

use std::fmt::Write as _;

/// So many calls of the plainest kind, each to `url` with its number added.
pub(crate) fn gets(url: &str, count: usize) -> String {
    lines(count, |number| format!(r#"{{"url":"{url}{number}"}}"#))
}

/// So many calls of about 300 bytes, with headers and a JSON body.
pub(crate) fn posts(url: &str, count: usize) -> String {
    lines(count, |number| {
        format!(
            r#"{{"url":"{url}{number}","method":"POST","headers":{{"accept":"application/json","x-source":"nightly-sync"}},"body":{{"id":{number},"name":"Warrior {number}","email":"warrior-{number}@troops.example","tags":["north","archer","veteran"],"score":{number}.5,"active":true,"note":"moved from the old camp to the new one"}}}}"#
        )
    })
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (1..=count).fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "{}", line(number));
        text
    })
}
