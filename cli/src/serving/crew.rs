//! The crew: the drainers at work, each in a future of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use jobq_core::event::drainers::DrainBegun;
use jobq_core::fault::Fault;
use jobq_core::name::LimitName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::metrics::Metrics;
use jobq_drainer::drain;
use jobq_drainer::summary::Summary;
use tokio::sync::mpsc::UnboundedReceiver;

use super::fleet::Caps;
use super::posts::Post;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::signals::Stop;

/// How long a drainer stays when there is nothing to do. One that waits costs next to nothing, and one that ended is
/// started again within a second.
pub(super) const IDLE: Duration = Duration::from_secs(10);

/// A drainer that has ended: of which post, after how long, and how.
type Ended = (usize, Duration, Result<Summary, Fault>);

/// The drainers at work.
struct Crew<'a> {
    posts: &'a [Post],
    caps: &'a Caps,
    stop: &'a Stop,
    drains: FuturesUnordered<LocalBoxFuture<'a, Ended>>,
    /// How many there are, by post.
    at_work: BTreeMap<usize, u32>,
}

/// Runs a drainer for each limit that comes from `starts`, until nobody can ask any more and all have ended.
pub(super) async fn crew(
    posts: &[Post],
    caps: &Caps,
    mut starts: UnboundedReceiver<LimitName>,
    stop: &Stop,
    printer: Printer,
) {
    let mut crew = Crew { posts, caps, stop, drains: FuturesUnordered::new(), at_work: BTreeMap::new() };
    let mut may_start = true;
    while may_start || !crew.drains.is_empty() {
        tokio::select! {
            limit = starts.recv(), if may_start => match limit {
                Some(limit) => crew.start(&limit).unwrap_or_else(|failure| printer.warn(failure.message)),
                None => may_start = false,
            },
            Some(ended) = crew.drains.next() => crew.end(ended),
        }
    }
}

impl<'a> Crew<'a> {
    /// Starts one more drainer, if the cap has room for it, and the last one has not just failed.
    fn start(&mut self, limit: &LimitName) -> Result<(), Failure> {
        let Some(number) = self.posts.iter().position(|post| post.limit.name == *limit) else {
            return Ok(());
        };
        let at_work = self.at_work.entry(number).or_default();
        if self.posts[number].is_resting() || self.caps.of(limit).is_some_and(|cap| *at_work >= cap) {
            return Ok(());
        }
        let (post, stop) = (&self.posts[number], self.stop);
        let plan = post.plan()?;
        *at_work += 1;
        post.count_started();
        post.world.recorder.record(&DrainBegun { limit: limit.clone(), drainers: 1, run: None }.into());
        let drain = async move {
            let begun = post.world.clock.uptime();
            let drained = drain(&post.world, &plan, stop.asked(1), stop.asked(2)).await;
            (number, post.world.clock.uptime().saturating_sub(begun), drained)
        };
        self.drains.push(drain.boxed_local());
        Ok(())
    }

    /// A drainer that failed is told of, and after a pause another one is started, as long as there is work.
    fn end(&mut self, (number, took, drained): Ended) {
        let post = &self.posts[number];
        self.at_work.entry(number).and_modify(|at_work| *at_work = at_work.saturating_sub(1));
        match drained {
            Ok(summary) => {
                post.has_worked();
                post.count_released(summary.released);
                post.world.recorder.record(&summary.ended(&post.limit.name, took).into());
            }
            Err(fault) => post.has_failed(&fault.chain()),
        }
    }
}
