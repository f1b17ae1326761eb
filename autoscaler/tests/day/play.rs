//! A day played: time passes in steps, the policy is woken each minute and by pushes, drainers come and go.

use std::time::Duration;

use jobq_core::limit::Limit;
use jobq_core::policy::calendar::pace::effective;
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::policy::permits;
use jobq_core::policy::scale::decide::{Decision, decide};
use jobq_core::policy::scale::reading::{Cap, Reading};
use jobq_core::policy::scale::tempo::Tempo;
use jobq_core::time::Timestamp;

use crate::api::{STEP, Tasks};
use crate::chance::Chance;
use crate::crew::Crew;
use crate::eyes::Eyes;
use crate::least::{Least, least};
use crate::tasks::{DAY, MINUTE, Push, SECOND};

/// How long after the limit could first be used it must be: counts that are a minute late, a tick, another one where a
/// count is missing, and a start.
const ALLOWANCE: u64 = 3 * MINUTE + 5 * SECOND;

/// What is played.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) limit: Limit,
    /// How long each call takes, in milliseconds.
    pub(crate) latency: u64,
    pub(crate) seed: u64,
    /// How many drainers come of each that was started.
    pub(crate) come: u32,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Played {
    pub(crate) calls: u64,
    pub(crate) left: u64,
    /// How often the number of drainers that should be there changed, and the cap.
    pub(crate) changes: u32,
    pub(crate) caps: u32,
    pub(crate) last_cap: u32,
    pub(crate) started: u32,
    pub(crate) most_at_work: usize,
    /// Started though enough were there or on their way.
    pub(crate) started_over: Vec<String>,
    pub(crate) drainer_seconds: f64,
    /// Of the limit, in the time in which it could be used.
    pub(crate) used: f64,
    /// That time, in seconds.
    pub(crate) usable_seconds: f64,
}

struct Play {
    setting: Setting,
    tasks: Tasks,
    crew: Crew,
    eyes: Eyes,
    chance: Chance,
    state: LimitState,
    played: Played,
    /// Since when more waits than fewer drainers would do for.
    usable_since: Option<u64>,
    /// Slots that could be used and calls that were started in them.
    slots: (f64, u64),
}

/// Plays a day.
pub(crate) fn play(setting: &Setting, pushes: &[Push]) -> Played {
    let each = permits::per_drainer(&setting.limit).get();
    let mut play = Play {
        setting: setting.clone(),
        tasks: Tasks::default(),
        crew: Crew::new(each, setting.latency),
        eyes: Eyes::default(),
        chance: Chance::new(setting.seed),
        state: LimitState::default(),
        played: Played::default(),
        usable_since: None,
        slots: (0.0, 0),
    };
    let mut pushes = pushes.iter().peekable();
    let (mut next_tick, mut wakes) = (0, Vec::new());
    let mut now = 0;
    while now < DAY {
        while let Some(push) = pushes.next_if(|push| push.at <= now) {
            play.tasks.add(push.kind, push.count);
            // A push wakes it, and not always once.
            wakes.extend([now + SECOND, now + SECOND + 400]);
        }
        if now.is_multiple_of(SECOND) {
            play.eyes.note(&play.tasks);
        }
        if now >= next_tick {
            next_tick = next_tick + MINUTE + play.chance.below(2) * SECOND;
            play.tick(now);
        }
        while wakes.first().is_some_and(|wake| *wake <= now) {
            wakes.remove(0);
            play.tick(now);
        }
        now = play.step(now);
    }
    play.end()
}

impl Play {
    /// Lets a step pass, or a second where there is nothing to do; tells what time it is then.
    fn step(&mut self, now: u64) -> u64 {
        if self.tasks.is_empty() && self.crew.is_empty() {
            return (now / SECOND + 1) * SECOND;
        }
        self.crew.begin(now);
        let usable = self.is_usable(now);
        let slots = self.tasks.open_slots(self.pace(now));
        let started = self.crew.work(now, &mut self.tasks, slots);
        if usable {
            let rate = self.setting.limit.pace.interval().as_secs_f64().recip();
            self.slots.0 += rate * STEP as f64 / 1_000.0;
            self.slots.1 += started;
            self.played.usable_seconds += STEP as f64 / 1_000.0;
        }
        let at_work = self.crew.drainers.len();
        self.played.most_at_work = self.played.most_at_work.max(at_work);
        self.played.drainer_seconds += at_work as f64 * STEP as f64 / 1_000.0;
        now + STEP
    }

    /// Whether so much has waited for so long that all of the limit should be used. Where one drainer carries all of
    /// it, any waiting task does; else as many as want all of it by the time a backlog may take.
    fn is_usable(&mut self, now: u64) -> bool {
        let each = f64::from(permits::per_drainer(&self.setting.limit).get());
        let carries_all = self.pace(now) * self.setting.latency as f64 / 1_000.0 <= each;
        let target = self.setting.limit.drainers.target_drain.as_secs_f64();
        let enough = if carries_all { 0.0 } else { self.pace(now) * target };
        let waiting = self.tasks.total_waiting() as f64;
        // A step's worth at least, or there is no call for each slot.
        let waits = waiting >= enough.max(self.pace(now) * STEP as f64 / 1_000.0 + 1.0);
        let since = self.usable_since.filter(|_| waits).or(waits.then_some(now));
        self.usable_since = since;
        since.is_some_and(|since| now >= since + ALLOWANCE)
    }

    fn tick(&mut self, now: u64) {
        self.state.holders = self.crew.holders(now);
        let mut reading = Reading {
            at: Timestamp::from_micros(now * 1_000),
            queues: self.eyes.queues(&mut self.chance),
            arrivals: None,
            cap: Cap::At(self.crew.cap),
        };
        let first = decide(&self.setting.limit, &self.state, &reading, Tempo::EACH_MINUTE);
        let decision = if first.need.depends_on_arrivals() {
            reading.arrivals = self.eyes.arrivals(&mut self.chance);
            decide(&self.setting.limit, &self.state, &reading, Tempo::EACH_MINUTE)
        } else {
            first
        };
        self.act(now, &decision);
    }

    fn act(&mut self, now: u64, decision: &Decision) {
        let before = self.state.scaling.as_ref().map_or(0, |last| last.desired);
        self.played.changes += u32::from(decision.desired != before);
        let ahead = u64::try_from(Tempo::EACH_MINUTE.handover().as_millis()).unwrap();
        if decision.start > 0 && self.crew.staying(now, ahead) + decision.start > decision.desired {
            self.played.started_over.push(format!("{}s: {}", now / SECOND, decision.reason()));
        }
        self.state.scaling = decision.next.clone().or(self.state.scaling.take());
        self.crew.cap = decision.cap.unwrap_or(self.crew.cap);
        self.played.caps += u32::from(decision.cap.is_some());
        self.played.started += decision.start;
        for _ in 0..decision.start * self.setting.come {
            self.crew.start(now, &mut self.chance);
        }
    }

    /// The calls a second that the calendar gives out.
    fn pace(&self, now: u64) -> f64 {
        let now = Timestamp::from_micros(now * 1_000);
        effective(&self.setting.limit, &self.state, now).per_second().unwrap()
    }

    fn end(mut self) -> Played {
        self.played.calls = self.tasks.calls;
        self.played.left = self.tasks.total_waiting();
        self.played.last_cap = self.crew.cap;
        self.played.used = self.slots.1 as f64 / self.slots.0;
        self.played
    }
}

impl Setting {
    /// Fifty calls a second, each of which takes `latency` milliseconds.
    pub(crate) fn new(latency: u64, seed: u64) -> Self {
        Self { limit: Limit::new("api".parse().unwrap(), "50/s".parse().unwrap()), latency, seed, come: 1 }
    }

    /// With at most `max` drainers that keep `in_flight` calls in flight each; a backlog may take `seconds`.
    pub(crate) fn drainers(mut self, max: u32, in_flight: u32, seconds: u64) -> Self {
        self.limit.drainers.max = max.try_into().unwrap();
        self.limit.drainers.in_flight = Some(in_flight.try_into().unwrap());
        self.limit.drainers.target_drain = Duration::from_secs(seconds);
        self
    }

    /// What calling these pushes takes at least.
    pub(crate) fn least(&self, pushes: &[Push]) -> Least {
        let pace = effective(&self.limit, &LimitState::default(), Timestamp::EPOCH).per_second().unwrap();
        let each = permits::per_drainer(&self.limit).get();
        least(pushes, pace, self.latency, each)
    }
}
