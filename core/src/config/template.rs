//! The jobq.toml that `jobq init` writes.

/// A commented configuration that works as it stands: one limit, one queue, every other key as a comment.
pub const TEMPLATE: &str = include_str!("template.toml");

#[cfg(test)]
mod tests {
    //! The template is right as it stands, with every comment taken up, and about every key.

    use super::TEMPLATE;
    use crate::config::Config;
    use crate::config::keys::{PLACES, TOP};

    /// Settings are commented out as `#key`, prose as `# word`.
    fn uncommented() -> String {
        let take_up = |line: &str| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => setting.to_owned(),
            _ => line.to_owned(),
        };
        TEMPLATE.lines().map(take_up).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn parses_as_it_stands_and_uncommented() {
        let config = Config::parse("jobq.toml", TEMPLATE).unwrap();
        assert_eq!((config.limits.len(), config.queues.len()), (1, 1));
        if let Err(problems) = Config::parse("jobq.toml", &uncommented()) {
            let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
            panic!("{}", told.join("\n"));
        }
    }

    #[test]
    fn comments_state_the_defaults() {
        let mut shown = Config::parse("jobq.toml", &uncommented()).unwrap();
        let plain = Config::parse("jobq.toml", TEMPLATE).unwrap();
        assert_eq!(shown.state, plain.state);
        let (shown, plain) =
            (shown.queues.pop_first().unwrap().1, plain.queues.into_values().next().unwrap());
        assert_eq!(
            (shown.weight, shown.timeout, shown.visibility, shown.max_response, shown.result_headers),
            (plain.weight, plain.timeout, plain.visibility, plain.max_response, plain.result_headers)
        );
    }

    #[test]
    fn names_every_key() {
        let text = uncommented();
        let tables = ["aws", "limits", "queues", "pushes"];
        for key in PLACES.iter().flat_map(|(_, keys)| *keys) {
            let written = text.contains(&format!("{} = ", key.name));
            let table = TOP.iter().any(|top| std::ptr::eq(top, key)) && tables.contains(&key.name);
            // Each needs another queue, or stands for one of several: the page has them all.
            let elsewhere =
                ["then", "queue", "each", "task", "when", "next", "cursor", "url"].contains(&key.name);
            assert!(written || table || elsewhere, "{} is not in template.toml", key.name);
        }
    }
}
