//! Bodies as SQS takes them: text of the characters that XML 1.0 has.
//!
//! Envelopes and letters are JSON, and what XML lacks can only stand inside JSON's strings. There an escape means the
//! same character, so the body is another text and the same value.

use std::fmt::Write;

/// A body as text that SQS takes; none if it isn't text at all.
pub(super) fn sendable(body: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(body).ok()?;
    if !may_be_refused(text.as_bytes()) || text.chars().all(is_taken) {
        return Some(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_taken(c) {
            escaped.push(c);
        } else {
            // Writing to a string can't fail, and all that XML lacks has four digits at most.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        }
    }
    Some(escaped)
}

/// Whether any byte could be of a character that XML lacks: a control character, or the first byte of U+FFFE and
/// U+FFFF. Hardly any body has one, and looking at all bytes without stopping costs next to nothing, where looking at
/// characters was a twentieth of a push's processor time.
fn may_be_refused(body: &[u8]) -> bool {
    body.iter().fold(false, |found, byte| found | (*byte < 0x20) | (*byte == 0xef))
}

/// XML 1.0, section 2.2. The surrogates, which it lacks too, are no characters here.
fn is_taken(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    //! Nothing that SQS refuses is sent, and what was meant arrives.

    use proptest::prelude::any;
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn what_is_taken_stays_as_it_is() {
        let body = "tab\t newline\n return\r é \u{d7ff}\u{e000}\u{fffd}\u{10000}\u{10ffff}";
        assert_eq!(sendable(body.into()).unwrap(), body);
    }

    #[test]
    fn what_xml_lacks_is_escaped() {
        assert_eq!(sendable("\"\u{ffff}\u{1}\"".into()).unwrap(), "\"\\uffff\\u0001\"");
        assert_eq!(sendable(vec![0xff]), None);
    }

    proptest! {
        #[test]
        fn json_means_the_same_and_is_taken(value in any::<String>(), odd in proptest::collection::vec(0xfff0_u16.., 0..9)) {
            let value = value + &String::from_utf16_lossy(&odd);
            let sent = sendable(serde_json::to_vec(&value).unwrap()).unwrap();
            prop_assert!(sent.chars().all(is_taken));
            prop_assert_eq!(serde_json::from_str::<String>(&sent).unwrap(), value);
        }
    }
}
