//! The tasks in hand of one queue: by lane, and in each lane by batch.
//!
//! A backend gives tasks out in a fair order, and then they wait here for about two seconds. So the order here is fair
//! again: what is urgent passes what came before it, and a small batch doesn't wait behind a large one.

use std::collections::{HashMap, VecDeque};

use jobq_core::name::BatchId;
use jobq_core::policy::fair::Turns;
use jobq_core::task::Priority;

use crate::hand::Ready;

/// The tasks in hand of one queue; suspects apart.
pub(crate) struct Lanes {
    /// Next calls of tasks that were redirected: their turn has come before.
    redirected: VecDeque<Ready>,
    lanes: [Lane; Priority::ALL.len()],
    turns: Turns,
    len: usize,
}

/// Tasks of one lane: their batches take turns.
#[derive(Default)]
struct Lane {
    batches: HashMap<BatchId, VecDeque<Ready>>,
    /// Each batch that has a task, once, the next one first.
    order: VecDeque<BatchId>,
}

impl Default for Lanes {
    fn default() -> Self {
        let turns = Turns::new(Priority::ALL.map(Priority::weight));
        Self { redirected: VecDeque::new(), lanes: Default::default(), turns, len: 0 }
    }
}

impl Lanes {
    /// How many tasks there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds a task behind the others of its lane and batch.
    pub(crate) fn push(&mut self, ready: Ready) {
        self.len += 1;
        self.lanes[ready.envelope.priority.lane()].push(ready);
    }

    /// Adds the next call of a task that was redirected, before all others.
    pub(crate) fn push_redirected(&mut self, ready: Ready) {
        self.len += 1;
        self.redirected.push_back(ready);
    }

    /// Takes the task whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<Ready> {
        let ready = self.redirected.pop_front().or_else(|| {
            let lane = self.turns.next(|lane| !self.lanes[lane].order.is_empty())?;
            self.lanes[lane].pop()
        })?;
        self.len -= 1;
        Some(ready)
    }

    /// Takes out every task that is meant.
    pub(crate) fn take_those(&mut self, is_meant: impl Fn(&Ready) -> bool) -> Vec<Ready> {
        let (mut taken, kept): (Vec<Ready>, Vec<Ready>) = self.redirected.drain(..).partition(&is_meant);
        self.redirected.extend(kept);
        self.lanes.iter_mut().for_each(|lane| taken.extend(lane.take_those(&is_meant)));
        self.len -= taken.len();
        taken
    }

    /// Takes out all tasks.
    pub(crate) fn take_all(&mut self) -> Vec<Ready> {
        self.len = 0;
        let lanes =
            self.lanes.iter_mut().flat_map(|lane| std::mem::take(lane).batches.into_values().flatten());
        self.redirected.drain(..).chain(lanes).collect()
    }
}

impl Lane {
    fn push(&mut self, ready: Ready) {
        let batch = &ready.envelope.batch;
        if !self.batches.contains_key(batch) {
            self.order.push_back(batch.clone());
        }
        self.batches.entry(batch.clone()).or_default().push_back(ready);
    }

    fn pop(&mut self) -> Option<Ready> {
        let batch = self.order.pop_front()?;
        let tasks = self.batches.get_mut(&batch)?;
        let ready = tasks.pop_front();
        if tasks.is_empty() {
            self.batches.remove(&batch);
        } else {
            self.order.push_back(batch);
        }
        ready
    }

    fn take_those(&mut self, is_meant: impl Fn(&Ready) -> bool) -> Vec<Ready> {
        let mut taken = Vec::new();
        for tasks in self.batches.values_mut() {
            let (meant, kept): (Vec<Ready>, Vec<Ready>) = tasks.drain(..).partition(&is_meant);
            *tasks = kept.into();
            taken.extend(meant);
        }
        self.batches.retain(|_, tasks| !tasks.is_empty());
        self.order.retain(|batch| self.batches.contains_key(batch));
        taken
    }
}

#[cfg(test)]
mod tests {
    //! Whose turn it is.

    use std::time::Duration;

    use jobq_core::delivery::Receipt;
    use jobq_core::envelope::Envelope;
    use jobq_core::task::{Method, Request, Task};
    use jobq_core::time::Timestamp;

    use super::*;

    /// A task like `bulk big 3`: its lane, its batch, and which one of that.
    fn ready(words: &str) -> Ready {
        let mut parts = words.split(' ');
        let mut next = || parts.next().unwrap();
        let (priority, batch) = (next().parse().unwrap(), next().parse().unwrap());
        let request =
            Request { method: Method::Get, url: "http://a.example/".into(), headers: Vec::new(), body: None };
        let id = words.replace(' ', "-").parse().unwrap();
        let task = Task { id, request: request.clone(), priority, delay: Duration::ZERO };
        let envelope = Envelope::new(task, batch, Timestamp::EPOCH);
        Ready {
            queue: 0,
            source: 0,
            receipt: Receipt(words.into()),
            envelope,
            request,
            redirects: 0,
            receives: 1,
        }
    }

    fn lanes(of: &[(&str, usize)]) -> Lanes {
        let mut lanes = Lanes::default();
        for (words, count) in of {
            (0..*count).for_each(|number| lanes.push(ready(&format!("{words} {number}"))));
        }
        lanes
    }

    fn popped(lanes: &mut Lanes, count: usize) -> Vec<String> {
        (0..count).map_while(|_| lanes.pop()).map(|ready| ready.receipt.0).collect()
    }

    #[test]
    fn what_is_urgent_passes_what_is_in_hand() {
        let mut lanes = lanes(&[("bulk big", 50), ("normal big", 50), ("high small", 2)]);
        assert_eq!(popped(&mut lanes, 3), ["high small 0", "high small 1", "normal big 0"]);
    }

    #[test]
    fn no_lane_starves_and_an_empty_one_costs_no_turn() {
        let mut lanes = lanes(&[("bulk b", 200), ("normal n", 200), ("high h", 200)]);
        let run = popped(&mut lanes, 146);
        let of = |lane: &str| run.iter().filter(|words| words.starts_with(lane)).count();
        assert_eq!((of("high"), of("normal"), of("bulk")), (128, 16, 2));
        lanes.take_those(|ready| ready.envelope.priority != Priority::Bulk);
        assert_eq!((lanes.len(), popped(&mut lanes, 300).len(), lanes.len()), (198, 198, 0));
    }

    #[test]
    fn batches_of_a_lane_take_turns() {
        let mut lanes = lanes(&[("normal big", 9), ("normal small", 2)]);
        let expected = ["normal big 0", "normal small 0", "normal big 1", "normal small 1", "normal big 2"];
        assert_eq!(popped(&mut lanes, 5), expected);
        lanes.push(ready("normal late 0"));
        assert_eq!(popped(&mut lanes, 2), ["normal big 3", "normal late 0"]);
    }

    #[test]
    fn a_redirect_goes_on_first_and_nothing_is_left_behind() {
        let mut lanes = lanes(&[("normal big", 2), ("high small", 1)]);
        lanes.push_redirected(ready("bulk b 7"));
        assert_eq!(popped(&mut lanes, 1), ["bulk b 7"]);
        lanes.push_redirected(ready("bulk b 8"));
        assert_eq!((lanes.len(), lanes.take_all().len(), lanes.len()), (4, 4, 0));
        assert_eq!(popped(&mut lanes, 1), Vec::<String>::new());
    }
}
