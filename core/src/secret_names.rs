//! The secrets a text names as `${secret:name}`.

use crate::name::{NameError, SecretName};

/// What a reference to a secret starts with; it ends at the next `}`.
pub const OPENING: &str = "${secret:";

/// A reference to a secret that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The closing brace is missing.
    #[error("a '${{secret:' is not closed: write ${{secret:name}}")]
    Unclosed,
    /// What stands between the braces is no name.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// The names in the order of the text, repeats included.
pub fn secret_names(text: &str) -> Result<Vec<SecretName>, ReferenceError> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(OPENING) {
        let (name, beyond) = after.split_once('}').ok_or(ReferenceError::Unclosed)?;
        names.push(name.parse()?);
        rest = beyond;
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    //! References as they stand in headers and bodies.

    use super::*;

    #[test]
    fn finds_every_name_and_refuses_broken_ones() {
        let names = |text| {
            secret_names(text).map(|names| names.iter().map(SecretName::to_string).collect::<Vec<_>>())
        };
        assert_eq!(names("Bearer ${secret:a}").unwrap(), ["a"]);
        assert_eq!(names("${secret:a}:${secret:b}${secret:a}").unwrap(), ["a", "b", "a"]);
        assert!(names("plain $ {} ${other}").unwrap().is_empty());
        assert_eq!(names("${secret:a"), Err(ReferenceError::Unclosed));
        assert!(names("${secret:}").is_err());
        assert!(names("${secret:a b}").is_err());
    }
}
