//! Booking: the one function by which slots are given out.

use std::num::NonZeroU32;
use std::time::Duration;

use super::alone::{self, Alone, Left};
use super::holders::Part;
use super::state::LimitState;
use super::{holders, pace, phases, traffic, windows};
use crate::lease::Lease;
use crate::limit::Limit;
use crate::name::DrainerId;
use crate::policy::carry::Carry;
use crate::time::Timestamp;

/// How far ahead of now a lease may begin. Short, so that pauses and cool-downs are obeyed soon; long enough that
/// a drainer can book its next lease while it uses the last.
pub const HORIZON: Duration = Duration::from_millis(500);

/// The longest stretch one lease covers: about one write to the ledger a second, for a drainer whose permits carry it.
pub const SPAN: Duration = Duration::from_secs(1);

/// How late a call may start at most, however wide the slots are: a slot is for now.
const MOST_LATENESS: Duration = Duration::from_secs(5);

/// A slot slower than this may be used so late at least, because of timers and busy machines.
const TIMERS: Duration = Duration::from_millis(20);

/// How soon to ask again where no instant is known at which the answer changes.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// What a drainer wants of its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// Who asks.
    pub drainer: DrainerId,
    /// For how many calls it has tasks in hand. None: it only says that it is alive.
    pub slots: u32,
    /// Its permits, if they are known: it gets no slot that would find none free.
    pub carry: Option<Carry>,
    /// How many of its calls are under way.
    pub in_flight: u32,
    /// Slots of earlier leases in which no call was started.
    pub unused: Vec<Lease>,
    /// How many of its calls the API refused since it last booked, because it was called too fast.
    pub refused: u32,
    /// How long nearly all of its calls take; zero if none has ended.
    pub latency: Duration,
    /// When it ends by itself, if it does.
    pub ends_at: Option<Timestamp>,
    /// Its part of the limit if it may go on alone when the ledger doesn't answer.
    pub alone: Option<Alone>,
}

impl Want {
    /// `slots` for a drainer of which nothing else is known.
    pub fn new(drainer: DrainerId, slots: u32) -> Self {
        let (unused, latency) = (Vec::new(), Duration::ZERO);
        let (in_flight, refused) = (0, 0);
        Self { drainer, slots, carry: None, in_flight, unused, refused, latency, ends_at: None, alone: None }
    }
}

/// The answer, and the document to write for it to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Booking {
    /// The next document; `None` where nothing has changed.
    pub state: Option<LimitState>,
    /// The answer, good only once the document is written.
    pub answer: Answer,
    /// The part of the cap on calls in flight this drainer holds from now on; `None` where there is no cap.
    pub permits: Option<u32>,
}

/// Slots, or the reason there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These slots are the drainer's own.
    Lease(Lease),
    /// None now.
    Wait {
        /// Ask again then; earlier, the answer is the same unless the document was changed, or a call has ended.
        until: Timestamp,
        /// For this reason.
        why: Why,
    },
    /// None were wanted; the drainer counts as alive.
    Alive,
}

/// Why there is no slot now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The calendar is booked up to its horizon.
    Pace,
    /// A quota's window is full.
    Quota,
    /// The API said it was called too fast.
    Cooling,
    /// The limit is paused by hand.
    Paused,
    /// Other drainers hold all permits of the cap on calls in flight.
    InFlight,
    /// Its own calls under way take up all of the drainer's permits.
    Permits,
    /// The ledger lost drainers, and what they may use alone is the whole limit.
    Lost,
    /// The calendar lies further ahead than it can: a clock was set back, here or elsewhere.
    Clock,
}

impl Why {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Pace,
        Self::Quota,
        Self::Cooling,
        Self::Paused,
        Self::InFlight,
        Self::Permits,
        Self::Lost,
        Self::Clock,
    ];

    /// The reason in one word, to be counted by.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pace => "pace",
            Self::Quota => "quota",
            Self::Cooling => "cooling",
            Self::Paused => "paused",
            Self::InFlight => "in_flight",
            Self::Permits => "permits",
            Self::Lost => "lost",
            Self::Clock => "clock",
        }
    }

    /// The reason in a few words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pace => "the calendar is booked ahead",
            Self::Quota => "a quota is used up",
            Self::Cooling => "the API asked to slow down",
            Self::Paused => "the limit is paused",
            Self::InFlight => "all calls allowed in flight are under way",
            Self::Permits => "the drainer has as many calls under way as it may",
            Self::Lost => "drainers that lost the ledger may be using the whole limit",
            Self::Clock => "the calendar is ahead of this clock: a clock was set back",
        }
    }
}

/// Books up to `want.slots` slots at `now`.
///
/// A pure function: the answer holds once the document is written by compare-and-swap; on conflict, ask again with the
/// document found. In any window W, over all drainers, at most `rate x W + burst + 1 + 2 x rate x clock error` calls start,
/// and one more for each drainer that goes alone within it.
pub fn book(limit: &Limit, state: &LimitState, now: Timestamp, want: &Want) -> Booking {
    let mut next = state.clone();
    want.unused.iter().for_each(|unused| give_back(limit, &mut next, unused));
    traffic::refuse(&mut next, now, want.refused);
    let part = |cap: NonZeroU32| holders::part(&next, now, &want.drainer, want.in_flight, cap.get());
    let part = limit.max_in_flight.map(part);
    let begun = phases::begun(limit, &next, now);
    let (answer, phases_from) = (answer(limit, &begun, now, want, part), begun.phases_from);
    if let Answer::Lease(lease) = &answer {
        next.phases_from = phases_from;
        for quota in &limit.quotas {
            windows::charge(limit, quota, &mut next, lease);
        }
        traffic::charge(limit, &mut next, now, lease);
        next.last_slot = Some(lease.end().minus(lease.interval));
        next.pace = Some(limit.pace.to_string());
    }
    let claimed = part.map_or(0, |part| part.claimed);
    if matches!(answer, Answer::Lease(_)) || holders::is_due(&next, now, &want.drainer, claimed) {
        holders::renew(&mut next, now, want, claimed);
    }
    let permits = part.map(|part| part.usable);
    Booking { state: (next != *state).then_some(next), answer, permits }
}

/// The document after `drainer` has ended, with its unused slots given back.
pub fn leave(limit: &Limit, state: &LimitState, drainer: &DrainerId, unused: &[Lease]) -> LimitState {
    let mut next = state.clone();
    unused.iter().for_each(|unused| give_back(limit, &mut next, unused));
    next.holders.retain(|holder| holder.drainer != drainer.as_str());
    next
}

fn answer(limit: &Limit, state: &LimitState, now: Timestamp, want: &Want, part: Option<Part>) -> Answer {
    let wait = |until, why| Answer::Wait { until, why };
    if want.slots == 0 {
        return Answer::Alive;
    }
    if let Some(pause) = state.pause_at(now) {
        let again = now.plus(ASK_AGAIN);
        return wait(pause.until.map_or(again, |until| until.min(again)), Why::Paused);
    }
    if let Some(cool) = state.cool_down.as_ref().filter(|cool| now < cool.until) {
        return wait(cool.until, Why::Cooling);
    }
    if part.is_some_and(|part| part.usable == 0) {
        return wait(now.plus(ASK_AGAIN), Why::InFlight);
    }
    let left = alone::left(limit, state, now, want);
    let usable = part.map_or(usize::MAX, |part| usize::try_from(part.usable).unwrap_or(usize::MAX));
    let carry = want.carry.as_ref().map(|carry| carry.within(usable));
    match stretch(limit, state, now, want.slots, left).and_then(|lease| carried(lease, carry.as_ref())) {
        Ok(lease) => admitted(limit, state, lease),
        Err(refusal) => refusal,
    }
}

/// The next stretch of the calendar, before quotas are asked.
fn stretch(
    limit: &Limit,
    state: &LimitState,
    now: Timestamp,
    slots: u32,
    left: Left,
) -> Result<Lease, Answer> {
    let wait = |until, why| Err(Answer::Wait { until, why });
    let effective = pace::effective(limit, state, now);
    let Some(interval) = left.stretch(effective.interval) else {
        return wait(left.until.max(now.plus(ASK_AGAIN)), Why::Lost);
    };
    let next = state.last_slot.map_or(Timestamp::EPOCH, |last| last.plus(interval));
    if state.last_slot.is_some_and(|last| last > now.plus(HORIZON + 2 * SPAN)) {
        return wait(now.plus(ASK_AGAIN), Why::Clock);
    }
    let ends = effective.until().unwrap_or(Timestamp::from_nanos(u64::MAX));
    if next > now.plus(HORIZON) {
        // By then there may be another pace, and the next slot be sooner.
        let other = if effective.is_changing() { ends.min(now.plus(SPAN)) } else { ends };
        return wait(next.minus(HORIZON).min(other), Why::Pace);
    }
    // What lies behind: burst slots, and none from before the end of a cool-down.
    let (lateness, catch_up) = tolerance(limit, effective.interval);
    let behind = catch_up.saturating_sub(catch_up / limit.burst.get());
    let rested = state.cool_down.as_ref().map_or(Timestamp::EPOCH, |cool| cool.until);
    let first = next.max(now.minus(behind)).max(rested);
    if first >= ends {
        return wait(ends, Why::Pace);
    }
    let lease = Lease { first, interval, count: slots, booked_at: now, lateness, catch_up };
    Ok(Lease { count: slots.min(fitting(&lease, ends)), ..lease })
}

/// The lease cut to what its drainer has permits for.
fn carried(lease: Lease, carry: Option<&Carry>) -> Result<Lease, Answer> {
    let Some(carry) = carry else { return Ok(lease) };
    let lead = lease.first.since(lease.booked_at);
    match carry.slots(lead, lease.interval, lease.count) {
        0 => Err(Answer::Wait { until: lease.booked_at.plus(carry.pause()), why: Why::Permits }),
        count => Ok(Lease { count, ..lease }),
    }
}

/// How late a call may start after its slot: for a slot to come, and for one that has passed.
///
/// What a slow override or a cool-down leaves may not be caught up at that slow measure: its late calls would fall on
/// top of the configured pace when that comes back.
pub(super) fn tolerance(limit: &Limit, interval: Duration) -> (Duration, Duration) {
    let bound = windows::lateness_bound(limit).unwrap_or(MOST_LATENESS).min(MOST_LATENESS);
    if interval.is_zero() {
        // Without a pace nothing bunches; the slots are good for as long as a lease lasts.
        return (SPAN.min(bound), SPAN);
    }
    let step = interval.min(limit.pace.interval().max(TIMERS));
    let catch_up = step.saturating_mul(limit.burst.get());
    (catch_up.min(bound), catch_up)
}

/// How many slots lie within one span and before the pace `ends`; at least one.
pub(super) fn fitting(lease: &Lease, ends: Timestamp) -> u32 {
    if lease.interval.is_zero() {
        return u32::MAX;
    }
    let length = SPAN.min(ends.since(lease.first));
    let slots = length.as_nanos() / lease.interval.as_nanos();
    u32::try_from(slots).unwrap_or(u32::MAX).max(1)
}

/// The lease cut to what every quota admits.
fn admitted(limit: &Limit, state: &LimitState, mut lease: Lease) -> Answer {
    for quota in &limit.quotas {
        match windows::admit(limit, quota, state, &lease) {
            windows::Admission::First(count) => lease.count = lease.count.min(count),
            windows::Admission::FullUntil(until) => {
                return Answer::Wait { until, why: Why::Quota };
            }
        }
    }
    Answer::Lease(lease)
}

/// Uncounts slots in which no call was started, and frees them if nobody has booked behind them.
fn give_back(limit: &Limit, state: &mut LimitState, unused: &Lease) {
    if unused.count == 0 {
        return;
    }
    for quota in &limit.quotas {
        windows::refund(limit, quota, state, unused);
    }
    traffic::refund(state, unused);
    let last = unused.end().minus(unused.interval);
    if !unused.interval.is_zero() && state.last_slot == Some(last) {
        state.last_slot = Some(unused.first.minus(unused.interval));
    }
}
