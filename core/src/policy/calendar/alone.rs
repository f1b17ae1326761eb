//! Going alone: what a drainer may do while the ledger doesn't answer it, and what the others leave it meanwhile.
//!
//! A limit has at most so many drainers that may go alone; no more ever run. One of them that is lost to the ledger
//! may call at the pace divided by that number, from when no lease is left that was booked without knowing, until
//! the instant its last entry in the document says. The others read there that it is lost, and leave it that part.
//! Why no window is passed is told in `design.md` beside this file.

use std::num::NonZeroU32;
use std::time::Duration;

use super::book::{HORIZON, SPAN, Want, fitting, tolerance};
use super::holders::HOLDER_LIFETIME;
use super::pace;
use super::state::{Holder, LimitState};
use crate::lease::Lease;
use crate::limit::Limit;
use crate::name::DrainerId;
use crate::time::Timestamp;

/// How long the others leave a drainer its part after it counts as dead: so much a crash costs.
pub const ALONE_FOR: Duration = Duration::from_secs(60);

/// How far clocks may differ before a drainer alone and the others take the same slots.
const CLOCKS: Duration = Duration::from_secs(1);

/// The part of a limit that a drainer may use alone: one of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alone {
    /// The most drainers of the limit that may go alone and run at once. Something outside must hold them to it.
    pub of: NonZeroU32,
}

impl Alone {
    /// The part of `limit` for each of its drainers; `None` where it has a quota or a cap on calls in flight, which
    /// can't be shared without the ledger.
    pub fn share(limit: &Limit) -> Option<Self> {
        let divisible = limit.quotas.is_empty() && limit.max_in_flight.is_none();
        divisible.then_some(Self { of: limit.drainers.max })
    }
}

/// What a drainer remembers for when the ledger doesn't answer.
#[derive(Debug, Clone, Default)]
pub struct Fallback {
    /// It may count as alive until then: by what it wrote, or tried to write.
    alive_until: Timestamp,
    /// Until when the others surely leave it its part.
    alone_until: Option<Timestamp>,
    /// The last slot it gave itself.
    last_slot: Option<Timestamp>,
    /// Whether the API said it was called too fast since the ledger answered last.
    refused: bool,
}

impl Fallback {
    /// The ledger has answered, and the document is `state`.
    pub fn answered(&mut self, state: &LimitState, drainer: &DrainerId) {
        let own = state.holders.iter().find(|holder| holder.drainer == drainer.as_str());
        self.alone_until = own.and_then(|own| own.alone_until);
        // Not set back: a write that seemed to fail may hold later.
        self.alive_until = self.alive_until.max(own.map_or(Timestamp::EPOCH, |own| own.until));
        self.refused = false;
    }

    /// A write has failed at `now`: it may hold or not.
    pub fn failed(&mut self, now: Timestamp) {
        self.alive_until = self.alive_until.max(now.plus(HOLDER_LIFETIME));
    }

    /// The API says it was called too fast: how to go on is for all to decide.
    pub fn refused(&mut self) {
        self.refused = true;
    }

    /// The next slots the drainer may give itself at `now`, up to `slots`, by the document as last known.
    pub fn lease(
        &mut self,
        alone: Alone,
        limit: &Limit,
        state: &LimitState,
        now: Timestamp,
        slots: u32,
    ) -> Option<Lease> {
        let begins = self.alive_until.plus(HORIZON + SPAN + CLOCKS);
        let ends = self.alone_until?.minus(CLOCKS);
        if self.refused || now < begins || slots == 0 || is_held(state, now) {
            return None;
        }
        // A faster pace set by hand may have ended by hand.
        let configured = pace::effective(limit, &LimitState::default(), now).interval;
        let base = pace::at_next_call(limit, state, now).interval.max(configured);
        let interval = base.saturating_mul(alone.of.get());
        let first = self.last_slot.map_or(now, |last| last.plus(interval).max(now));
        let (lateness, catch_up) = tolerance(limit, base);
        let last_use = ends.minus(lateness);
        if first > now.plus(HORIZON) || first >= last_use {
            return None;
        }
        let lease = Lease { first, interval, count: slots, booked_at: now, lateness, catch_up };
        let lease = Lease { count: slots.min(fitting(&lease, last_use)), ..lease };
        self.last_slot = Some(lease.end().minus(interval));
        Some(lease)
    }
}

/// Whether the document as last known says that nothing may be called at `now`.
fn is_held(state: &LimitState, now: Timestamp) -> bool {
    state.pause_at(now).is_some() || state.cool_down.as_ref().is_some_and(|cool| now < cool.until)
}

/// What is left of the pace beside those who may be calling alone: so many parts of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    parts: u32,
    of: u32,
    /// When there may be more.
    pub(super) until: Timestamp,
}

impl Left {
    /// `interval` stretched to what is left; `None` where nothing is.
    pub(super) fn stretch(&self, interval: Duration) -> Option<Duration> {
        let stretched = interval.as_nanos().saturating_mul(u128::from(self.of));
        let stretched = stretched.div_ceil(u128::from(NonZeroU32::new(self.parts)?.get()));
        Some(Duration::from_nanos(u64::try_from(stretched).unwrap_or(u64::MAX)))
    }
}

/// What is left for whoever asks, beside the drainers that may be calling alone.
pub(super) fn left(limit: &Limit, state: &LimitState, now: Timestamp, want: &Want) -> Left {
    let of = limit.drainers.max.get();
    let others = state.holders.iter().filter(|holder| holder.drainer != want.drainer.as_str());
    let lost: Vec<&Holder> = others.filter(|holder| is_lost(holder, now)).collect();
    let until = lost.iter().filter_map(|holder| holder.alone_until).min().unwrap_or(now);
    Left { parts: of.saturating_sub(running(of, &lost, &runs(state, now, want))), of, until }
}

/// Whether `holder` counts as dead and may be calling alone.
pub(super) fn is_lost(holder: &Holder, now: Timestamp) -> bool {
    holder.until <= now && holder.alone_until.is_some_and(|until| now < until)
}

/// From when until when a drainer has surely run.
#[derive(Debug, Clone, Copy)]
struct Run {
    from: Timestamp,
    until: Timestamp,
}

/// The runs of all who may go alone and are known, that of whoever asks among them.
fn runs(state: &LimitState, now: Timestamp, want: &Want) -> Vec<Run> {
    let own = |holder: &&Holder| holder.drainer == want.drainer.as_str();
    let others = state.holders.iter().filter(|holder| holder.alone_until.is_some() && !own(holder));
    let run = |holder: &Holder| {
        let until = seen(holder);
        Run { from: holder.since.map_or(until, |since| since.plus(CLOCKS)), until }
    };
    let asker = want.alone.map(|_| {
        let since = state.holders.iter().find(own).and_then(|holder| holder.since);
        Run { from: since.map_or(now, |since| since.plus(CLOCKS).min(now)), until: now }
    });
    others.map(run).chain(asker).collect()
}

/// When `holder` noted itself last.
fn seen(holder: &Holder) -> Timestamp {
    holder.until.minus(HOLDER_LIFETIME)
}

/// How many of the `lost` may be running still. Of those last seen before an instant at which so many others ran, only
/// the rest of `of` can have been running then; the others are dead for sure.
fn running(of: u32, lost: &[&Holder], runs: &[Run]) -> u32 {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let at = |instant: Timestamp| {
        let ran = runs.iter().filter(|run| run.from <= instant && instant <= run.until).count();
        let before = lost.iter().filter(|holder| seen(holder) < instant).count();
        count(lost.len() - before) + count(before).min(of.saturating_sub(count(ran)))
    };
    let instants = runs.iter().map(|run| run.until);
    instants.map(at).min().unwrap_or(count(lost.len())).min(of)
}
