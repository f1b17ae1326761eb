//! How deep JSON nests. Most readers descend a level with each bracket, so a text of brackets alone overflows the stack of
//! whoever reads it unasked.

/// The most levels of a text that is read. Many readers take 128 (`serde_json` does); this leaves room for what we put around.
pub const DEEPEST: usize = 100;

/// A text that nests too deep to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the JSON nests deeper than {0} levels")]
pub struct TooDeep(usize);

/// Looks whether a JSON text nests no deeper than so many levels, without reading it as JSON. Of any other text it says
/// nothing, but ends all the same.
pub fn check(json: &[u8], deepest: usize) -> Result<(), TooDeep> {
    let (mut depth, mut within_text, mut escaped) = (0usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if within_text => escaped = true,
            b'"' => within_text = !within_text,
            b'[' | b'{' if !within_text => depth += 1,
            b']' | b'}' if !within_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > deepest {
            return Err(TooDeep(deepest));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    //! Brackets that count, and brackets that don't.

    use super::*;

    #[test]
    fn levels_are_counted_where_they_are_open() {
        for (json, depth) in [
            ("1", 0),
            ("[]", 1),
            (r#"{"a": [1, {"b": []}], "c": {}}"#, 4),
            (r#"["[[[[", "\"[[[", {}]"#, 2),
            (r#"["\\", [[]]]"#, 3),
            ("[[]][[]]", 2),
            ("]]]]}}[", 1),
        ] {
            assert_eq!(check(json.as_bytes(), depth), Ok(()), "{json}");
            assert_eq!(depth == 0, check(json.as_bytes(), depth.saturating_sub(1)).is_ok(), "{json}");
        }
    }

    #[test]
    fn what_is_too_deep_says_how_deep_it_may_be() {
        let told = check("[".repeat(100_000).as_bytes(), DEEPEST).unwrap_err().to_string();
        assert_eq!(told, "the JSON nests deeper than 100 levels");
        assert!(check("{".repeat(DEEPEST).as_bytes(), DEEPEST).is_ok());
    }
}
