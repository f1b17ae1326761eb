//! The word somebody probably meant.

/// The candidate nearest to `given`, if one is near enough to be a slip of the fingers: a third of the
/// letters may differ, at least one but never all, letter case aside.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = given.to_lowercase();
    let mut best = None;
    for candidate in candidates {
        let distance = strsim::osa_distance(&wanted, &candidate.to_lowercase());
        let longest = wanted.chars().count().max(candidate.chars().count());
        let near = distance <= (longest / 3).max(1) && distance < longest;
        // The first of equals wins, so that the answer doesn't depend on anything but the order given.
        if near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// What to say after "there is no such `what`": the nearest candidate, or else all there are.
pub fn suggestion(given: &str, what: &str, candidates: &[&str]) -> String {
    match nearest(given, candidates.iter().copied()) {
        Some(near) => format!("did you mean '{near}'?"),
        None if candidates.is_empty() => format!("there is no {what} at all yet"),
        None => format!("use one of: {}", candidates.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    //! Slips of the fingers, and words that are no slips.

    use super::*;

    #[test]
    fn finds_slips_and_nothing_far_fetched() {
        for (given, found) in [
            ("hermse", Some("hermes")),
            ("Hermes", Some("hermes")),
            ("herme", Some("hermes")),
            ("troop", Some("troops")),
            ("zeus", None),
            ("x", None),
            ("A", Some("a")),
            ("", None),
            ("a very long sentence about nothing", None),
        ] {
            assert_eq!(nearest(given, ["hermes", "troops", "groups", "a"]), found, "{given:?}");
        }
    }

    #[test]
    fn suggests_the_nearest_or_lists_all() {
        assert_eq!(suggestion("troop", "queue", &["troops", "groups"]), "did you mean 'troops'?");
        assert_eq!(suggestion("x", "queue", &["troops", "groups"]), "use one of: troops, groups");
        assert_eq!(suggestion("x", "queue", &[]), "there is no queue at all yet");
    }
}
