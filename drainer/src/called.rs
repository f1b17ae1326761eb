//! Calling: one slot, one call, one outcome.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use jobq_core::attempt::Attempt;
use jobq_core::dead_letter::{DeadLetter, Remains};
use jobq_core::delivery::Receipt;
use jobq_core::envelope::Envelope;
use jobq_core::event::calls::{CallEnded, CallStarted};
use jobq_core::event::limits::SlotsForfeited;
use jobq_core::jq::Job;
use jobq_core::outcome::Outcome;
use jobq_core::policy::calendar::cool::Refusal;
use jobq_core::policy::fanout::{Barren, job};
use jobq_core::policy::hint::hint;
use jobq_core::policy::redirect::follow;
use jobq_core::policy::verdict::{Call, cools, judge};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::spans::Spans;
use jobq_core::ports::target::Target;
use jobq_core::queue::Queue;
use jobq_core::record::Record;
use jobq_core::reply::{CallError, Reply};
use jobq_core::settlement::Child;
use jobq_core::span::Span;
use jobq_core::time::Timestamp;

use crate::engine::Engine;
use crate::hand::Ready;
use crate::plan::Plan;
use crate::settled::{EXCERPT, Ending, beginning};
use crate::step::Step;
use crate::traced::{Seen, telling};
use crate::world::World;

/// No new call is started while this many endings for each permit wait to become durable.
const UNSETTLED_PER_PERMIT: usize = 8;

/// A call that has ended.
pub(crate) struct Called {
    ready: Ready,
    started_at: Timestamp,
    latency: Duration,
    answer: Result<Reply, CallError>,
}

impl<W: World> Engine<'_, W> {
    /// Starts a call for each slot that is due, as long as there are tasks and permits.
    pub(crate) fn start_calls(&mut self, now: Timestamp) {
        if self.has_suspects() {
            return self.start_suspect(now);
        }
        while self.may_start() && self.pacer.take(now) {
            let Some(ready) = self.hand.pop() else { return };
            self.start_call(ready, now);
        }
    }

    /// Starts one call.
    pub(crate) fn start_call(&mut self, ready: Ready, now: Timestamp) {
        self.under_way.started(now);
        self.note(CallStarted { queue: self.plan.queues[ready.queue].name.clone() });
        self.summary.calls += 1;
        self.keeper.starting(&ready.receipt);
        self.calls.push(Box::pin(call(self.world, self.plan, ready, now)));
    }

    /// Whether there are slots left, after those that have passed are dropped.
    pub(crate) fn has_slots(&mut self, now: Timestamp) -> bool {
        self.forfeit(now);
        self.pacer.left() > 0
    }

    fn forfeit(&mut self, now: Timestamp) {
        let forfeited = self.pacer.forfeit(now);
        if forfeited > 0 {
            self.summary.forfeited += u64::from(forfeited);
            let limit = self.plan.limit.name.clone();
            self.note(SlotsForfeited { limit, count: forfeited });
        }
    }

    /// Judges a call that has ended.
    pub(crate) fn on_called(&mut self, called: Called, now: Timestamp) {
        self.suspect_called = false;
        self.under_way.ended(called.started_at);
        self.latencies.add(called.latency);
        let queue = &self.plan.queues[called.ready.queue];
        let answer = called.answer.as_ref().map(|reply| reply.status).map_err(ToString::to_string);
        self.note(CallEnded { queue: queue.name.clone(), answer, latency: called.latency });
        let call = Call {
            envelope: &called.ready.envelope,
            request: &called.ready.request,
            redirects: called.ready.redirects,
            answer: &called.answer,
            now,
            jitter: self.world.jitter(),
        };
        let outcome = judge(queue, call);
        if let Ok(reply) = &called.answer
            && cools(reply)
        {
            let hint = hint(reply, now);
            self.refuse(Refusal { started_at: called.started_at, status: reply.status, hint });
        }
        let settling = self.tell(&called, &outcome, now);
        match outcome {
            Outcome::Redirected { to } => self.redirect(called, to),
            Outcome::Done => match called.job(queue) {
                Some(job) => self.render(called.remembered(), job, settling),
                None => self.end(called.ending(queue, Outcome::Done, now, None).told_as(settling)),
            },
            outcome => {
                let longest = self.plan.manner.longest_delay;
                self.end(called.ending(queue, outcome, now, longest).told_as(settling));
            }
        }
    }

    /// Tells of a call, if somebody wants to know. Answers with what is to be told once its end holds.
    fn tell(&self, called: &Called, outcome: &Outcome, now: Timestamp) -> Option<Box<Span>> {
        let spans = self.world.spans();
        if !spans.is_on() {
            return None;
        }
        let Called { ready, started_at, latency, answer } = called;
        let (queue, answer) = (&self.plan.queues[ready.queue], answer.as_ref().map(|reply| reply.status));
        let seen = Seen { queue, ready, started_at: *started_at, latency: *latency, answer, outcome };
        spans.record(seen.span()?);
        seen.settle(now).map(Box::new)
    }

    /// Puts the redirect's next call before the other tasks of its queue: it takes a slot of its own.
    fn redirect(&mut self, called: Called, to: String) {
        let attempt = called.attempt(false);
        let status = attempt.status.unwrap_or_default();
        let mut ready = called.ready;
        ready.envelope.remember(attempt);
        self.keeper.waiting(&ready.receipt);
        ready.request = follow(ready.request, status, to);
        ready.redirects += 1;
        self.hand.push_front(ready);
    }

    /// Whether a call could be started if a slot were due.
    pub(crate) fn may_use_slots(&self) -> bool {
        if self.has_suspects() { self.may_start_suspect() } else { self.may_start() }
    }

    fn may_start(&self) -> bool {
        let settling = &self.plan.manner.settling;
        let most_bytes = settling.recorded.bytes.saturating_mul(settling.batches + 1);
        self.hand.len() > 0
            && self.calls.len() < self.permits
            && self.endings.held_up(settling) + self.rendering.count
                < self.plan.permits.saturating_mul(UNSETTLED_PER_PERMIT)
            && self.endings.bytes() + self.rendering.bytes < most_bytes
    }
}

/// Makes one call. A panic in it is this call's outcome, and takes nothing else down.
async fn call<W: World>(world: &W, plan: &Plan, ready: Ready, started_at: Timestamp) -> Step {
    let queue = &plan.queues[ready.queue];
    let begun = world.clock().uptime();
    let request = telling(&ready, &plan.limit, started_at, world.spans().is_on());
    let calling = world.target().call(&request, queue.timeout, queue.max_response);
    let answer = match AssertUnwindSafe(calling).catch_unwind().await {
        Ok(answer) => answer,
        Err(panic) => Err(CallError::Panicked(panic_text(&*panic))),
    };
    let latency = world.clock().uptime().saturating_sub(begun);
    drop(request);
    Step::Called(Box::new(Called { ready, started_at, latency, answer }))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}

impl Called {
    /// The attempt as the task's history keeps it.
    fn attempt(&self, spent: bool) -> Attempt {
        Attempt {
            started_at: self.started_at,
            latency_ms: Attempt::millis(self.latency),
            status: self.answer.as_ref().ok().map(|reply| reply.status),
            error: self.answer.as_ref().err().map(ToString::to_string),
            spent,
        }
    }

    /// How the delivery ends.
    fn ending(
        mut self,
        queue: &Queue,
        outcome: Outcome,
        now: Timestamp,
        longest: Option<Duration>,
    ) -> Ending {
        let spent = matches!(outcome, Outcome::Retry { .. } | Outcome::Dead { .. });
        let attempt = self.attempt(spent);
        let called = !matches!(outcome, Outcome::Deferred { .. });
        let envelope = &mut self.ready.envelope;
        if called {
            envelope.remember(attempt);
        }
        let throttled = matches!(outcome, Outcome::Throttled { .. });
        envelope.throttled = if throttled { envelope.throttled.saturating_add(1) } else { 0 };
        match outcome {
            Outcome::Retry { delay } | Outcome::Throttled { delay } | Outcome::Deferred { delay } => {
                // A backoff that is longer than the backend hides anything.
                envelope.not_before = longest.filter(|longest| delay > *longest).map(|_| now.plus(delay));
                let until = envelope.not_before;
                Ending::retry(&queue.name, self.ready.receipt, &self.ready.envelope, delay, spent)
                    .until(until)
            }
            Outcome::Dead { reason, detail } => {
                let excerpt = self.answer.as_ref().ok().map(|reply| beginning(&reply.body, EXCERPT));
                let remains = Remains::Envelope(Box::new(self.ready.envelope));
                let letter = DeadLetter { reason, detail, died_at: now, excerpt, remains };
                Ending::dead(&queue.name, self.ready.receipt, letter)
            }
            Outcome::Done | Outcome::Redirected { .. } => {
                Ending::done(self.receipt(), self.envelope().member(), self.record(queue), Vec::new())
            }
        }
    }

    /// What is to be run over the answer, if it is one that makes tasks.
    fn job(&self, queue: &Queue) -> Option<Job> {
        job(queue, &self.ready.envelope, self.answer.as_ref().ok()?)
    }

    /// The call that ended well, with its attempt in the task's history.
    fn remembered(mut self) -> Self {
        let attempt = self.attempt(false);
        self.ready.envelope.remember(attempt);
        self.ready.envelope.throttled = 0;
        self
    }

    /// The number of its queue.
    pub(crate) fn queue(&self) -> usize {
        self.ready.queue
    }

    /// The task that was called.
    pub(crate) fn envelope(&self) -> &Envelope {
        &self.ready.envelope
    }

    /// How many bytes its answer has.
    pub(crate) fn size(&self) -> usize {
        self.answer.as_ref().map_or(0, |reply| reply.body.len())
    }

    /// The end of a call that has made these tasks.
    pub(crate) fn grown(self, queue: &Queue, children: Vec<Child>) -> Ending {
        Ending::done(self.receipt(), self.envelope().member(), self.record(queue), children)
    }

    /// The end of a call that ended well and whose answer makes no tasks though it should. Its result is stored: the call
    /// was made, and paid for.
    pub(crate) fn barren(self, queue: &Queue, barren: Barren, now: Timestamp) -> Ending {
        let Barren { reason, detail } = barren;
        let excerpt = self.answer.as_ref().ok().map(|reply| beginning(&reply.body, EXCERPT));
        let remains = Remains::Envelope(Box::new(self.ready.envelope.clone()));
        let letter = DeadLetter { reason, detail, died_at: now, excerpt, remains };
        Ending::dead(&queue.name, self.receipt(), letter).recorded(self.record(queue))
    }

    fn receipt(&self) -> Receipt {
        self.ready.receipt.clone()
    }

    fn record(self, queue: &Queue) -> Record {
        let Self { ready, started_at, latency, answer } = self;
        let reply = answer.unwrap_or_else(|_| Reply { status: 0, headers: Vec::new(), body: Vec::new() });
        let kept = |name: &String| queue.result_headers.contains(name);
        let mut earlier = ready.envelope.attempts;
        // The last one is the record itself.
        earlier.pop();
        Record {
            task: ready.envelope.id,
            queue: queue.name.clone(),
            batch: ready.envelope.batch,
            url: ready.envelope.request.url,
            method: ready.envelope.request.method,
            status: reply.status,
            attempt: ready.envelope.calls,
            started_at,
            latency,
            headers: reply.headers.into_iter().filter(|(name, _)| kept(name)).collect(),
            body: reply.body,
            earlier,
        }
    }
}
