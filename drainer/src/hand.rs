//! The tasks in hand: received, and waiting for a slot.

use std::collections::VecDeque;

use jobq_core::delivery::Receipt;
use jobq_core::envelope::Envelope;
use jobq_core::policy::fair::Turns;
use jobq_core::queue::Queue;
use jobq_core::task::Request;

/// A task that can be called as soon as there is a slot.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The number of its queue in the plan.
    pub(crate) queue: usize,
    /// Its delivery.
    pub(crate) receipt: Receipt,
    /// The task and its history.
    pub(crate) envelope: Envelope,
    /// The call to make now: the task's own, or where a redirect led.
    pub(crate) request: Request,
    /// How many redirects led here.
    pub(crate) redirects: u32,
}

/// The tasks in hand, by queue.
pub(crate) struct Hand {
    queues: Vec<VecDeque<Ready>>,
    turns: Turns,
}

impl Hand {
    /// An empty hand for these queues.
    pub(crate) fn new(queues: &[Queue]) -> Self {
        Self {
            queues: queues.iter().map(|_| VecDeque::new()).collect(),
            turns: Turns::new(queues.iter().map(|queue| queue.weight.get())),
        }
    }

    /// How many tasks there are in all.
    pub(crate) fn len(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    /// How many tasks of one queue there are.
    pub(crate) fn len_of(&self, queue: usize) -> usize {
        self.queues[queue].len()
    }

    /// Adds a task behind the others of its queue.
    pub(crate) fn push(&mut self, ready: Ready) {
        self.queues[ready.queue].push_back(ready);
    }

    /// Adds a task before the others: a redirect's next call.
    pub(crate) fn push_front(&mut self, ready: Ready) {
        self.queues[ready.queue].push_front(ready);
    }

    /// Takes the task whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<Ready> {
        let queue = self.turns.next(|queue| !self.queues[queue].is_empty())?;
        self.queues[queue].pop_front()
    }

    /// Takes out every task for which `keep` is false.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Ready) -> bool) {
        self.queues.iter_mut().for_each(|queue| queue.retain(&keep));
    }

    /// Takes out all tasks of one queue.
    pub(crate) fn take_all_of(&mut self, queue: usize) -> Vec<Ready> {
        self.queues[queue].drain(..).collect()
    }

    /// Takes out all tasks.
    pub(crate) fn take_all(&mut self) -> Vec<Ready> {
        self.queues.iter_mut().flat_map(|queue| queue.drain(..)).collect()
    }
}
