//! Firings: what EventBridge puts into a queue at a time of a recurring push.
//!
//! EventBridge writes a fixed text with the time in it, and may do so twice. So the task's id and its batch follow from the
//! push and the time when the message is read, and are those that a push from anywhere else would have given it.

use serde::{Deserialize, Serialize};

use crate::envelope::Envelope;
use crate::name::PushName;
use crate::recurring;
use crate::task::{Method, Priority, Request, Task};
use crate::time::Timestamp;

/// The version written now.
const VERSION: u8 = 1;

/// Names are short, and none is a name of an envelope's but where it means the same.
#[derive(Debug, Serialize, Deserialize)]
struct Firing {
    v: u8,
    /// The push.
    push: String,
    /// Its time, RFC 3339.
    at: String,
    req: Request,
}

/// The message of a push of one url. `at` stands for what its time is put in for.
#[expect(clippy::expect_used, reason = "strings and numbers always serialise")]
pub fn message(push: &PushName, url: &str, at: &str) -> String {
    let req = Request { method: Method::Get, url: url.to_owned(), headers: Vec::new(), body: None };
    let firing = Firing { v: VERSION, push: push.to_string(), at: at.to_owned(), req };
    serde_json::to_string(&firing).expect("strings and numbers always serialise")
}

/// The envelope of a firing, if the message is one: that of the first and only line of its batch.
pub(crate) fn read(body: &[u8]) -> Option<Envelope> {
    let firing: Firing = serde_json::from_slice(body).ok().filter(|firing: &Firing| firing.v <= VERSION)?;
    let (push, time) = (firing.push.parse().ok()?, Timestamp::parse(&firing.at)?);
    let batch = recurring::batch(&push, time);
    let (id, priority) = (format!("{batch}-1").parse().ok()?, Priority::default());
    let task = Task { id, request: firing.req, priority, delay: std::time::Duration::ZERO };
    Some(Envelope::new(task, batch, time))
}

#[cfg(test)]
mod tests {
    //! A firing is read as the task it stands for, the same each time.

    use super::*;

    const URL: &str = "https://api.example/list?a=1&b=${secret:k}";

    #[test]
    fn a_firing_is_the_first_task_of_the_batch_of_its_time() {
        let message = message(&"nightly".parse().unwrap(), URL, "2026-11-26T02:00:00Z");
        assert_eq!(
            message,
            r#"{"v":1,"push":"nightly","at":"2026-11-26T02:00:00Z","req":{"u":"https://api.example/list?a=1&b=${secret:k}"}}"#
        );
        let envelope = Envelope::decode(message.as_bytes()).unwrap();
        assert_eq!(envelope.batch.as_str(), "nightly-20261126T020000Z");
        assert_eq!(envelope.id.as_str(), "nightly-20261126T020000Z-1");
        assert_eq!((envelope.request.url.as_str(), envelope.request.method), (URL, Method::Get));
        assert_eq!(Some(envelope.pushed_at), Timestamp::parse("2026-11-26T02:00:00Z"));
        // Its copies are envelopes like any other.
        assert_eq!(Envelope::decode(&envelope.encode()).unwrap(), envelope);
    }

    #[test]
    fn what_has_no_time_is_no_firing() {
        let message = message(&"nightly".parse().unwrap(), URL, "<aws.scheduler.scheduled-time>");
        assert!(Envelope::decode(message.as_bytes()).is_err());
        assert!(read(b"{}").is_none());
    }
}
