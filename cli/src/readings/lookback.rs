//! What CloudWatch measured of queues lately. Each question costs money, so it is asked once a minute at most, which is also
//! how often there is something new.
//!
//! Counting sent and settled tasks in the limit's document instead would be fresher, and was left: a push writes no such
//! document today, so it would cost a write and a conflict with the drainers each, and of the oldest task nobody would know.

use std::time::Duration;

use jobq_adapters::aws::history::{CloudWatchHistory, LastMinute};
use jobq_adapters::clock::SystemClock;
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::time::Timestamp;
use tokio::sync::Mutex;

use crate::failure::Failure;
use crate::project::Project;
use crate::store::Store;

/// How long an answer is good for.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// The latest minute of queues, where CloudWatch measures them.
pub(crate) struct Lookback {
    history: Option<CloudWatchHistory<SystemClock>>,
    answer: Mutex<Option<Answer>>,
}

/// What was answered, and to what.
struct Answer {
    asked_at: Timestamp,
    queues: Vec<QueueName>,
    told: Told,
}

/// The latest minute of each queue, and why nothing is known where that is so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    minutes: Vec<(QueueName, LastMinute)>,
    pub(crate) warning: Option<String>,
}

impl Lookback {
    /// Asks nothing yet. A local store counts by itself.
    pub(crate) async fn new(project: &Project, store: &Store) -> Result<Self, Failure> {
        let history = match store {
            Store::Local(_) => None,
            Store::Aws(_) => {
                let (sdk, stack) = (project.sdk().await?, project.config.stack.clone());
                Some(CloudWatchHistory::new(&sdk, stack, SystemClock::new()))
            }
        };
        Ok(Self { history, answer: Mutex::new(None) })
    }

    /// The latest minute of these queues, at most a minute after it was asked for. Without it a reading is still worth having.
    pub(crate) async fn ask(&self, queues: &[QueueName]) -> Told {
        let Some(history) = &self.history else { return Told::default() };
        let now = SystemClock::new().now();
        // Held while it is asked: who comes meanwhile waits for the same answer.
        let mut answer = self.answer.lock().await;
        if let Some(known) = answer.as_ref().filter(|known| known.is_good(queues, now)) {
            return known.told.clone();
        }
        let told = Told::of(queues, history.last_minutes(queues).await);
        *answer = Some(Answer { asked_at: now, queues: queues.to_vec(), told: told.clone() });
        told
    }
}

impl Answer {
    fn is_good(&self, queues: &[QueueName], now: Timestamp) -> bool {
        now.since(self.asked_at) < GOOD_FOR && self.queues == queues
    }
}

impl Told {
    fn of(queues: &[QueueName], answer: Result<Vec<Option<LastMinute>>, jobq_core::fault::Fault>) -> Self {
        match answer {
            Ok(minutes) => {
                let known = queues.iter().cloned().zip(minutes);
                Self {
                    minutes: known.filter_map(|(queue, minute)| Some((queue, minute?))).collect(),
                    warning: None,
                }
            }
            Err(fault) => Self {
                minutes: Vec::new(),
                warning: Some(format!("added, settled and oldest stay unknown: {}", fault.chain())),
            },
        }
    }

    /// The latest minute of a queue; none where it isn't known.
    pub(crate) fn of_queue(&self, queue: &QueueName) -> Option<LastMinute> {
        self.minutes.iter().find(|(name, _)| name == queue).map(|(_, minute)| *minute)
    }
}

#[cfg(test)]
mod tests {
    //! How long an answer is good for, and what a failed question leaves.

    use jobq_core::fault::{Fault, FaultKind};

    use super::*;

    fn queues(names: &[&str]) -> Vec<QueueName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn an_answer_is_good_for_a_minute_and_its_own_queues() {
        let asked_at = Timestamp::from_secs(1_000);
        let answer = Answer { asked_at, queues: queues(&["a", "b"]), told: Told::default() };
        assert!(answer.is_good(&queues(&["a", "b"]), Timestamp::from_secs(1_059)));
        assert!(!answer.is_good(&queues(&["a", "b"]), Timestamp::from_secs(1_060)));
        assert!(!answer.is_good(&queues(&["a"]), Timestamp::from_secs(1_001)));
    }

    #[test]
    fn what_is_unknown_is_no_zero_and_says_why() {
        let own = queues(&["a", "b"]);
        let minute =
            LastMinute { at: Timestamp::from_secs(60), sent: Some(3.0), deleted: None, oldest: None };
        let told = Told::of(&own, Ok(vec![None, Some(minute)]));
        assert_eq!((told.of_queue(&own[0]), told.of_queue(&own[1])), (None, Some(minute)));
        assert_eq!(told.warning, None);
        let told = Told::of(&own, Err(Fault::new(FaultKind::Lasting, "read the last minutes of the queues")));
        assert_eq!(told.of_queue(&own[1]), None);
        assert!(told.warning.unwrap().contains("read the last minutes"));
    }
}
