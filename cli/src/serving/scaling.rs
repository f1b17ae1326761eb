//! The scaling: each second every limit is looked at, and drainers are asked for.

use jobq_adapters::clock::SystemClock;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_autoscaler::plan::Plan;
use jobq_autoscaler::report::Report;
use jobq_autoscaler::tick;
use jobq_autoscaler::world::World;
use jobq_core::fault::Fault;
use jobq_core::opening::Opening;
use jobq_core::policy::scale::tempo::Tempo;
use jobq_core::policy::schedule::{Openness, begins_between, openness};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::fleet::Fleet;
use jobq_core::time::Timestamp;

use super::TICK;
use super::fleet::LocalFleet;
use super::minute::Minute;
use super::posts::Post;
use crate::printer::Printer;
use crate::signals::Stop;

/// What the scaling works with: the local store, and drainers of this process.
pub(super) struct Scaler<'a> {
    pub(super) store: LocalStore<SystemClock>,
    pub(super) fleet: LocalFleet<'a>,
    pub(super) clock: SystemClock,
}

/// Looks at every limit each second until a stop is asked for.
pub(super) async fn scale(scaler: Scaler<'_>, posts: &[Post], stop: &Stop, printer: Printer) {
    let plans: Vec<Plan> = posts.iter().map(plan).collect();
    let mut minute = Minute::new(posts, scaler.clock.uptime());
    let mut looked_at = None;
    while !stop.is_asked() {
        for report in tick(&scaler, &plans).await {
            tell(&report, posts, printer);
        }
        let now = scaler.clock.now();
        scaler.start_by_the_clock(posts, looked_at, now, printer).await;
        looked_at = Some(now);
        posts.iter().for_each(|post| post.warn(printer));
        minute.tell(posts, scaler.clock.uptime(), printer);
        tokio::select! {
            () = stop.asked(1) => {}
            () = scaler.clock.sleep(TICK) => {}
        }
    }
}

fn plan(post: &Post) -> Plan {
    Plan { limit: post.limit.clone(), queues: post.queues.clone(), tempo: Tempo::EACH_SECOND }
}

impl Scaler<'_> {
    /// Starts one drainer for each limit whose drainers only the clock starts, when a queue of it has opened.
    async fn start_by_the_clock(
        &self,
        posts: &[Post],
        looked_at: Option<Timestamp>,
        now: Timestamp,
        printer: Printer,
    ) {
        for post in posts.iter().filter(|post| !post.limit.drainers.autoscale) {
            let opened = post.queues.iter().find(|queue| has_opened(&queue.schedule, looked_at, now));
            let Some(queue) = opened else { continue };
            printer.note(format!("{}: the queue '{}' opens", post.limit.name, queue.name));
            if let Err(fault) = self.fleet.start(&post.limit.name, 1).await {
                printer.warn(fault.chain());
            }
        }
    }
}

/// Whether an opening has begun since the last look; at the first one, whether one is under way.
fn has_opened(schedule: &[Opening], looked_at: Option<Timestamp>, now: Timestamp) -> bool {
    match looked_at {
        Some(looked_at) => begins_between(schedule, looked_at, now),
        None => !schedule.is_empty() && !matches!(openness(schedule, now), Openness::Closed { .. }),
    }
}

/// Tells of drainers that are started, and of what failed.
fn tell(report: &Report, posts: &[Post], printer: Printer) {
    match &report.outcome {
        Ok(scaled) => {
            if scaled.decision.start > 0 && !is_resting(report, posts) {
                printer.note(format!("{}: {}", report.limit, scaled.decision.reason()));
            }
            scaled.faults.iter().for_each(|fault| failed(report, posts, fault));
        }
        Err(fault) => failed(report, posts, fault),
    }
}

/// Whether nobody is started for now, because whoever was has failed.
fn is_resting(report: &Report, posts: &[Post]) -> bool {
    posts.iter().any(|post| post.limit.name == report.limit && post.is_resting())
}

/// A fault that repeats itself each second is told once in a while, with those of the limit's drainers.
fn failed(report: &Report, posts: &[Post], fault: &Fault) {
    if let Some(post) = posts.iter().find(|post| post.limit.name == report.limit) {
        post.failed(fault.chain());
    }
}

impl<'a> World for Scaler<'a> {
    type Depth = LocalStore<SystemClock>;
    type History = LocalStore<SystemClock>;
    type Ledger = LocalStore<SystemClock>;
    type Fleet = LocalFleet<'a>;
    type Clock = SystemClock;

    fn depth(&self) -> &Self::Depth {
        &self.store
    }

    fn history(&self) -> &Self::History {
        &self.store
    }

    fn ledger(&self) -> &Self::Ledger {
        &self.store
    }

    fn fleet(&self) -> &Self::Fleet {
        &self.fleet
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }
}

#[cfg(test)]
mod tests {
    //! When the clock starts a drainer.

    use super::*;

    #[test]
    fn a_drainer_is_started_once_an_opening_and_at_once_in_the_middle_of_one() {
        let at = |minute: u64| Timestamp::from_secs(minute * 60);
        // Each day from midnight on, for an hour.
        let schedule = ["cron(0 0 * * ? *) for 1h".parse().unwrap()];
        assert!(has_opened(&schedule, Some(at(24 * 60 - 1)), at(24 * 60)));
        assert!(!has_opened(&schedule, Some(at(24 * 60)), at(24 * 60 + 1)));
        assert!(has_opened(&schedule, None, at(24 * 60 + 30)));
        assert!(!has_opened(&schedule, None, at(24 * 60 + 60)));
        assert!(!has_opened(&[], None, at(0)), "what is always open never opens");
        // Openings that leave no gap begin all the same.
        let always = ["cron(0 * * * ? *) for 1h".parse().unwrap()];
        assert!(has_opened(&always, None, at(30)));
        assert!(has_opened(&always, Some(at(59)), at(60)));
        assert!(!has_opened(&always, Some(at(60)), at(61)));
    }
}
