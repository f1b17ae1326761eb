//! Whether a queue is open: its schedule, and whether somebody has paused it.

use super::calendar::state::{LimitState, QueuePause};
use super::schedule::{Openness, openness};
use crate::name::QueueName;
use crate::queue::Queue;
use crate::time::Timestamp;

/// Whether a queue is open at `now`. A pause by hand closes it, whatever its schedule says; its end is a moment to look
/// again, not a promise that it opens then.
pub fn door(queue: &Queue, state: &LimitState, now: Timestamp) -> Openness {
    match paused(state, &queue.name, now) {
        Some(pause) => Openness::Closed { until: pause.until },
        None => openness(&queue.schedule, now),
    }
}

/// The pause of a queue by hand that holds at `now`.
pub fn paused<'a>(state: &'a LimitState, queue: &QueueName, now: Timestamp) -> Option<&'a QueuePause> {
    state.paused_queues.iter().find(|pause| pause.queue == queue.as_str() && pause.holds(now))
}

#[cfg(test)]
mod tests {
    //! A pause goes before the schedule, and ends by itself.

    use super::*;
    use crate::policy::calendar::steer::{By, Steer, steer};

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn by(seconds: u64) -> By {
        By { who: "ann".to_owned(), at: at(seconds), why: None }
    }

    #[test]
    fn a_pause_closes_one_queue_until_it_ends_or_is_ended() {
        let queue = |name: &str| Queue::new(name.parse().unwrap(), "api".parse().unwrap());
        let (troops, groups) = (queue("troops"), queue("groups"));
        let pause = |until| Steer::PauseQueue(troops.name.clone(), until);
        let state = steer(&LimitState::default(), pause(Some(at(60))), by(0));
        assert_eq!(door(&troops, &state, at(59)), Openness::Closed { until: Some(at(60)) });
        assert_eq!(door(&troops, &state, at(60)), Openness::Always);
        assert_eq!(door(&groups, &state, at(59)), Openness::Always);
        // The latest word counts, and there is one for each queue.
        let state = steer(&state, pause(None), by(1));
        assert_eq!(state.paused_queues.len(), 1);
        assert_eq!(door(&troops, &state, at(99)), Openness::Closed { until: None });
        let state = steer(&state, Steer::ResumeQueue(troops.name.clone()), by(2));
        assert_eq!(door(&troops, &state, at(3)), Openness::Always);
        let told: Vec<&str> = state.changes.iter().map(|change| change.what.as_str()).collect();
        assert_eq!(told, ["pause queue troops for 1m 00s", "pause queue troops", "resume queue troops"]);
    }
}
