//! A dead letter as one line of JSON: the keys of a task file, and its story under `dead`.
//!
//! So a line can be edited and pushed, or sent back by what it came from. Names are a contract: only add.

use jobq_core::attempt::Attempt;
use jobq_core::death::{Death, Reason};
use jobq_core::envelope::Envelope;
use jobq_core::letter::Letter;
use jobq_core::name::QueueName;
use jobq_core::nesting;
use jobq_core::ports::morgue::Found;
use jobq_core::task::{Priority, Request};
use jobq_core::time::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use jobq_core::written::address::endpoint;

/// A dead letter as one line of JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The task; none if the letter holds none.
    #[serde(flatten)]
    pub task: Option<TaskKeys>,
    /// What became of it.
    pub dead: Story,
}

/// What a task file may say of a task.
#[derive(Debug, Clone, Serialize)]
pub struct TaskKeys {
    /// The task's id.
    pub id: String,
    /// What it calls with.
    pub method: &'static str,
    /// What it calls, secrets by name.
    pub url: String,
    /// The headers it sends, secrets by name.
    #[serde(serialize_with = "as_object", skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The body: JSON where the headers say so, text otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// How soon it is served beside others.
    pub priority: Priority,
}

/// A body as a task file may have it.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Body {
    /// JSON, byte for byte.
    Json(Box<RawValue>),
    /// Anything else.
    Text(String),
}

/// What became of a dead task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Story {
    /// The queue it lies in, as jobq names it.
    pub queue: String,
    /// What the backend calls the letter.
    pub letter: String,
    /// Its batch.
    #[serde(default)]
    pub batch: Option<String>,
    /// Why it is dead: a reason, `moved` or `foreign`.
    pub reason: String,
    /// One line for people.
    pub detail: String,
    /// When it died; when it came into the queue where nobody wrote that down.
    #[serde(default)]
    pub died_at: Option<String>,
    /// The status of the last attempt, if an answer came.
    #[serde(default)]
    pub status: Option<u16>,
    /// Where it called: host and port.
    #[serde(default)]
    pub host: Option<String>,
    /// The beginning of the last answer's body.
    #[serde(default)]
    pub excerpt: Option<String>,
    /// What lies there instead of a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When it was pushed first.
    #[serde(default)]
    pub pushed_at: Option<String>,
    /// How many calls were started for it in all.
    #[serde(default)]
    pub calls: u32,
    /// The latest attempts, oldest first.
    #[serde(default)]
    pub attempts: Vec<Try>,
    /// The times it was dead before and sent back, oldest first.
    #[serde(default)]
    pub past: Vec<Past>,
}

/// One attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Try {
    /// When the call was started.
    pub started_at: String,
    /// How long it took.
    pub latency_ms: u64,
    /// The status, if an answer came.
    #[serde(default)]
    pub status: Option<u16>,
    /// What went wrong, if none came.
    #[serde(default)]
    pub error: Option<String>,
    /// Whether it counted against `max_attempts`.
    #[serde(default)]
    pub spent: bool,
}

/// One death before this one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Past {
    /// When it died.
    pub died_at: String,
    /// Why, if that is known.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// One line for people.
    pub detail: String,
    /// When it was sent back.
    pub sent_back_at: String,
}

/// What a task pushed from a line brings with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    calls: u32,
    attempts: Vec<Attempt>,
    deaths: Vec<Death>,
    died_at: Option<Timestamp>,
    reason: Option<Reason>,
    detail: String,
}

impl Line {
    /// The line of a letter of this queue.
    pub fn new(queue: &QueueName, found: &Found, letter: &Letter) -> Self {
        let envelope = letter.envelope();
        let instant = |at: Timestamp| at.to_string();
        let dead = Story {
            queue: queue.to_string(),
            letter: found.id.0.clone(),
            batch: envelope.map(|envelope| envelope.batch.to_string()),
            reason: letter.kind().to_string(),
            detail: letter.detail().to_owned(),
            died_at: letter.came_at(found.arrived).map(instant),
            status: letter.status(),
            host: host(letter),
            excerpt: letter.excerpt().map(ToOwned::to_owned),
            text: letter.text().map(ToOwned::to_owned),
            pushed_at: envelope.map(|envelope| instant(envelope.pushed_at)),
            calls: envelope.map_or(0, |envelope| envelope.calls),
            attempts: envelope
                .map(|envelope| envelope.attempts.iter().map(Try::new).collect())
                .unwrap_or_default(),
            past: envelope
                .map(|envelope| envelope.deaths.iter().map(Past::new).collect())
                .unwrap_or_default(),
        };
        Self { task: envelope.map(TaskKeys::new), dead }
    }

    /// The line as it stands in a file, without a line break.
    #[allow(clippy::expect_used, reason = "texts and numbers always serialise")]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers always serialise")
    }
}

/// Where a letter's task calls: host and port.
pub fn host(letter: &Letter) -> Option<String> {
    Some(endpoint(&letter.envelope()?.request.url)?.to_string())
}

impl TaskKeys {
    fn new(envelope: &Envelope) -> Self {
        let request = &envelope.request;
        Self {
            id: envelope.id.to_string(),
            method: request.method.as_str(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: body(request),
            priority: envelope.priority,
        }
    }
}

/// Headers as an object, in their order.
fn as_object<S: Serializer>(headers: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(headers.iter().map(|(name, value)| (name, value)))
}

/// A body on one line. JSON that isn't stays text: its line breaks may be meant.
fn body(request: &Request) -> Option<Body> {
    let text = request.body.as_ref()?;
    let is_json = |value: &str| value.split(';').next().is_some_and(|kind| kind.trim().ends_with("json"));
    let says_so = request.headers.iter().any(|(name, value)| name == "content-type" && is_json(value));
    // A JSON text or null would be read as plain text, or as no body, when it is taken back.
    // With the line around it, it must not nest deeper than a line that is taken back may.
    let is_flat = || nesting::check(text.as_bytes(), nesting::DEEPEST - 1).is_ok();
    let is_kept = text.starts_with(['{', '[']) && !text.contains(['\n', '\r']) && is_flat();
    let json = (says_so && is_kept).then(|| RawValue::from_string(text.clone()).ok()).flatten();
    Some(json.map_or_else(|| Body::Text(text.clone()), Body::Json))
}

impl Try {
    fn new(attempt: &Attempt) -> Self {
        Self {
            started_at: attempt.started_at.to_string(),
            latency_ms: attempt.latency_ms,
            status: attempt.status,
            error: attempt.error.clone(),
            spent: attempt.spent,
        }
    }
}

impl Past {
    fn new(death: &Death) -> Self {
        Self {
            died_at: death.died_at.to_string(),
            reason: death.reason,
            detail: death.detail.clone(),
            sent_back_at: death.sent_back_at.to_string(),
        }
    }
}

impl History {
    /// The history that a story tells. An instant that can't be read is the epoch: it is told, not reckoned with.
    pub(crate) fn of(story: Story) -> Self {
        let attempts = story.attempts.into_iter().map(|attempt| Attempt {
            started_at: instant(&attempt.started_at),
            latency_ms: attempt.latency_ms,
            status: attempt.status,
            error: attempt.error,
            spent: attempt.spent,
        });
        let deaths = story.past.into_iter().map(|past| Death {
            died_at: instant(&past.died_at),
            reason: past.reason,
            detail: past.detail,
            sent_back_at: instant(&past.sent_back_at),
        });
        Self {
            calls: story.calls,
            attempts: attempts.collect(),
            deaths: deaths.collect(),
            died_at: story.died_at.as_deref().map(instant),
            reason: Reason::ALL.into_iter().find(|reason| reason.as_str() == story.reason),
            detail: story.detail,
        }
    }

    /// Gives a task that is pushed anew its history.
    pub(crate) fn tell(self, envelope: &mut Envelope) {
        envelope.calls = self.calls;
        envelope.attempts = self.attempts;
        envelope.deaths = self.deaths;
        let now = envelope.pushed_at;
        let died_at = self.died_at.unwrap_or(now);
        envelope.revive(Death { died_at, reason: self.reason, detail: self.detail, sent_back_at: now });
    }
}

fn instant(text: &str) -> Timestamp {
    // No length of time stands here, so that it makes no difference when now is.
    Timestamp::parse(text).unwrap_or_default()
}
