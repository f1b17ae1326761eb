//! Leaving out duplicates: which tasks are alike, and for how long one of them is enough.

use std::collections::HashSet;
use std::str::FromStr;
use std::time::Duration;

use jobq_core::config::nearest::suggestion;
use jobq_core::likeness::Likeness;
use jobq_core::name::BatchId;
use jobq_core::task::Task;
use sha2::{Digest, Sha256};

/// The longest that a task's like can be left out: as long as batches are kept.
pub const LONGEST: Duration = Duration::from_secs(90 * 86_400);

/// What a push leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dedupe {
    /// Which tasks are alike.
    pub by: Sameness,
    /// For how long a task's like is left out of its queue once it was sent; none for within its batch alone.
    pub lasting: Option<Duration>,
}

/// What two tasks have in common that are taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sameness {
    /// Their id.
    Id,
    /// What they call: method, url, headers and body.
    Content,
    /// Their batch and line: the same task of the same batch alone, for a batch that several may push at once.
    Place,
}

/// A word that is no sameness, with what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is nothing to recognise tasks by: {hint}")]
pub struct SamenessError {
    given: String,
    hint: String,
}

impl FromStr for Sameness {
    type Err = SamenessError;

    fn from_str(text: &str) -> Result<Self, SamenessError> {
        match text {
            "id" => Ok(Self::Id),
            "content" => Ok(Self::Content),
            _ => {
                let hint = suggestion(text, "way", &["id", "content"]);
                Err(SamenessError { given: text.to_owned(), hint })
            }
        }
    }
}

impl Sameness {
    /// What this task at this line of a batch is recognised by. Lengths go before texts, so that no two ways to cut a text
    /// look alike.
    pub(crate) fn of(self, task: &Task, batch: &BatchId, line: u64) -> Likeness {
        let mut digest = Sha256::new();
        let mut add = |text: &str| {
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(text);
        };
        match self {
            Self::Place => ["place", batch.as_str(), &line.to_string()].into_iter().for_each(add),
            Self::Id => ["id", task.id.as_str()].into_iter().for_each(add),
            Self::Content => {
                let request = &task.request;
                ["content", request.method.as_str(), &request.url].into_iter().for_each(&mut add);
                // Names in any letter case and in any order are the same headers; of one name the order counts.
                let mut headers: Vec<(String, &str)> = request
                    .headers
                    .iter()
                    .map(|(name, value)| (name.to_ascii_lowercase(), &**value))
                    .collect();
                headers.sort_by(|(one, _), (other, _)| one.cmp(other));
                for (name, value) in &headers {
                    add(name);
                    add(value);
                }
                // A body that looks like a header is told from one by their number.
                add(&headers.len().to_string());
                request.body.iter().for_each(|body| add(body));
            }
        }
        let bytes: [u8; 32] = digest.finalize().into();
        let mut half = [0; 16];
        half.copy_from_slice(&bytes[..16]);
        Likeness::new(half)
    }
}

/// The tasks of one source met so far. It grows by some 35 bytes a task.
#[derive(Debug, Default)]
pub(crate) struct Met(HashSet<Likeness>);

impl Met {
    /// Notes a task; false if its like was met before.
    pub(crate) fn is_new(&mut self, likeness: Likeness) -> bool {
        self.0.insert(likeness)
    }
}

#[cfg(test)]
mod tests {
    //! What makes tasks alike, and what doesn't.

    use jobq_core::task::{Method, Priority, Request};

    use super::*;

    fn task() -> Task {
        Task {
            id: "t".parse().unwrap(),
            request: Request {
                method: Method::Post,
                url: "https://a.example/".to_owned(),
                headers: vec![("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())],
                body: Some("x".to_owned()),
            },
            priority: Priority::Normal,
            delay: Duration::ZERO,
        }
    }

    fn of(sameness: Sameness, task: &Task, line: u64) -> Likeness {
        sameness.of(task, &"b".parse().unwrap(), line)
    }

    fn changed(change: impl Fn(&mut Task)) -> Likeness {
        let mut task = task();
        change(&mut task);
        of(Sameness::Content, &task, 2)
    }

    #[test]
    fn the_content_is_what_is_called_and_nothing_else() {
        let same = of(Sameness::Content, &task(), 1);
        assert_eq!(same, changed(|task| task.id = "other".parse().unwrap()));
        assert_eq!(same, changed(|task| task.priority = Priority::High));
        assert_eq!(same, changed(|task| task.delay = Duration::from_secs(1)));
        assert_eq!(same, changed(|task| task.request.headers.reverse()));
        assert_eq!(same, changed(|task| task.request.headers[0].0 = "A".to_owned()));
        let others = [
            changed(|task| task.request.method = Method::Put),
            changed(|task| task.request.url.push('x')),
            changed(|task| task.request.headers[0].1 = "3".to_owned()),
            changed(|task| task.request.headers.truncate(1)),
            changed(|task| task.request.body = None),
            changed(|task| task.request.body = Some(String::new())),
        ];
        let all: HashSet<Likeness> = others.iter().copied().chain([same]).collect();
        assert_eq!(all.len(), others.len() + 1);
    }

    #[test]
    fn by_id_nothing_but_the_id_counts() {
        let mut other = task();
        other.request.url.push('x');
        assert_eq!(of(Sameness::Id, &task(), 1), of(Sameness::Id, &other, 2));
        assert_ne!(of(Sameness::Id, &task(), 1), of(Sameness::Content, &task(), 1));
    }

    #[test]
    fn by_place_every_line_is_itself() {
        assert_eq!(of(Sameness::Place, &task(), 1), of(Sameness::Place, &task(), 1));
        assert_ne!(of(Sameness::Place, &task(), 1), of(Sameness::Place, &task(), 2));
    }
}
