//! Why a function runs: what it is invoked with, written and read in one place.

use serde_json::{Value, json};

/// The key of what jobq itself invokes a function with.
const WOKEN_BY: &str = "jobq-woken-by";

/// What EventBridge rules and schedules say they are.
const CLOCKS: [&str; 2] = ["aws.events", "aws.scheduler"];

/// Who had a function run. Nothing but log lines depends on it: whatever comes in, a drainer drains and the
/// autoscaler looks at every limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// The autoscaler wants one more drainer.
    Autoscaler,
    /// Tasks were pushed.
    Push,
    /// An EventBridge rule or schedule fired.
    Clock,
    /// Somebody by hand: a test event, or anything else.
    Hand,
}

impl Wake {
    const ALL: [Self; 4] = [Self::Autoscaler, Self::Push, Self::Clock, Self::Hand];

    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Autoscaler => "autoscaler",
            Self::Push => "push",
            Self::Clock => "clock",
            Self::Hand => "hand",
        }
    }

    /// What a function is invoked with.
    pub fn payload(self) -> Value {
        json!({ WOKEN_BY: self.as_str() })
    }

    /// Reads what a function was invoked with. There is nothing that can't be read.
    pub fn read(payload: &Value) -> Self {
        if let Some(word) = payload.get(WOKEN_BY).and_then(Value::as_str) {
            return Self::ALL.into_iter().find(|wake| wake.as_str() == word).unwrap_or(Self::Hand);
        }
        let source = payload.get("source").and_then(Value::as_str);
        if source.is_some_and(|source| CLOCKS.contains(&source)) { Self::Clock } else { Self::Hand }
    }
}

#[cfg(test)]
mod tests {
    //! What is sent is read back, and whatever else comes in is something too.

    use super::*;

    #[test]
    fn what_is_sent_is_read_back() {
        for wake in Wake::ALL {
            assert_eq!(Wake::read(&wake.payload()), wake);
        }
    }

    #[test]
    fn rules_and_schedules_are_the_clock() {
        let event = json!({
            "version": "0", "id": "53dc4d37", "detail-type": "Scheduled Event", "source": "aws.events",
            "account": "123456789012", "time": "2026-11-21T00:00:00Z", "region": "eu-north-1",
            "resources": ["arn:aws:events:eu-north-1:123456789012:rule/jobq-tick"], "detail": {},
        });
        assert_eq!(Wake::read(&event), Wake::Clock);
        assert_eq!(Wake::read(&json!({ "source": "aws.scheduler" })), Wake::Clock);
    }

    #[test]
    fn anything_else_is_a_hand() {
        let others = [
            json!({}),
            Value::Null,
            json!([1, 2]),
            json!("go"),
            json!({ "key1": "value1" }),
            json!({ "source": 5 }),
            json!({ WOKEN_BY: "somebody" }),
            json!({ WOKEN_BY: {} }),
        ];
        for other in others {
            assert_eq!(Wake::read(&other), Wake::Hand, "{other}");
        }
    }
}
