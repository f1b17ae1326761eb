//! The tasks in hand: received, and waiting for a slot.

use std::time::Duration;

use jobq_core::delivery::Receipt;
use jobq_core::envelope::Envelope;
use jobq_core::policy::fair::Turns;
use jobq_core::queue::Queue;
use jobq_core::task::Request;

use crate::lanes::Lanes;
use crate::suspects::is_suspect;

/// A task that can be called as soon as there is a slot.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The number of its queue in the plan.
    pub(crate) queue: usize,
    /// The number of the source it came from.
    pub(crate) source: usize,
    /// Its delivery.
    pub(crate) receipt: Receipt,
    /// The task and its history.
    pub(crate) envelope: Envelope,
    /// The call to make now: the task's own, or where a redirect led.
    pub(crate) request: Request,
    /// How many redirects led here.
    pub(crate) redirects: u32,
    /// How many times it was received, this time included.
    pub(crate) receives: u32,
}

/// The tasks in hand, by queue; suspects apart.
pub(crate) struct Hand {
    queues: Vec<Lanes>,
    turns: Turns,
    suspects: Vec<Ready>,
    /// How many came from each source.
    counts: Vec<usize>,
}

impl Hand {
    /// An empty hand for these queues, whose tasks come from so many sources.
    pub(crate) fn new(queues: &[Queue], sources: usize) -> Self {
        Self {
            queues: queues.iter().map(|_| Lanes::default()).collect(),
            turns: Turns::new(queues.iter().map(|queue| queue.weight.get())),
            suspects: Vec::new(),
            counts: vec![0; sources],
        }
    }

    /// How many tasks there are in all.
    pub(crate) fn len(&self) -> usize {
        self.queues.iter().map(Lanes::len).sum::<usize>() + self.suspects.len()
    }

    /// Whether there are suspects among them.
    pub(crate) fn has_suspects(&self) -> bool {
        !self.suspects.is_empty()
    }

    /// How many tasks from one source there are.
    pub(crate) fn len_from(&self, source: usize) -> usize {
        self.counts[source]
    }

    /// Adds a task behind the others of its lane and batch.
    pub(crate) fn push(&mut self, ready: Ready) {
        self.counts[ready.source] += 1;
        if is_suspect(&ready) {
            self.suspects.push(ready);
        } else {
            self.queues[ready.queue].push(ready);
        }
    }

    /// Adds a task before the others of its queue: a redirect's next call. A suspect's comes by chance too.
    pub(crate) fn push_front(&mut self, ready: Ready) {
        self.counts[ready.source] += 1;
        if is_suspect(&ready) {
            self.suspects.push(ready);
        } else {
            self.queues[ready.queue].push_redirected(ready);
        }
    }

    /// Takes the task whose turn it is; no suspect.
    pub(crate) fn pop(&mut self) -> Option<Ready> {
        let queue = self.turns.next(|queue| self.queues[queue].len() > 0)?;
        let ready = self.queues[queue].pop()?;
        self.counts[ready.source] -= 1;
        Some(ready)
    }

    /// Takes any of the suspects, by `chance` in 0..1.
    pub(crate) fn pop_suspect(&mut self, chance: f64) -> Option<Ready> {
        // The number of a millionth: there are never so many in hand.
        let number = Duration::from_secs(1).mul_f64(chance).subsec_micros() as usize;
        let number = number.checked_rem(self.suspects.len())?;
        let ready = self.suspects.swap_remove(number);
        self.counts[ready.source] -= 1;
        Some(ready)
    }

    /// Takes out every task for which `keep` is false.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Ready) -> bool) {
        drop(self.take_those(|ready| !keep(ready)));
    }

    /// Takes out all tasks that `are_meant`.
    pub(crate) fn take_those(&mut self, are_meant: impl Fn(&Ready) -> bool) -> Vec<Ready> {
        let mut taken: Vec<Ready> = self.suspects.extract_if(.., |ready| are_meant(ready)).collect();
        self.queues.iter_mut().for_each(|queue| taken.extend(queue.take_those(&are_meant)));
        taken.iter().for_each(|ready| self.counts[ready.source] -= 1);
        taken
    }

    /// Takes out all tasks of one queue.
    pub(crate) fn take_all_of(&mut self, queue: usize) -> Vec<Ready> {
        let suspects = self.suspects.extract_if(.., |ready| ready.queue == queue);
        let taken: Vec<Ready> = self.queues[queue].take_all().into_iter().chain(suspects).collect();
        taken.iter().for_each(|ready| self.counts[ready.source] -= 1);
        taken
    }

    /// Takes out all tasks.
    pub(crate) fn take_all(&mut self) -> Vec<Ready> {
        self.counts.fill(0);
        self.queues.iter_mut().flat_map(Lanes::take_all).chain(self.suspects.drain(..)).collect()
    }
}
