//! Names and ids: one type each, so that a queue's name is never passed for a limit's.

use std::fmt;
use std::str::FromStr;

/// A name that isn't one: what was given, and the rule it breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{given}' is not a {kind}: use 1 to {max} letters, digits, '-', '_' or '.', starting with a letter or digit"
)]
pub struct NameError {
    given: String,
    kind: &'static str,
    max: usize,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                if is_name(text, $max) {
                    Ok(Self(text.to_owned()))
                } else {
                    let given = text.chars().take(60).collect();
                    Err(NameError { given, kind: $kind, max: $max })
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of a queue. Short enough that an SQS queue name can be made of it.
    QueueName, "queue name", 60
}
name! {
    /// The name of a limit.
    LimitName, "limit name", 60
}
name! {
    /// The name under which a secret's value is kept; the value itself is never part of a task.
    SecretName, "secret name", 100
}
name! {
    /// Identifies a batch: the tasks of one push, and what grew from them.
    BatchId, "batch name", 100
}
name! {
    /// Identifies one running drainer, to tell the holders of a limit apart.
    DrainerId, "drainer id", 100
}

name! {
    /// The name of a recurring push. Short enough that a batch can be named after each of its times.
    PushName, "push name", 60
}
name! {
    /// The name of a stack on AWS: what everything in it is named after.
    StackName, "stack name", 30
}

fn is_name(text: &str, max: usize) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.len() <= max && text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    //! What is a name and what isn't.

    use super::*;

    #[test]
    fn names_are_letters_digits_and_three_signs() {
        for good in ["troops", "a", "7", "hermes-eu_1.v2"] {
            assert_eq!(good.parse::<QueueName>().unwrap().as_str(), good);
        }
        for bad in ["", "-x", "a b", "a/b", "é", &"x".repeat(61)] {
            assert!(bad.parse::<QueueName>().is_err(), "{bad:?}");
        }
    }
}
