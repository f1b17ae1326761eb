//! What people do while drainers drain: they push, cancel, send back what has died, and are told which batches have ended.

use std::time::Duration;

use jobq_adapters::sqlite::store::LocalStore;
use jobq_core::batch::{Mark, NewBatch, Tally};
use jobq_core::completion::{Completion, Followed};
use jobq_core::envelope::Envelope;
use jobq_core::letter::Letter;
use jobq_core::name::{BatchId, QueueName};
use jobq_core::policy::calendar::steer::{By, Steer, steer};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::completions::Completions;
use jobq_core::ports::ledger::{Ledger, Swap};
use jobq_core::ports::morgue::{Fate, Found, Morgue, Round};
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{Parcel, Settled};
use jobq_core::task::{Method, Priority, Request, Task};
use jobq_core::time::Timestamp;
use jobq_tests::contract::subject::all_letters;
use jobq_tests::hand_clock::HandClock;

use crate::plan::{Plan, Push, limit};

/// How often it is looked whether a batch has ended.
const EVERY: Duration = Duration::from_millis(50);

/// For how long an end that is being told is given to nobody else.
const HOLD: Duration = Duration::from_secs(2);

/// The people, over the store as it is.
pub(crate) struct Office<'a> {
    store: LocalStore<HandClock>,
    clock: HandClock,
    plan: &'a Plan,
    /// Pushes of which the rest is to come.
    rests: Vec<&'a Push>,
    canceled: bool,
    looked: Duration,
    pub(crate) ends: Vec<Completion>,
    /// When dead tasks were sent back.
    pub(crate) sent_back_at: Option<Timestamp>,
}

impl<'a> Office<'a> {
    /// Pushes what is there when a walk begins.
    pub(crate) async fn open(store: &LocalStore<HandClock>, clock: &HandClock, plan: &'a Plan) -> Self {
        let mut office = Self {
            store: store.clone(),
            clock: clock.clone(),
            plan,
            rests: Vec::new(),
            canceled: false,
            looked: Duration::ZERO,
            ends: Vec::new(),
            sent_back_at: None,
        };
        for push in &plan.pushes {
            let (id, source) = (id(push.batch), "test".to_owned());
            let batch = NewBatch { id, queue: push.queue.clone(), source, created_at: clock.now() };
            office.store.open(&batch).await.unwrap();
            if push.rest.is_zero() {
                office.send(push, &push.tasks, true).await;
            } else {
                office.send(push, push.begins(), false).await;
                office.rests.push(push);
            }
        }
        office
    }

    /// What is done at this instant.
    pub(crate) async fn turn(&mut self) {
        let now = self.clock.uptime();
        let due: Vec<&Push> = self.rests.extract_if(.., |push| push.rest <= now).collect();
        for push in due {
            self.send(push, push.ends(), true).await;
        }
        if let Some((batch, _)) = self.plan.canceled.filter(|(_, after)| !self.canceled && *after <= now) {
            assert!(
                self.rests.iter().all(|rest| rest.batch != batch),
                "{batch} is canceled while it is pushed"
            );
            self.canceled = true;
            self.cancel(&id(batch)).await;
        }
        if now >= self.looked + EVERY {
            self.looked = now;
            self.listen().await;
        }
    }

    /// Hears of the ends that nobody was told of yet. Who tells one may die of it: then it is told again.
    async fn listen(&mut self) {
        let queues: Vec<QueueName> = self.plan.queues.iter().map(|queue| queue.name.clone()).collect();
        for completion in self.store.untold(&queues, 64, HOLD).await.unwrap() {
            if self.plan.chance.once_in(if self.plan.trouble > 0 { 3 } else { 0 }) {
                continue;
            }
            self.store.told(&completion, &Followed::Nothing).await.unwrap();
            self.ends.push(completion);
        }
    }

    /// Listens until nothing is held any more, and then once more.
    pub(crate) async fn hear_the_rest(&mut self) {
        assert!(self.rests.is_empty(), "drainers had ended before all was pushed");
        for _ in 0..40 {
            self.clock.advance(HOLD);
            self.listen().await;
        }
    }

    async fn cancel(&self, batch: &BatchId) {
        let by = By { who: "test".to_owned(), at: self.clock.now(), why: None };
        let limit = limit(false).name;
        let mut known = self.store.load(&limit).await.unwrap();
        loop {
            let next = steer(&known.state, Steer::CancelBatch(batch.clone()), by.clone());
            match self.store.swap(&limit, known.version, &next).await.unwrap() {
                Swap::Written(_) => break,
                Swap::Conflict(current) => known = current,
            }
        }
        self.store.cancel(batch).await.unwrap();
    }

    /// Sends back all that has died.
    pub(crate) async fn send_back(&mut self) {
        let now = self.clock.now();
        self.sent_back_at = Some(now);
        for queue in &self.plan.queues {
            let mut round = self.store.round(&queue.name);
            let fate = |found: Found| {
                let letter = Letter::read(&found.body);
                let copy = letter.revived(now).unwrap().seal();
                (found.id, Fate::SendBack { copy, counted: letter.counted() })
            };
            let fates: Vec<_> = all_letters(&mut round).await.into_iter().map(fate).collect();
            let settled = round.end(fates).await.unwrap();
            assert!(settled.iter().all(|settled| *settled == Settled::Held));
            round.close().await.unwrap();
        }
    }

    /// The counts of a batch.
    pub(crate) async fn tally(&self, batch: &str) -> Tally {
        self.store.tally(&id(batch)).await.unwrap().unwrap()
    }

    async fn send(&self, push: &Push, tasks: &[(String, Priority)], complete: bool) {
        let parcels: Vec<(Parcel, Duration)> = tasks
            .iter()
            .map(|(name, priority)| {
                let url = format!("http://api/{name}");
                let request = Request { method: Method::Get, url, headers: Vec::new(), body: None };
                let (id_of_task, delay) = (name.parse().unwrap(), Duration::ZERO);
                let task = Task { id: id_of_task, request, priority: *priority, delay };
                (Envelope::new(task, id(push.batch), self.clock.now()).seal(), delay)
            })
            .collect();
        let mark = Mark { lines: push.tasks.len() as u64, refused: 0, complete };
        self.store.send(&push.queue, &id(push.batch), parcels, mark).await.unwrap();
    }
}

impl Push {
    fn begins(&self) -> &[(String, Priority)] {
        &self.tasks[..self.tasks.len() / 2]
    }

    fn ends(&self) -> &[(String, Priority)] {
        &self.tasks[self.tasks.len() / 2..]
    }
}

fn id(batch: &str) -> BatchId {
    batch.parse().unwrap()
}
