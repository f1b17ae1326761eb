//! Logical ids: what a template calls its resources, letters and digits alone.
//!
//! A changed id has CloudFormation make a resource anew, so an id depends on nothing but what it names, and never
//! on what else is in the file. It begins with one word of its own, and every name begins with a capital, so ids
//! of different resources never meet.

use jobq_core::name::{LimitName, PushName, QueueName};
use jobq_core::task::Priority;

/// The SQS queue of a queue's lane.
pub(crate) fn lane(queue: &QueueName, lane: Priority) -> String {
    let word = match lane {
        Priority::High => "High",
        Priority::Normal => "Queue",
        Priority::Bulk => "Bulk",
    };
    format!("{word}{}", spelled(queue.as_str()))
}

/// The SQS queue of a queue's dead letters.
pub(crate) fn letters(queue: &QueueName) -> String {
    format!("Letters{}", spelled(queue.as_str()))
}

/// The function that drains a limit's queues.
pub(crate) fn drainer(limit: &LimitName) -> String {
    format!("Drainer{}", spelled(limit.as_str()))
}

/// The schedule of a recurring push.
pub(crate) fn push(push: &PushName) -> String {
    format!("Push{}", spelled(push.as_str()))
}

/// The function that sizes drainers.
pub(crate) const AUTOSCALER: &str = "Autoscaler";

/// The table of limits' documents.
pub(crate) const LEDGER: &str = "Ledger";

/// The bucket of answers.
pub(crate) const RESULTS: &str = "Results";

/// A name in letters and digits. `troop-groups` is `TroopGroups`; what can't be said by a capital is said by a `Z`
/// and a letter, so that no two names are spelled alike.
fn spelled(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len() + 8);
    let mut dashed = true;
    for c in name.chars() {
        if dashed && c.is_ascii_lowercase() && c != 'z' {
            spelled.push(c.to_ascii_uppercase());
            dashed = false;
            continue;
        }
        if dashed {
            spelled.push_str("Zh");
        }
        dashed = c == '-';
        match c {
            '-' => {}
            '_' => spelled.push_str("Zu"),
            '.' => spelled.push_str("Zd"),
            c if c.is_ascii_uppercase() => spelled.extend(['Z', 'c', c.to_ascii_lowercase()]),
            c => spelled.push(c),
        }
    }
    if dashed {
        spelled.push_str("Zh");
    }
    spelled
}

#[cfg(test)]
mod tests {
    //! How names are spelled.

    use super::*;
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

    #[test]
    fn names_read_as_words() {
        for (name, expected) in [
            ("troops", "Troops"),
            ("troop-groups", "TroopGroups"),
            ("eu_1.v2", "EuZu1Zdv2"),
            ("zeus", "Zhzeus"),
            ("7", "Zh7"),
            ("Troops", "ZhZctroops"),
            ("a--b-", "AZhBZh"),
        ] {
            assert_eq!(spelled(name), expected, "{name}");
        }
    }

    /// What `spelled` says, read back.
    fn name_of(spelled: &str) -> String {
        let mut name = String::new();
        let mut chars = spelled.chars();
        while let Some(c) = chars.next() {
            match c {
                'Z' => match chars.next() {
                    Some('h') => name.push('-'),
                    Some('u') => name.push('_'),
                    Some('d') => name.push('.'),
                    Some('c') => name.extend(chars.next().map(|c| c.to_ascii_uppercase())),
                    other => panic!("Z{other:?} in {spelled}"),
                },
                c if c.is_ascii_uppercase() => name.extend(['-', c.to_ascii_lowercase()]),
                c => name.push(c),
            }
        }
        name.strip_prefix('-').expect("the dash before the name").to_owned()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_name_has_a_spelling_of_its_own(name in "[A-Za-z0-9][A-Za-z0-9z._-]{0,12}") {
            let spelled = spelled(&name);
            prop_assert!(spelled.chars().all(|c| c.is_ascii_alphanumeric()));
            prop_assert!(spelled.starts_with(|c: char| c.is_ascii_uppercase()));
            prop_assert_eq!(name_of(&spelled), name);
        }
    }
}
