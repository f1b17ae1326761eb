//! Which queues are open: a closed one is not received from, and no call of its tasks is started.

use jobq_core::policy::schedule::{Openness, openness};
use jobq_core::queue::Queue;
use jobq_core::time::Timestamp;

use crate::engine::Engine;
use crate::plan::Until;
use crate::world::World;

/// The queues' doors, as last looked at: working out when they move costs more than can be done at each step.
pub(crate) struct Doors(Vec<Door>);

#[derive(Debug, Clone, Copy)]
struct Door {
    open: bool,
    /// When it moves next, if it does.
    moves_at: Option<Timestamp>,
}

impl Doors {
    /// The doors of these queues at `now`.
    pub(crate) fn new(queues: &[Queue], now: Timestamp) -> Self {
        Self(queues.iter().map(|queue| Door::look(queue, now)).collect())
    }

    /// Whether the queue of this number is open.
    pub(crate) fn is_open(&self, queue: usize) -> bool {
        self.0[queue].open
    }

    /// When the door of the queue of this number moves next, if it does.
    pub(crate) fn moves_at(&self, queue: usize) -> Option<Timestamp> {
        self.0[queue].moves_at
    }

    /// When the first of them moves, if any does.
    pub(crate) fn next_move(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|door| door.moves_at).min()
    }

    fn all_closed(&self) -> bool {
        self.0.iter().all(|door| !door.open)
    }
}

impl Door {
    fn look(queue: &Queue, now: Timestamp) -> Self {
        match openness(&queue.schedule, now) {
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
        for (door, queue) in self.doors.0.iter_mut().zip(&self.plan.queues) {
            if door.moves_at.is_some_and(|at| at <= now) {
                *door = Door::look(queue, now);
            }
        }
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
