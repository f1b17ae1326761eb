//! Receives and settles; waits for messages that aren't there yet.

use std::time::Duration;

use jobq_core::delivery::{Delivery, Receipt};
use jobq_core::fault::Fault;
use jobq_core::intake::Intake;
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::inbox::Inbox;
use jobq_core::settlement::{End, Settled, Settlement};

use super::extend::extend;
use super::number::count;
use super::receive::{Receive, is_waiting};
use super::settle::settle;
use super::store::LocalStore;

/// How soon a receive that found nothing looks again, at first and later on. Only other processes' messages
/// and delays that end are found like this; this process's own messages wake it at once.
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LAST_LOOK: Duration = Duration::from_millis(100);

impl<C: Clock> Inbox for LocalStore<C> {
    fn intakes(&self, queue: &QueueName) -> Vec<Intake> {
        vec![Intake::whole(queue)]
    }

    async fn receive(
        &self,
        intake: &Intake,
        max: usize,
        visibility: Duration,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Fault> {
        let queue = &intake.queue;
        let deadline = self.clock.uptime().saturating_add(wait);
        loop {
            let found = self.take(queue, max, visibility).await?;
            if !found.is_empty() || max == 0 || !self.wait_for_one(queue, deadline).await? {
                return Ok(found);
            }
        }
    }

    async fn extend(
        &self,
        queue: &QueueName,
        receipts: &[Receipt],
        visibility: Duration,
    ) -> Result<Vec<Settled>, Fault> {
        let receipts = receipts.to_vec();
        let until = self.clock.now().plus(visibility);
        let operation = format!("extend deliveries of queue '{queue}'");
        self.write(operation, move |db| extend(db, &receipts, until)).await
    }

    async fn settle(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, Fault> {
        let work = settlements.to_vec();
        let now = self.clock.now();
        let settled = self.write("settle deliveries".to_owned(), move |db| settle(db, &work, now)).await?;
        let gives_back = |settlement: &Settlement| match &settlement.end {
            End::Release | End::Retry { .. } => true,
            End::Done { children, .. } => !children.is_empty(),
            End::Dead { .. } | End::Skipped { .. } => false,
        };
        if settlements.iter().any(gives_back) {
            self.announce();
        }
        Ok(settled)
    }
}

impl<C: Clock> LocalStore<C> {
    async fn take(
        &self,
        queue: &QueueName,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Delivery>, Fault> {
        let now = self.clock.now();
        let receive =
            Receive { queue: queue.clone(), max: count(max), now, hidden_until: now.plus(visibility) };
        self.write(format!("receive from queue '{queue}'"), move |db| receive.run(db)).await
    }

    /// Waits until there is something to receive; false if the deadline comes first. Looks by reading, so
    /// that those who wait don't take the lock from those who write.
    async fn wait_for_one(&self, queue: &QueueName, deadline: Duration) -> Result<bool, Fault> {
        let left = || deadline.saturating_sub(self.clock.uptime());
        let mut pause = FIRST_LOOK;
        while !left().is_zero() {
            // Subscribed before looking, so that nothing is sent unnoticed in between.
            let mut news = self.news();
            if self.look(queue).await? {
                return Ok(true);
            }
            tokio::select! {
                _ = news.changed() => {}
                () = self.clock.sleep(pause.min(left())) => pause = (pause * 2).min(LAST_LOOK),
            }
        }
        Ok(false)
    }

    async fn look(&self, queue: &QueueName) -> Result<bool, Fault> {
        let now = self.clock.now();
        let name = queue.clone();
        self.read(format!("look into queue '{queue}'"), move |db| is_waiting(db, &name, now)).await
    }
}
