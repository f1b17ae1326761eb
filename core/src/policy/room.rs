//! How much a drainer takes on: never more than it can start.

use std::time::Duration;

use super::calendar::book::SPAN;

/// How much of the pace a drainer keeps in hand, as a length of time.
const IN_HAND: Duration = Duration::from_secs(2);

/// Without a pace, how many tasks are kept in hand for each call that may be in flight: enough that the
/// next receive is back before they are used up.
const IN_HAND_PER_PERMIT: usize = 4;

/// What a drainer has and may do, for sizing its next receive and its next lease.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Tasks received and not started.
    pub in_hand: usize,
    /// The most that may be in hand at all: the smallest quota, for more than that can't start in a window.
    pub most: usize,
    /// Calls under way.
    pub in_flight: usize,
    /// Calls that may be under way at once.
    pub permits: usize,
    /// The time from slot to slot, as last seen; zero without a pace.
    pub interval: Duration,
    /// The time left in which a call may still start; `None` without a deadline.
    pub time_left: Option<Duration>,
    /// How long calls take, lately; zero if none has ended.
    pub latency: Duration,
}

/// How receives of a backend's queues are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiving {
    /// The most tasks one receive can bring.
    pub at_once: usize,
    /// The most receives of one queue under way at once.
    pub under_way: usize,
    /// A receive beside tasks in hand is worth making when it can bring this part of what may be in hand (a divisor),
    /// or as many as one can bring at all.
    pub part: usize,
    /// How long the first receive of a queue with nothing in hand waits for a task. It doubles with each that
    /// brought nothing, up to `longest_wait`.
    pub first_wait: Duration,
    /// The longest a receive waits.
    pub longest_wait: Duration,
    /// How long a receive waits beside tasks in hand.
    pub beside_wait: Duration,
    /// How long after a stop receives under way are waited for. What they bring later stays hidden until its
    /// visibility ends.
    pub patience: Duration,
}

/// What is known of one queue, for its next receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supply {
    /// How many of its tasks may be in hand.
    pub wanted: usize,
    /// How many are.
    pub in_hand: usize,
    /// How many receives are under way.
    pub under_way: usize,
    /// How many tasks those can bring.
    pub on_the_way: usize,
    /// What the last receive said.
    pub flow: Flow,
    /// The longest the next receive may wait: what the engine waits for otherwise.
    pub most_wait: Duration,
}

/// What the last receive of a queue said about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It brought about as many tasks as it could.
    Plenty,
    /// It brought few tasks, or there was none yet.
    Few,
    /// So many in a row brought nothing.
    Dry(u32),
}

/// The receives to start now; all alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receives {
    /// How many.
    pub count: usize,
    /// The most tasks each may bring.
    pub most: usize,
    /// How long each waits for a first task.
    pub wait: Duration,
}

impl Flow {
    /// What a receive that brought `count` of at most `most` tasks says, after `self`.
    pub fn after(self, count: usize, most: usize) -> Self {
        match self {
            Self::Dry(times) if count == 0 => Self::Dry(times.saturating_add(1)),
            _ if count == 0 => Self::Dry(1),
            _ if count >= most.div_ceil(2) => Self::Plenty,
            _ => Self::Few,
        }
    }

    /// Whether the last receive brought nothing.
    pub fn is_dry(self) -> bool {
        matches!(self, Self::Dry(_))
    }
}

/// The receives of a queue to start now: full ones beside those under way; one that isn't full where little is in hand;
/// and only one at a time from a queue that doesn't bring much, so that an empty queue costs little.
pub fn receives(receiving: &Receiving, supply: &Supply) -> Receives {
    let held = supply.in_hand.saturating_add(supply.on_the_way);
    let room = supply.wanted.saturating_sub(held);
    let worth = supply.wanted.div_ceil(receiving.part.max(1)).min(receiving.at_once).max(1);
    let most_under_way = if supply.flow == Flow::Plenty { receiving.under_way } else { 1 };
    let free = most_under_way.saturating_sub(supply.under_way);
    let count =
        if room < worth { 0 } else { (room / receiving.at_once.max(1)).clamp(1, free.max(1)).min(free) };
    let wait = if supply.in_hand > 0 { receiving.beside_wait } else { idle_wait(receiving, supply.flow) };
    Receives { count, most: room.min(receiving.at_once), wait: wait.min(supply.most_wait) }
}

fn idle_wait(receiving: &Receiving, flow: Flow) -> Duration {
    let Flow::Dry(times) = flow else { return receiving.first_wait };
    receiving.first_wait.saturating_mul(2u32.saturating_pow(times)).min(receiving.longest_wait)
}

/// How many tasks to receive: about two seconds of what the pace admits and the permits carry, nothing that couldn't
/// start in time.
pub fn room(load: &Load) -> usize {
    let unpaced = load.permits.saturating_mul(IN_HAND_PER_PERMIT);
    let wanted = slots_within(IN_HAND, load.interval).map_or(unpaced, |slots| slots.max(1));
    // One for each permit at least: the next task is there when a slow call ends.
    let rounds = IN_HAND.as_nanos().checked_div(load.latency.as_nanos());
    let carried = rounds.map_or(usize::MAX, |rounds| {
        load.permits.saturating_mul(usize::try_from(rounds).unwrap_or(usize::MAX).saturating_add(1))
    });
    let in_time = load.time_left.map_or(usize::MAX, |left| startable(load, left));
    wanted.min(carried).min(in_time).min(load.most).saturating_sub(load.in_hand)
}

/// For how many of the tasks in hand, beyond the slots `held`, to book slots now: a span's worth at most. How many of
/// those will find a permit free depends on when they come; see [`super::carry`].
pub fn slots_wanted(load: &Load, held: usize) -> usize {
    let without_slot = load.in_hand.saturating_sub(held);
    // Without a pace they all come at once, and are good for a whole span.
    let unpaced = load.interval.is_zero().then(|| carried(load, SPAN).saturating_sub(held));
    without_slot.min(unpaced.unwrap_or_else(|| paced(load, SPAN)))
}

/// How many calls can start within `length`, by pace and by permits.
fn startable(load: &Load, length: Duration) -> usize {
    if length.is_zero() { 0 } else { paced(load, length).min(carried(load, length)) }
}

fn paced(load: &Load, length: Duration) -> usize {
    slots_within(length, load.interval).map_or(usize::MAX, |slots| slots.saturating_add(1))
}

/// How many calls the permits can carry within `length` (Little's law).
fn carried(load: &Load, length: Duration) -> usize {
    let free = load.permits.saturating_sub(load.in_flight);
    let ended = (load.permits as u128).saturating_mul(length.as_nanos()).checked_div(load.latency.as_nanos());
    // Nothing is known of how long calls take, or they take longer than this: count on what is free.
    let ended = ended.filter(|_| load.latency <= length).unwrap_or(0);
    free.saturating_add(usize::try_from(ended).unwrap_or(usize::MAX))
}

fn slots_within(length: Duration, interval: Duration) -> Option<usize> {
    let slots = length.as_nanos().checked_div(interval.as_nanos())?;
    Some(usize::try_from(slots).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    //! Sizes at the edges.

    use super::*;

    fn load() -> Load {
        Load {
            in_hand: 0,
            most: usize::MAX,
            in_flight: 0,
            permits: 40,
            interval: Duration::from_millis(20),
            time_left: None,
            latency: Duration::ZERO,
        }
    }

    #[test]
    fn two_seconds_of_the_pace_are_kept_in_hand() {
        assert_eq!(room(&load()), 100);
        assert_eq!(room(&Load { in_hand: 70, ..load() }), 30);
        assert_eq!(room(&Load { in_hand: 170, ..load() }), 0);
        assert_eq!(room(&Load { interval: Duration::from_secs(60), ..load() }), 1);
        assert_eq!(room(&Load { interval: Duration::ZERO, ..load() }), 160);
        assert_eq!(room(&Load { most: 5, ..load() }), 5);
    }

    #[test]
    fn nothing_is_taken_that_could_not_start_before_the_deadline() {
        let left = |millis| Some(Duration::from_millis(millis));
        assert_eq!(room(&Load { time_left: left(200), ..load() }), 11);
        assert_eq!(room(&Load { time_left: left(0), ..load() }), 0);
    }

    #[test]
    fn a_drainer_of_few_permits_keeps_no_more_in_hand_than_it_can_start() {
        let weak = Load { permits: 6, latency: Duration::from_millis(500), ..load() };
        assert_eq!(room(&weak), 30);
        assert_eq!(room(&Load { latency: Duration::from_secs(9), ..weak }), 6);
        assert_eq!(room(&Load { permits: 40, ..weak }), 100);
    }

    #[test]
    fn the_next_lease_is_a_whole_span_though_the_last_has_slots_left() {
        let busy = Load { in_hand: 100, in_flight: 25, latency: Duration::from_millis(500), ..load() };
        assert_eq!(slots_wanted(&busy, 12), 51);
        assert_eq!(slots_wanted(&Load { in_hand: 30, ..busy }, 12), 18);
        assert_eq!(slots_wanted(&Load { interval: Duration::from_secs(60), ..busy }, 0), 1);
    }

    #[test]
    fn without_a_pace_permits_are_counted_over_a_span() {
        let latency = Duration::from_millis(500);
        let unpaced = Load { interval: Duration::ZERO, in_hand: 500, permits: 10, latency, ..load() };
        assert_eq!(slots_wanted(&unpaced, 0), 30);
        assert_eq!(slots_wanted(&Load { in_flight: 10, ..unpaced }, 4), 16);
    }

    fn in_tens() -> Receiving {
        Receiving {
            at_once: 10,
            under_way: 8,
            part: 1,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(20),
            beside_wait: Duration::from_secs(1),
            patience: Duration::from_secs(1),
        }
    }

    fn supply(wanted: usize, in_hand: usize, under_way: usize, flow: Flow) -> Supply {
        let on_the_way = under_way * 10;
        Supply { wanted, in_hand, under_way, on_the_way, flow, most_wait: Duration::MAX }
    }

    #[test]
    fn receives_in_tens_are_full_ones() {
        let started = |wanted, in_hand, under_way, flow| {
            let receives = receives(&in_tens(), &supply(wanted, in_hand, under_way, flow));
            (receives.count, receives.most)
        };
        assert_eq!(started(100, 75, 0, Flow::Plenty), (2, 10));
        assert_eq!(started(100, 75, 2, Flow::Plenty).0, 0, "what is under way will fill the room");
        assert_eq!(started(100, 95, 0, Flow::Plenty).0, 0);
        assert_eq!(started(100, 0, 0, Flow::Plenty), (8, 10));
        assert_eq!(started(100, 0, 0, Flow::Few), (1, 10), "one until the queue shows that it brings more");
        assert_eq!(started(100, 40, 1, Flow::Dry(1)).0, 0);
        assert_eq!(started(6, 2, 0, Flow::Plenty).0, 0);
        assert_eq!(started(6, 0, 0, Flow::Plenty), (1, 6));
        assert_eq!(started(0, 0, 0, Flow::Plenty).0, 0);
    }

    #[test]
    fn an_empty_queue_is_waited_for_longer_and_longer() {
        let wait = |in_hand, flow| receives(&in_tens(), &supply(100, in_hand, 0, flow)).wait.as_secs();
        let mut flow = Flow::Few;
        let mut waits = Vec::new();
        for _ in 0..7 {
            waits.push(wait(0, flow));
            flow = flow.after(0, 10);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(wait(3, flow), 1, "what is in hand is not idled over");
        assert_eq!(wait(0, flow.after(10, 10)), 1);
        let soon = Supply { most_wait: Duration::from_millis(300), ..supply(100, 0, 0, flow) };
        assert_eq!(receives(&in_tens(), &soon).wait, Duration::from_millis(300));
    }

    #[test]
    fn where_one_receive_brings_all_it_is_made_for_a_quarter() {
        let all = Receiving { at_once: usize::MAX, under_way: 1, part: 4, ..in_tens() };
        let started = |in_hand| receives(&all, &supply(100, in_hand, 0, Flow::Plenty));
        assert_eq!((started(76).count, started(75).count, started(75).most), (0, 1, 25));
        assert_eq!((started(0).count, started(0).most), (1, 100));
    }
}
