//! The envelope: a task as it lies in a queue, with its batch and its history.
//!
//! This is an edge: what is written here is read by other versions, so the format carries a version and
//! its fields never change their meaning. Names are short because tens of thousands wait at once.

use serde::{Deserialize, Serialize};

use crate::attempt::Attempt;
use crate::batch::Member;
use crate::death::Death;
use crate::firing;
use crate::name::BatchId;
use crate::settlement::Parcel;
use crate::task::{Priority, Request, Task, TaskId};
use crate::time::Timestamp;
use crate::trace::TraceContext;

/// The version written now. A newer one is not read: it may carry promises this program doesn't know.
const VERSION: u8 = 1;

/// How many attempts a history keeps; the oldest go first. What was spent is counted apart.
const KEPT_ATTEMPTS: usize = 20;

/// How many deaths a history keeps; the oldest go first.
const KEPT_DEATHS: usize = 5;

/// A task in a queue, with its batch and its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    #[serde(rename = "v")]
    version: u8,
    /// The task's id.
    pub id: TaskId,
    /// The batch it belongs to.
    #[serde(rename = "batch", with = "batch_as_text")]
    pub batch: BatchId,
    /// The id that its place gives it, its line of the push or what its parent's answer has made it of, where it has
    /// another one: others of its batch may have that too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seat: Option<TaskId>,
    /// The call to make.
    #[serde(rename = "req")]
    pub request: Request,
    /// How soon it is served beside others.
    #[serde(rename = "pri", default, skip_serializing_if = "is_default")]
    pub priority: Priority,
    /// How many fan-outs lie between it and the push.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hop: u32,
    /// How many pages of the same list lie before it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub page: u32,
    /// When it was pushed first.
    #[serde(rename = "at")]
    pub pushed_at: Timestamp,
    /// How many calls were started for it in all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub calls: u32,
    /// How many attempts count against `max_attempts`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub spent: u32,
    /// How many times in a row the API said it was called too fast.
    #[serde(default, skip_serializing_if = "is_default")]
    pub throttled: u32,
    /// The latest attempts, oldest first.
    #[serde(rename = "log", default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// The latest times it was dead and sent back, oldest first.
    #[serde(rename = "past", default, skip_serializing_if = "Vec::is_empty")]
    pub deaths: Vec<Death>,
    /// When it may be called first, where that is later than its push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// When it may be called again, where its backend can't hide it for that long.
    #[serde(rename = "nb", default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Where it stands in a trace, if its push was traced: the span that its calls are children of. Copies and dead
    /// letters keep it.
    #[serde(rename = "tp", default, skip_serializing_if = "Option::is_none", with = "trace_as_text")]
    pub trace: Option<TraceContext>,
}

/// A body that is no envelope this program can read.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// It isn't an envelope at all.
    #[error("not a jobq envelope")]
    Foreign(#[source] serde_json::Error),
    /// A newer program wrote it.
    #[error("the envelope has version {0}, this program reads up to {VERSION}: upgrade jobq")]
    Newer(u8),
}

impl Envelope {
    /// The envelope of a task pushed now.
    pub fn new(task: Task, batch: BatchId, pushed_at: Timestamp) -> Self {
        Self {
            version: VERSION,
            id: task.id,
            batch,
            request: task.request,
            priority: task.priority,
            hop: 0,
            seat: None,
            page: 0,
            pushed_at,
            calls: 0,
            spent: 0,
            throttled: 0,
            attempts: Vec::new(),
            deaths: Vec::new(),
            due: None,
            not_before: None,
            trace: None,
        }
    }

    /// Until when it waits, if it was received too early: by a backend that can hide nothing for longer.
    pub fn waits_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.due.max(self.not_before).filter(|until| *until > now)
    }

    /// The same, in the place that would give it this id.
    #[must_use]
    pub fn seated(self, seat: TaskId) -> Self {
        Self { seat: (seat != self.id).then_some(seat), ..self }
    }

    /// Gives it another id. Its place stays.
    pub fn rename(&mut self, id: TaskId) {
        let seat = self.seat().clone();
        self.seat = (seat != id).then_some(seat);
        self.id = id;
    }

    /// The id that its place gives it.
    pub fn seat(&self) -> &TaskId {
        self.seat.as_ref().unwrap_or(&self.id)
    }

    /// Who it is in its batch: by its place, for others may have its id.
    pub fn member(&self) -> Member {
        Member { batch: self.batch.clone(), task: self.seat().clone() }
    }

    /// The envelope of a task that this one's answer made at `now`, in the place that would give it the id `seat`: of the
    /// same batch and trace, one fan-out further.
    pub fn child(&self, task: Task, seat: TaskId, now: Timestamp) -> Self {
        let own = Self::new(task, self.batch.clone(), now).seated(seat);
        Self { hop: self.hop.saturating_add(1), trace: self.trace, ..own }
    }

    /// The envelope of the next page of this one's list: as far from the push as this one.
    pub fn next_page(&self, task: Task, seat: TaskId, now: Timestamp) -> Self {
        Self { hop: self.hop, page: self.page.saturating_add(1), ..self.child(task, seat, now) }
    }

    /// Makes a dead task one that starts anew: nothing is spent and its age begins again, its history stays.
    pub fn revive(&mut self, death: Death) {
        self.spent = 0;
        self.throttled = 0;
        self.not_before = None;
        if self.deaths.len() >= KEPT_DEATHS {
            self.deaths.remove(0);
        }
        self.deaths.push(death);
    }

    /// Since when its age counts: when it could be called first, or was sent back the last time.
    pub fn waiting_since(&self) -> Timestamp {
        let first = self.due.map_or(self.pushed_at, |due| due.max(self.pushed_at));
        self.deaths.last().map_or(first, |death| death.sent_back_at)
    }

    /// Adds an attempt to the history and counts it, as spent too if it was.
    pub fn remember(&mut self, attempt: Attempt) {
        self.calls = self.calls.saturating_add(1);
        self.spent = self.spent.saturating_add(u32::from(attempt.spent));
        if self.attempts.len() >= KEPT_ATTEMPTS {
            self.attempts.remove(0);
        }
        self.attempts.push(attempt);
    }

    /// The bytes that lie in a queue.
    #[allow(clippy::expect_used, reason = "strings and numbers always serialise")]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers always serialise")
    }

    /// Reads what [`Envelope::encode`] wrote, or EventBridge for a recurring push.
    pub fn decode(body: &[u8]) -> Result<Self, EnvelopeError> {
        let envelope: Self = match serde_json::from_slice(body) {
            Ok(envelope) => envelope,
            Err(error) => return firing::read(body).ok_or_else(|| Self::why(body, error)),
        };
        if envelope.version > VERSION { Err(EnvelopeError::Newer(envelope.version)) } else { Ok(envelope) }
    }

    /// The envelope sealed for an outbox.
    pub fn seal(&self) -> Parcel {
        Parcel { body: self.encode(), batch: self.batch.clone(), priority: self.priority }
    }

    /// A newer envelope may fail to parse; its version still tells why.
    fn why(body: &[u8], error: serde_json::Error) -> EnvelopeError {
        #[derive(Deserialize)]
        struct Version {
            v: u8,
        }
        match serde_json::from_slice(body) {
            Ok(Version { v }) if v > VERSION => EnvelopeError::Newer(v),
            _ => EnvelopeError::Foreign(error),
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

mod batch_as_text {
    //! A batch id is text, checked on the way in.

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::name::BatchId;

    pub(super) fn serialize<S: Serializer>(batch: &BatchId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(batch.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BatchId, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

mod trace_as_text {
    //! A trace context is text. One that can't be read is none: no task is lost over it.

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::trace::TraceContext;

    pub(super) fn serialize<S: Serializer>(
        trace: &Option<TraceContext>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match trace {
            Some(trace) => serializer.collect_str(trace),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<TraceContext>, D::Error> {
        let text = Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Ok(text.and_then(|text| text.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    //! The format as it lies in queues: old bodies must go on being read.

    use std::time::Duration;

    use super::*;
    use crate::task::Method;

    fn envelope() -> Envelope {
        let request = Request {
            method: Method::Post,
            url: "https://api.example.com/x".into(),
            headers: vec![("a".into(), "b".into())],
            body: Some("{}".into()),
        };
        let task =
            Task { id: "t-1".parse().unwrap(), request, priority: Priority::High, delay: Duration::ZERO };
        Envelope::new(task, "b-1".parse().unwrap(), Timestamp::from_secs(1))
    }

    #[test]
    fn version_1_reads_for_ever() {
        let body = br#"{"v":1,"id":"t-1","batch":"b-1","req":{"m":"POST","u":"https://api.example.com/x","h":[["a","b"]],"b":"{}"},"pri":"high","at":1000000000}"#;
        assert_eq!(Envelope::decode(body).unwrap(), envelope());
        assert_eq!(envelope().encode(), body);
    }

    #[test]
    fn what_waits_for_an_instant_says_so() {
        let at = Timestamp::from_secs;
        let mut envelope = Envelope { due: Some(at(5)), ..envelope() };
        assert!(String::from_utf8(envelope.encode()).unwrap().ends_with(r#","due":5000000000}"#));
        assert_eq!(Envelope::decode(&envelope.encode()).unwrap(), envelope);
        assert_eq!((envelope.waits_until(at(4)), envelope.waits_until(at(5))), (Some(at(5)), None));
        assert_eq!(envelope.waiting_since(), at(5));
        // A retry's wait doesn't make it younger.
        envelope.not_before = Some(at(9));
        assert_eq!((envelope.waits_until(at(8)), envelope.waiting_since()), (Some(at(9)), at(5)));
    }

    #[test]
    fn a_trace_stays_with_its_task_and_costs_nothing_where_there_is_none() {
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let mut traced = envelope();
        traced.trace = Some(text.parse().unwrap());
        let body = String::from_utf8(traced.encode()).unwrap();
        assert!(body.ends_with(&format!(r#","tp":"{text}"}}"#)), "{body}");
        assert_eq!(Envelope::decode(body.as_bytes()).unwrap(), traced);
        // What no program can read is no trace, and still a task.
        for broken in ["null", "\"\"", "\"00-00-00-00\""] {
            let body = body.replace(&format!("\"{text}\""), broken);
            assert_eq!(Envelope::decode(body.as_bytes()).unwrap(), envelope(), "{body}");
        }
        assert!(!String::from_utf8(envelope().encode()).unwrap().contains(r#""tp""#));
    }

    #[test]
    fn a_newer_version_is_told_from_a_foreign_body() {
        assert!(matches!(Envelope::decode(br#"{"v":9,"new":"shape"}"#), Err(EnvelopeError::Newer(9))));
        assert!(matches!(Envelope::decode(b"hello"), Err(EnvelopeError::Foreign(_))));
    }

    #[test]
    fn the_history_is_bounded_and_counts_what_was_spent() {
        let mut envelope = envelope();
        for n in 0..50 {
            let spent = n % 2 == 0;
            envelope.remember(Attempt {
                started_at: Timestamp::from_secs(n),
                latency_ms: 1,
                status: Some(500),
                error: None,
                spent,
            });
        }
        assert_eq!((envelope.calls, envelope.spent), (50, 25));
        assert_eq!(envelope.attempts.len(), KEPT_ATTEMPTS);
        assert_eq!(envelope.attempts.last().unwrap().started_at, Timestamp::from_secs(49));
    }

    #[test]
    fn a_task_sent_back_starts_anew_and_keeps_its_history() {
        let mut envelope = envelope();
        envelope.trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().ok();
        let trace = envelope.trace;
        assert!(trace.is_some());
        envelope.remember(Attempt {
            started_at: Timestamp::from_secs(2),
            latency_ms: 1,
            status: Some(500),
            error: None,
            spent: true,
        });
        for n in 3..10 {
            envelope.revive(Death {
                died_at: Timestamp::from_secs(n),
                reason: Some(crate::death::Reason::Exhausted),
                detail: "500".to_owned(),
                sent_back_at: Timestamp::from_secs(n + 1),
            });
        }
        assert_eq!((envelope.calls, envelope.spent, envelope.attempts.len()), (1, 0, 1));
        assert_eq!(envelope.deaths.len(), KEPT_DEATHS);
        assert_eq!(envelope.trace, trace);
        assert_eq!(envelope.waiting_since(), Timestamp::from_secs(10));
        assert_eq!(Envelope::decode(&envelope.encode()).unwrap(), envelope);
    }
}
