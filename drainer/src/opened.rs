//! Which queues are open, by schedule and by hand: a closed one is not received from, and no call of its tasks is
//! started.

use jobq_core::policy::calendar::state::{LimitState, QueuePause};
use jobq_core::policy::door::door;
use jobq_core::policy::schedule::Openness;
use jobq_core::queue::Queue;
use jobq_core::time::Timestamp;

use crate::engine::Engine;
use crate::plan::Until;
use crate::world::World;

/// The queues' doors, as last looked at: working out when they move costs more than can be done at each step.
pub(crate) struct Doors {
    doors: Vec<Door>,
    /// The pauses by hand that were looked at.
    pauses: Vec<QueuePause>,
}

#[derive(Debug, Clone, Copy)]
struct Door {
    open: bool,
    /// When it moves next, if it does.
    moves_at: Option<Timestamp>,
}

impl Doors {
    /// The doors of these queues at `now`.
    pub(crate) fn new(queues: &[Queue], now: Timestamp) -> Self {
        let unknown = LimitState::default();
        Self {
            doors: queues.iter().map(|queue| Door::look(queue, &unknown, now)).collect(),
            pauses: Vec::new(),
        }
    }

    /// Looks again at those whose time has come, and at all of them if somebody has paused or resumed one.
    fn look(&mut self, queues: &[Queue], state: &LimitState, now: Timestamp) {
        let is_changed = self.pauses != state.paused_queues;
        for (door, queue) in self.doors.iter_mut().zip(queues) {
            if is_changed || door.moves_at.is_some_and(|at| at <= now) {
                *door = Door::look(queue, state, now);
            }
        }
        if is_changed {
            self.pauses.clone_from(&state.paused_queues);
        }
    }

    /// Whether the queue of this number is open.
    pub(crate) fn is_open(&self, queue: usize) -> bool {
        self.doors[queue].open
    }

    /// When the door of the queue of this number moves next, if it does.
    pub(crate) fn moves_at(&self, queue: usize) -> Option<Timestamp> {
        self.doors[queue].moves_at
    }

    /// When the first of them moves, if any does.
    pub(crate) fn next_move(&self) -> Option<Timestamp> {
        self.doors.iter().filter_map(|door| door.moves_at).min()
    }

    fn all_closed(&self) -> bool {
        self.doors.iter().all(|door| !door.open)
    }
}

impl Door {
    fn look(queue: &Queue, state: &LimitState, now: Timestamp) -> Self {
        match door(queue, state, now) {
            Openness::Always => Self { open: true, moves_at: None },
            Openness::Open { until } => Self { open: true, moves_at: Some(until) },
            Openness::Closed { until } => Self { open: false, moves_at: until },
        }
    }
}

impl<W: World> Engine<'_, W> {
    /// Opens and closes queues whose time has come. What is in hand of a closed one is handed back; where all are
    /// closed, a drainer that ends by itself ends: nothing is waited for until they open.
    pub(crate) fn mind_doors(&mut self, now: Timestamp) {
        self.doors.look(&self.plan.queues, &self.bookings.known.state, now);
        for queue in 0..self.plan.queues.len() {
            if !self.doors.is_open(queue) {
                let tasks = self.hand.take_all_of(queue);
                self.release(tasks);
            }
        }
        if self.doors.all_closed() && self.plan.until != Until::Stopped {
            self.stop(now);
        }
    }
}
