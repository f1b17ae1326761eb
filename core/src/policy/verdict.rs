//! What one call amounts to.

use std::time::Duration;

use super::{hint, redirect, retry};
use crate::death::Reason;
use crate::envelope::Envelope;
use crate::human::counted;
use crate::outcome::Outcome;
use crate::queue::{Meaning, Queue};
use crate::reply::{CallError, Reply};
use crate::task::Request;
use crate::time::Timestamp;

/// How long a task waits for a secret that can't be had now.
const SECRET_DELAY: Duration = Duration::from_secs(10);

/// What is known of a call when it has ended.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The task as it was before the call.
    pub envelope: &'a Envelope,
    /// What was asked for.
    pub request: &'a Request,
    /// How many redirects led here.
    pub redirects: u32,
    /// What came back.
    pub answer: &'a Result<Reply, CallError>,
    /// When it was there.
    pub now: Timestamp,
    /// A random number in 0..1.
    pub jitter: f64,
}

/// What the call amounts to under the queue's settings.
pub fn judge(queue: &Queue, call: Call<'_>) -> Outcome {
    match call.answer {
        Ok(reply) => judge_reply(queue, call, reply),
        Err(CallError::Forbidden(why)) => dead(Reason::Forbidden, why),
        Err(error @ CallError::TooLarge(_)) => dead(Reason::TooLarge, &error.to_string()),
        Err(CallError::Secret(_)) => Outcome::Deferred { delay: SECRET_DELAY },
        Err(error @ (CallError::Timeout(_) | CallError::Connection(_) | CallError::Panicked(_))) => {
            failed(queue, call, &error.to_string())
        }
    }
}

/// Whether the reply says that the limit is called too fast, or the API can't take calls now.
pub fn cools(reply: &Reply) -> bool {
    matches!(reply.status, 429 | 503)
}

fn judge_reply(queue: &Queue, call: Call<'_>, reply: &Reply) -> Outcome {
    let rejected = || dead(Reason::Rejected, &format!("the API answered {}", reply.status));
    let failed = || failed(queue, call, &format!("the API answered {}", reply.status));
    // 429 isn't for a queue to reinterpret: it is about the limit.
    match queue.answers.meaning(reply.status).filter(|_| reply.status != 429) {
        Some(Meaning::Done) => return Outcome::Done,
        Some(Meaning::Retry) => return failed(),
        Some(Meaning::Dead) => return rejected(),
        None => {}
    }
    match reply.status {
        200..=299 | 304 => Outcome::Done,
        429 => throttled(queue, call, reply),
        // Without a word on when to come back it may be about this task alone: one url that always answers 503
        // must not be called for ever.
        503 if hint::hint(reply, call.now).is_some() => throttled(queue, call, reply),
        408 | 425 | 500..=599 => failed(),
        301 | 302 | 303 | 307 | 308 => match redirect::target(call.request, reply, call.redirects) {
            Ok(to) => Outcome::Redirected { to },
            Err(why) => dead(Reason::Redirect, &why),
        },
        _ => rejected(),
    }
}

/// No attempt is spent, so only the task's age bounds how often this can happen.
fn throttled(queue: &Queue, call: Call<'_>, reply: &Reply) -> Outcome {
    if let Some(outcome) = too_old(queue, call, &format!("the API answered {}", reply.status)) {
        return outcome;
    }
    let hint = hint::hint(reply, call.now);
    let backoff = retry::delay(&queue.retry, call.envelope.throttled.saturating_add(1), call.jitter);
    Outcome::Throttled { delay: hint.unwrap_or_default().max(backoff) }
}

fn failed(queue: &Queue, call: Call<'_>, why: &str) -> Outcome {
    let failures = call.envelope.spent.saturating_add(1);
    if failures >= queue.retry.max_attempts.get() {
        return dead(Reason::Exhausted, &format!("{why}, after {}", counted(failures, "attempt")));
    }
    too_old(queue, call, why)
        .unwrap_or_else(|| Outcome::Retry { delay: retry::delay(&queue.retry, failures, call.jitter) })
}

fn too_old(queue: &Queue, call: Call<'_>, why: &str) -> Option<Outcome> {
    let age = call.now.since(call.envelope.waiting_since());
    let most = queue.retry.max_age.filter(|most| age >= *most)?;
    Some(dead(Reason::TooOld, &format!("{why}, and the task is older than {}", crate::human::duration(most))))
}

fn dead(reason: Reason, detail: &str) -> Outcome {
    Outcome::Dead { reason, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    //! A table of answers and what they amount to.

    use std::num::NonZeroU32;

    use super::*;
    use crate::queue::Answers;
    use crate::task::{Method, Priority, Task};

    fn check(answer: Result<Reply, CallError>, spent: u32, expected: &str) {
        let mut queue = Queue::new("q".parse().unwrap(), "l".parse().unwrap());
        queue.retry.max_attempts = NonZeroU32::new(3).unwrap();
        queue.retry.max_age = Some(Duration::from_secs(600));
        let request = Request {
            method: Method::Get,
            url: "https://api.example.com/a".to_owned(),
            headers: Vec::new(),
            body: None,
        };
        let task = Task {
            id: "t".parse().unwrap(),
            request: request.clone(),
            priority: Priority::Normal,
            delay: Duration::ZERO,
        };
        let mut envelope = Envelope::new(task, "b".parse().unwrap(), Timestamp::from_secs(1_000));
        envelope.spent = spent;
        let now = Timestamp::from_secs(1_010);
        let call =
            Call { envelope: &envelope, request: &request, redirects: 0, answer: &answer, now, jitter: 1.0 };
        let outcome = match judge(&queue, call) {
            Outcome::Dead { reason, detail } => format!("dead {reason}: {detail}"),
            other => format!("{other:?}"),
        };
        assert_eq!(outcome, expected);
    }

    fn reply(status: u16, headers: &[(&str, &str)]) -> Result<Reply, CallError> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Ok(Reply { status, headers, body: Vec::new() })
    }

    #[test]
    fn answers_and_outcomes() {
        check(reply(200, &[]), 0, "Done");
        check(reply(204, &[]), 2, "Done");
        check(reply(404, &[]), 0, "dead rejected: the API answered 404");
        check(reply(500, &[]), 0, "Retry { delay: 1s }");
        check(reply(500, &[]), 1, "Retry { delay: 2s }");
        check(reply(500, &[]), 2, "dead exhausted: the API answered 500, after 3 attempts");
        check(Err(CallError::Timeout(Duration::from_secs(9))), 0, "Retry { delay: 1s }");
        check(Err(CallError::TooLarge(10)), 0, "dead too_large: the answer is larger than 10 bytes");
        check(Err(CallError::Forbidden("no".into())), 0, "dead forbidden: no");
        check(Err(CallError::Secret("gone".into())), 2, "Deferred { delay: 10s }");
    }

    #[test]
    fn p4_a_throttled_call_spends_nothing() {
        check(reply(429, &[]), 2, "Throttled { delay: 1s }");
        check(reply(503, &[("retry-after", "30")]), 2, "Throttled { delay: 30s }");
        check(reply(503, &[]), 0, "Retry { delay: 1s }");
    }

    #[test]
    fn a_queue_may_read_statuses_its_own_way() {
        let statuses = |text: &[&str]| text.iter().map(|status| status.parse().unwrap()).collect();
        let answers =
            Answers { done: statuses(&["404"]), retry: statuses(&["4xx"]), dead: statuses(&["501"]) };
        let meaning = |status| answers.meaning(status);
        assert_eq!([meaning(404), meaning(409)], [Some(Meaning::Done), Some(Meaning::Retry)]);
        assert_eq!([meaning(501), meaning(500)], [Some(Meaning::Dead), None]);
    }

    #[test]
    fn redirects_lead_somewhere_or_nowhere() {
        let to = r#"Redirected { to: "https://api.example.com/b" }"#;
        check(reply(301, &[("location", "/b")]), 0, to);
        check(reply(302, &[]), 0, "dead redirect: the API answered 302 without a location");
    }
}
