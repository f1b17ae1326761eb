//! The engine: owns what a drainer holds, takes in steps, starts what can be done next.

use std::future::Future;
use std::time::Duration;

use futures::future::{FusedFuture, LocalBoxFuture};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use jobq_core::event::Event;
use jobq_core::fault::Fault;
use jobq_core::policy::company::Outlook;
use jobq_core::policy::latency::Latencies;
use jobq_core::policy::room::Load;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::metrics::Metrics;
use jobq_core::time::Timestamp;

use crate::alone::Solitude;
use crate::booked::Bookings;
use crate::endings::Endings;
use crate::hand::Hand;
use crate::kept::Keeper;
use crate::opened::Doors;
use crate::pacer::Pacer;
use crate::plan::{Plan, Until};
use crate::received::Source;
use crate::rendered::Rendering;
use crate::step::Step;
use crate::summary::Summary;
use crate::under_way::UnderWay;
use crate::world::World;

/// How many steps are taken in before it is looked at what can be done next.
const STEPS_AT_ONCE: usize = 256;

/// How long settlements may go on when the grace is over.
const LAST_SETTLEMENTS: Duration = Duration::from_secs(5);

/// A drainer at work.
pub(crate) struct Engine<'w, W: World> {
    pub(crate) world: &'w W,
    pub(crate) plan: &'w Plan,
    /// Operations under way, calls apart: they end even when the work is broken off.
    operations: FuturesUnordered<LocalBoxFuture<'w, Step>>,
    /// Calls under way.
    pub(crate) calls: FuturesUnordered<LocalBoxFuture<'w, Step>>,
    /// When those were started.
    pub(crate) under_way: UnderWay,
    stage: Stage,
    /// When it was stopped.
    stopped_at: Timestamp,
    /// The earliest instant at which the engine will be woken.
    alarm: Option<Timestamp>,
    pub(crate) sources: Vec<Source>,
    pub(crate) doors: Doors,
    pub(crate) measuring: bool,
    /// How many times in a row the queues were empty.
    pub(crate) empty_rounds: u32,
    pub(crate) hand: Hand,
    pub(crate) pacer: Pacer,
    pub(crate) bookings: Bookings,
    pub(crate) solitude: Solitude,
    /// The time from slot to slot, as last booked.
    pub(crate) interval: Duration,
    /// How many calls may be under way now.
    pub(crate) permits: usize,
    /// How long calls take, lately.
    pub(crate) latencies: Latencies,
    pub(crate) keeper: Keeper,
    /// Answers that are made into tasks.
    pub(crate) rendering: Rendering,
    /// Deliveries whose end is known.
    pub(crate) endings: Endings,
    /// Whether the one call under way is a suspect's.
    pub(crate) suspect_called: bool,
    /// Since when nothing has been in hand or under way.
    quiet_since: Option<Timestamp>,
    /// Since when nothing has been unsettled either.
    idle_since: Option<Timestamp>,
    pub(crate) summary: Summary,
}

/// How far a drainer is from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// At work.
    Working,
    /// No new work; calls under way may go on until then.
    Stopping(Timestamp),
    /// Calls are broken off; settlements may go on until then.
    Closing(Timestamp),
}

/// Drains the plan's queues under its limit until the plan says so or `stop` ends.
///
/// After `stop` (or the plan's deadline) no call is started and what was not called is handed back; calls under
/// way may go on for the plan's grace, or until `abort` ends. A fault is returned where trying again can't help.
pub async fn drain<W: World>(
    world: &W,
    plan: &Plan,
    stop: impl Future<Output = ()>,
    abort: impl Future<Output = ()>,
) -> Result<Summary, Fault> {
    let mut engine = Engine::new(world, plan);
    let stop = stop.map(|()| Step::StopAsked).fuse();
    let abort = abort.map(|()| Step::AbortAsked).fuse();
    futures::pin_mut!(stop, abort);
    loop {
        engine.advance();
        if engine.is_over() {
            break;
        }
        let step = futures::select_biased! {
            step = stop => step,
            step = abort => step,
            step = engine.next() => step,
        };
        engine.apply(step)?;
        engine.apply_ready()?;
    }
    engine.leave().await;
    Ok(engine.summary)
}

impl<'w, W: World> Engine<'w, W> {
    fn new(world: &'w W, plan: &'w Plan) -> Self {
        let sources = Source::all(world.inbox(), &plan.queues);
        Self {
            world,
            plan,
            operations: FuturesUnordered::new(),
            calls: FuturesUnordered::new(),
            under_way: UnderWay::default(),
            stage: Stage::Working,
            stopped_at: Timestamp::EPOCH,
            alarm: None,
            hand: Hand::new(&plan.queues, sources.len()),
            sources,
            doors: Doors::new(&plan.queues, world.clock().now()),
            measuring: false,
            empty_rounds: 0,
            pacer: Pacer::new(plan.limit.burst),
            bookings: Bookings::default(),
            solitude: Solitude::default(),
            interval: plan.limit.pace.interval(),
            permits: plan.permits,
            latencies: Latencies::default(),
            keeper: Keeper::new(&plan.queues),
            rendering: Rendering::default(),
            endings: Endings::default(),
            suspect_called: false,
            quiet_since: None,
            idle_since: None,
            summary: Summary::default(),
        }
    }

    /// Starts whatever can be done now.
    ///
    /// The order of a stop is here: first no new receive, slot or call, and what waits is handed back; then
    /// the calls under way end or are broken off; then everything is settled; last, the ledger is told.
    fn advance(&mut self) {
        let now = self.world.clock().now();
        self.look_out(now);
        self.pass_deadlines(now);
        self.mind_doors(now);
        self.skip_canceled();
        // What others may have a use for is handed back, but not while slots are left to use it in.
        let closed = !self.has_slots(now) && self.bookings.closed;
        match self.stage {
            Stage::Working if closed => {
                self.hand_back();
                self.book(now);
            }
            Stage::Working => {
                self.receive(now);
                self.book(now);
                self.go_on_alone(now);
                self.start_calls(now);
                self.measure();
            }
            Stage::Stopping(_) | Stage::Closing(_) => self.hand_back(),
        }
        self.cool(now);
        self.settle(now);
        self.keep(now);
        self.set_alarm(now);
    }

    fn apply(&mut self, step: Step) -> Result<(), Fault> {
        let now = self.world.clock().now();
        match step {
            Step::StopAsked => self.stop(now),
            Step::AbortAsked => self.close(now),
            Step::Woken(at) => self.alarm = self.alarm.filter(|alarm| *alarm != at),
            Step::Received(source, most, result) => self.on_received(source, most, result, now)?,
            Step::Measured(result) => self.on_measured(result, now)?,
            Step::Booked(result) => self.on_booked(result, now)?,
            Step::Cooled(told, result) => self.on_cooled(told, result, now)?,
            Step::Reached(result) => self.on_reached(result, now)?,
            Step::Called(called) => self.on_called(*called, now),
            Step::Rendered(rendered) => self.on_rendered(*rendered, now)?,
            Step::Settled(endings, result) => self.on_settled(endings, result)?,
            Step::Kept(queue, asked_at, receipts, result) => {
                self.on_kept(queue, asked_at, receipts, result)?
            }
        }
        Ok(())
    }

    /// Takes in the steps that are there already.
    fn apply_ready(&mut self) -> Result<(), Fault> {
        for _ in 0..STEPS_AT_ONCE {
            let Some(step) = self.next().now_or_never() else {
                break;
            };
            self.apply(step)?;
        }
        Ok(())
    }

    /// The next step of an operation or a call. Never ends while there is none.
    fn next(&mut self) -> impl FusedFuture<Output = Step> {
        futures::future::poll_fn(|context| {
            if let std::task::Poll::Ready(Some(step)) = self.calls.poll_next_unpin(context) {
                return std::task::Poll::Ready(step);
            }
            match self.operations.poll_next_unpin(context) {
                std::task::Poll::Ready(Some(step)) => std::task::Poll::Ready(step),
                _ => std::task::Poll::Pending,
            }
        })
        .fuse()
    }

    /// Adds an operation that ends in a step.
    pub(crate) fn operate(&mut self, operation: impl Future<Output = Step> + 'w) {
        self.operations.push(operation.boxed_local());
    }

    /// Takes note of an event.
    pub(crate) fn note(&self, event: impl Into<Event>) {
        self.world.metrics().record(&event.into());
    }

    /// What this drainer has in hand and may do.
    pub(crate) fn load(&self, now: Timestamp) -> Load {
        Load {
            in_hand: self.hand.len(),
            most: self.smallest_quota(),
            in_flight: self.calls.len(),
            permits: self.permits,
            interval: self.interval,
            time_left: self.last_start().map(|last| last.since(now)),
            latency: self.latencies.mean(),
        }
    }

    /// When the last call may start, if there is a deadline.
    pub(crate) fn last_start(&self) -> Option<Timestamp> {
        let call = self.latencies.nearly_all().max(self.plan.manner.margin.call);
        self.breaks_off_at().map(|end| end.minus(call))
    }

    /// When calls under way are broken off, if there is a deadline.
    fn breaks_off_at(&self) -> Option<Timestamp> {
        self.plan.deadline.map(|deadline| deadline.minus(self.plan.manner.margin.settle))
    }

    /// How many calls the tightest quota admits in a window.
    fn smallest_quota(&self) -> usize {
        let smallest = self.plan.limit.quotas.iter().map(|quota| quota.limit.get()).min();
        smallest.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// Whether nothing is in hand, under way or unsettled.
    pub(crate) fn is_idle(&self) -> bool {
        self.is_quiet() && self.endings.len() == 0
    }

    /// Whether nothing is in hand or under way.
    fn is_quiet(&self) -> bool {
        self.hand.len() == 0 && self.is_nothing_under_way()
    }

    /// Whether no call and no rendering is under way.
    fn is_nothing_under_way(&self) -> bool {
        self.calls.is_empty() && self.rendering.count == 0
    }

    fn look_out(&mut self, now: Timestamp) {
        self.quiet_since = self.is_quiet().then(|| self.quiet_since.unwrap_or(now));
        self.idle_since = self.is_idle().then(|| self.idle_since.unwrap_or(now));
    }

    /// When the drainer ends if nothing comes in until then.
    fn idle_end(&self) -> Option<Timestamp> {
        let Until::Idle(length) = self.plan.until else { return None };
        self.idle_since.map(|since| since.plus(length))
    }

    /// The instant at which the drainer stops by itself if nothing comes in: no receive waits for longer.
    pub(crate) fn stops_at(&self) -> Option<Timestamp> {
        self.last_start().into_iter().chain(self.idle_end()).min()
    }

    /// What more endings can be expected.
    pub(crate) fn outlook(&self) -> Outlook {
        match (self.stage, self.quiet_since) {
            (Stage::Working, _) if self.has_suspects() => self.outlook_without_new_calls(),
            (Stage::Working, None) => Outlook::Busy,
            (Stage::Working, Some(since)) => Outlook::QuietSince(since),
            (Stage::Stopping(_), _) => self.outlook_without_new_calls(),
            (Stage::Closing(_), _) => Outlook::Last,
        }
    }

    /// What endings can be expected where nothing new is called: before a suspect's turn, and after a stop.
    fn outlook_without_new_calls(&self) -> Outlook {
        if self.is_nothing_under_way() { Outlook::Last } else { Outlook::Ending }
    }

    /// Takes no new work from now on.
    pub(crate) fn stop(&mut self, now: Timestamp) {
        if self.stage == Stage::Working {
            self.pacer.clear();
            self.stopped_at = now;
            let grace = now.plus(self.plan.grace);
            self.stage = Stage::Stopping(self.breaks_off_at().map_or(grace, |end| end.min(grace)));
        }
    }

    fn close(&mut self, now: Timestamp) {
        self.stop(now);
        if matches!(self.stage, Stage::Stopping(_)) {
            self.break_off();
            self.stage = Stage::Closing(now.plus(LAST_SETTLEMENTS));
        }
    }

    fn pass_deadlines(&mut self, now: Timestamp) {
        if self.stops_at().is_some_and(|at| now >= at) {
            self.stop(now);
        }
        if let Stage::Stopping(until) = self.stage
            && now >= until
        {
            self.close(now);
        }
    }

    fn is_over(&self) -> bool {
        let now = self.world.clock().now();
        let given_up = now >= self.receives_given_up_at();
        let ended = self.is_idle() && (given_up || !self.is_receiving());
        match self.stage {
            Stage::Working => false,
            Stage::Stopping(_) => ended,
            Stage::Closing(until) => ended || now >= until,
        }
    }

    /// When receives under way are waited for no more, once the drainer is stopped.
    fn receives_given_up_at(&self) -> Timestamp {
        self.stopped_at.plus(self.plan.manner.receiving.patience)
    }

    /// Sees to it that the engine is woken when something can be done that no operation's end announces.
    fn set_alarm(&mut self, now: Timestamp) {
        let working = self.stage == Stage::Working;
        let slot = self.pacer.next_at().filter(|_| working && self.may_use_slots());
        let stage = match self.stage {
            Stage::Working => self.stops_at(),
            Stage::Stopping(until) | Stage::Closing(until) => Some(until),
        };
        let others = [
            self.receive_at(now).filter(|_| working),
            self.doors.next_move().filter(|_| working),
            self.book_at(now).filter(|_| working),
            self.alone_at(now).filter(|_| working),
            self.keeper.look_at(),
            self.settle_at(),
            (!working && self.is_receiving()).then(|| self.receives_given_up_at()),
        ];
        let Some(wake) = others.into_iter().chain([slot, stage]).flatten().min() else {
            return;
        };
        // An instant that has passed without anything to do must not make the engine spin.
        let wake = wake.max(now.plus(Duration::from_micros(500)));
        if self.alarm.is_none_or(|alarm| wake < alarm) {
            self.alarm = Some(wake);
            let clock = self.world.clock();
            self.operate(async move {
                clock.sleep(wake.since(now)).await;
                Step::Woken(wake)
            });
        }
    }
}
