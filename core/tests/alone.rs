//! Promises P2 and P3 where drainers lose the ledger: whoever is lost, whenever, and whoever dies or comes meanwhile.
//! Here a drainer is its bookings, what it remembers for going alone, and the instants it starts calls at.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a test may panic, and counts are small")]

use std::collections::HashSet;
use std::time::Duration;

use jobq_core::limit::Limit;
use jobq_core::policy::calendar::alone::{Alone, Fallback};
use jobq_core::policy::calendar::book::{Answer, Want, book, leave};
use jobq_core::policy::calendar::cool::{Refusal, cool};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::rate::Pace;
use jobq_core::time::Timestamp;
use proptest::prelude::{Just, any, prop_assert, prop_oneof, proptest};
use proptest::test_runner::{Config, FileFailurePersistence};

const CLOCK_ERROR: Duration = Duration::from_millis(3);
const TICK: Duration = Duration::from_millis(50);
const LEAD: Duration = Duration::from_millis(250);

/// Numbers that a seed decides (splitmix64; Steele, Lea and Flood, 2014).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn once_in(&mut self, times: u64) -> bool {
        times > 0 && self.below(times) == 0
    }
}

/// A call that was started: when, by whom, and whether alone.
#[derive(Debug, Clone, Copy)]
struct Start {
    at: Timestamp,
    drainer: u32,
    alone: bool,
}

/// A drainer.
struct Drainer {
    number: u32,
    alone: Option<Alone>,
    ahead: bool,
    fallback: Fallback,
    known: LimitState,
    lost: bool,
    is_alone: bool,
    /// The slots in hand: when its call will start, in true time.
    slots: Vec<Timestamp>,
    /// Where the slots in hand end.
    end: Timestamp,
}

/// How often what happens, once in so many ticks of a drainer.
#[derive(Debug, Clone, Copy)]
struct Odds {
    outage: u64,
    crash: u64,
    leave: u64,
    refusal: u64,
}

const NOTHING: Odds = Odds { outage: 0, crash: 0, leave: 0, refusal: 0 };

/// A limit with its drainers.
struct Sim {
    limit: Limit,
    chance: Chance,
    odds: Odds,
    state: LimitState,
    now: Timestamp,
    drainers: Vec<Option<Drainer>>,
    /// Until when each place can't reach the ledger.
    out_until: Vec<Timestamp>,
    born: u32,
    starts: Vec<Start>,
}

impl Drainer {
    fn local(&self, now: Timestamp) -> Timestamp {
        if self.ahead { now.plus(CLOCK_ERROR) } else { now.minus(CLOCK_ERROR) }
    }

    fn true_time(&self, local: Timestamp) -> Timestamp {
        if self.ahead { local.minus(CLOCK_ERROR) } else { local.plus(CLOCK_ERROR) }
    }

    fn want(&self) -> Want {
        let id = format!("d{}", self.number).parse().unwrap();
        Want { alone: self.alone, ..Want::new(id, 200) }
    }
}

impl Sim {
    /// `of` places for drainers that may go alone, and one more for one that may not if `guest`.
    fn new(rate: &str, of: u32, guest: bool, odds: Odds, seed: u64) -> Self {
        let mut limit = Limit::new("api".parse().unwrap(), rate.parse().unwrap());
        limit.drainers.max = of.try_into().unwrap();
        let places = (of + u32::from(guest)) as usize;
        let now = Timestamp::from_secs(1_800_000_000);
        let out_until = vec![Timestamp::EPOCH; places];
        let drainers = (0..places).map(|_| None).collect();
        let (state, chance, starts) = (LimitState::default(), Chance(seed), Vec::new());
        Self { limit, chance, odds, state, now, drainers, out_until, born: 0, starts }
    }

    fn run(&mut self, length: Duration) {
        let end = self.now.plus(length);
        while self.now < end {
            for place in 0..self.drainers.len() {
                self.happen(place);
                if let Some(mut drainer) = self.drainers[place].take() {
                    let reachable = self.out_until[place] <= self.now;
                    self.work(&mut drainer, reachable);
                    self.drainers[place] = Some(drainer);
                }
            }
            self.now = self.now.plus(TICK);
        }
    }

    fn happen(&mut self, place: usize) {
        if self.chance.once_in(self.odds.outage) {
            let until = self.now.plus(Duration::from_secs(1 + self.chance.below(90)));
            // Now and then nobody reaches it.
            let all = self.chance.once_in(3);
            let hit = (0..self.out_until.len()).filter(|other| all || *other == place);
            hit.for_each(|other| self.out_until[other] = until);
        }
        if self.chance.once_in(self.odds.crash) {
            self.drainers[place] = None;
        }
        if self.chance.once_in(self.odds.leave)
            && self.out_until[place] <= self.now
            && let Some(drainer) = self.drainers[place].take()
        {
            self.state = leave(&self.limit, &self.state, &drainer.want().drainer, &[]);
        }
        if self.drainers[place].is_none() && (self.odds.crash == 0 || self.chance.once_in(40)) {
            self.born += 1;
            let share = Alone::share(&self.limit).unwrap();
            self.drainers[place] = Some(Drainer {
                number: self.born,
                alone: (place < share.of.get() as usize).then_some(share),
                ahead: self.born.is_multiple_of(2),
                fallback: Fallback::default(),
                known: LimitState::default(),
                lost: false,
                is_alone: false,
                slots: Vec::new(),
                end: Timestamp::EPOCH,
            });
        }
    }

    /// What a drainer does in one tick, as the engine does it.
    fn work(&mut self, drainer: &mut Drainer, reachable: bool) {
        let (number, alone) = (drainer.number, drainer.is_alone);
        let due = |at: &Timestamp| *at <= self.now;
        self.starts.extend(drainer.slots.iter().filter(|at| due(at)).map(|at| Start {
            at: *at,
            drainer: number,
            alone,
        }));
        drainer.slots.retain(|at| !due(at));
        if self.chance.once_in(self.odds.refusal) {
            drainer.slots.clear();
            drainer.fallback.refused();
            if reachable {
                let refusal = Refusal { started_at: self.now, status: 429, hint: None };
                self.state = cool(&self.limit, &self.state, self.now, refusal).unwrap_or(self.state.clone());
            }
        }
        let local = drainer.local(self.now);
        let id = drainer.want().drainer;
        if drainer.lost && reachable {
            (drainer.lost, drainer.is_alone) = (false, false);
            drainer.slots.clear();
            drainer.end = local;
            drainer.known = self.state.clone();
            drainer.fallback.answered(&self.state, &id);
        }
        if drainer.end > local.plus(LEAD) {
            return;
        }
        if drainer.lost {
            let Some(alone) = drainer.alone else { return };
            let lease = drainer.fallback.lease(alone, &self.limit, &drainer.known, local, 200);
            drainer.is_alone |= lease.is_some();
            self.take(drainer, lease);
        } else {
            let booking = book(&self.limit, &self.state, local, &drainer.want());
            if !reachable {
                drainer.lost = true;
                drainer.fallback.failed(local);
                // The write holds though its answer is lost, now and then.
                if self.chance.once_in(2) {
                    self.state = booking.state.unwrap_or(self.state.clone());
                }
                return;
            }
            self.state = booking.state.unwrap_or(self.state.clone());
            drainer.known = self.state.clone();
            drainer.fallback.answered(&self.state, &id);
            let lease = if let Answer::Lease(lease) = booking.answer { Some(lease) } else { None };
            self.take(drainer, lease);
        }
    }

    fn take(&mut self, drainer: &mut Drainer, lease: Option<jobq_core::lease::Lease>) {
        let Some(lease) = lease else { return };
        let late_percent = self.chance.below(101) as f64;
        for number in 0..lease.count {
            let slot = lease.slot(number);
            let late = slot.use_by.since(slot.at).mul_f64(late_percent / 100.0);
            drainer.slots.push(drainer.true_time(slot.at.plus(late)));
        }
        drainer.end = lease.end();
    }

    fn per_second(&self) -> f64 {
        let Pace::Limited(rate) = self.limit.pace else { unreachable!() };
        rate.per_second()
    }

    /// How many calls were started from `from` for `length`, seconds after the beginning.
    fn calls(&self, from: u64, length: u64) -> f64 {
        let begin = Timestamp::from_secs(1_800_000_000 + from);
        let end = begin.plus(Duration::from_secs(length));
        self.starts.iter().filter(|start| begin <= start.at && start.at < end).count() as f64
    }
}

fn config() -> Config {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/alone.seeds");
    Config {
        cases: 150,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(path))),
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn p2_no_window_is_passed_whoever_loses_the_ledger(
        seed in any::<u64>(),
        of in 1..5u32,
        guest in any::<bool>(),
        rate in prop_oneof![Just("50/s"), Just("200/s"), Just("7/s")],
        odds in prop_oneof![
            Just(Odds { outage: 600, ..NOTHING }),
            Just(Odds { outage: 600, crash: 900, leave: 2_000, refusal: 0 }),
            Just(Odds { outage: 300, crash: 200, leave: 1_000, refusal: 3_000 }),
        ],
    ) {
        let mut sim = Sim::new(rate, of, guest, odds, seed);
        sim.run(Duration::from_secs(240));
        sim.starts.sort_by_key(|start| start.at);
        let (starts, burst) = (&sim.starts, f64::from(sim.limit.burst.get()));
        for window in [100, 1_000, 1_700, 10_000].map(Duration::from_millis) {
            let mut until = 0;
            for from in 0..starts.len() {
                while until < starts.len() && starts[until].at < starts[from].at.plus(window) {
                    until += 1;
                }
                let within = &starts[from..until];
                let paced = sim.per_second() * (window + CLOCK_ERROR * 2).as_secs_f64() + burst + 1.0;
                if within.len() as f64 > paced {
                    let alone: HashSet<u32> =
                        within.iter().filter(|start| start.alone).map(|start| start.drainer).collect();
                    let bound = paced + alone.len() as f64;
                    prop_assert!(within.len() as f64 <= bound, "{} calls in {window:?}, bound {bound}", within.len());
                }
            }
        }
    }
}

#[test]
fn p3_all_drainers_alone_use_the_whole_pace_together() {
    for of in [1, 2, 4] {
        let mut sim = Sim::new("50/s", of, false, NOTHING, 7);
        sim.run(Duration::from_secs(20));
        sim.out_until.fill(sim.now.plus(Duration::from_secs(50)));
        sim.run(Duration::from_secs(70));
        let (before, alone, after) = (sim.calls(5, 15), sim.calls(32, 38), sim.calls(72, 15));
        assert!(before >= 0.97 * 50.0 * 15.0, "{before} before");
        assert!(alone >= 0.96 * 50.0 * 38.0, "{alone} of {} calls alone, {of} drainers", 50 * 38);
        assert!(after >= 0.97 * 50.0 * 15.0, "{after} after");
    }
}

#[test]
fn p3_one_lost_drainer_and_the_others_use_the_whole_pace_together() {
    let mut sim = Sim::new("50/s", 2, false, NOTHING, 7);
    sim.run(Duration::from_secs(20));
    sim.out_until[0] = sim.now.plus(Duration::from_secs(45));
    sim.run(Duration::from_secs(60));
    let calls = sim.calls(34, 30);
    assert!(calls >= 0.96 * 50.0 * 30.0, "{calls} calls");
}

#[test]
fn p3_a_crash_costs_a_share_for_a_minute_and_nothing_once_another_has_taken_the_place() {
    for replaced in [false, true] {
        let mut sim = Sim::new("50/s", 2, false, NOTHING, 7);
        sim.run(Duration::from_secs(20));
        sim.drainers[1] = None;
        if !replaced {
            // The place stays empty.
            sim.drainers.truncate(1);
        }
        sim.run(Duration::from_secs(90));
        let (soon, meanwhile, later) = (sim.calls(20, 5), sim.calls(30, 50), sim.calls(90, 15));
        let least = if replaced { 0.97 } else { 0.48 };
        assert!(soon >= 0.97 * 50.0 * 5.0 - 60.0, "{soon} calls: at most the lease of the dead is lost");
        assert!(meanwhile >= least * 50.0 * 50.0, "{meanwhile} calls, replaced: {replaced}");
        assert!(later >= 0.97 * 50.0 * 15.0, "{later} calls later");
    }
}

#[test]
fn p2_nobody_goes_alone_without_a_share() {
    let mut limit = Limit::new("api".parse().unwrap(), "50/s".parse().unwrap());
    limit.quotas = vec!["600/m".parse().unwrap()];
    assert_eq!(Alone::share(&limit), None);
    limit.quotas.clear();
    limit.max_in_flight = Some(10.try_into().unwrap());
    assert_eq!(Alone::share(&limit), None);
    // One that has never been noted is left nothing by the others.
    let share = Alone { of: 1.try_into().unwrap() };
    let now = Timestamp::from_secs(1_800_000_000);
    assert_eq!(Fallback::default().lease(share, &limit, &LimitState::default(), now, 10), None);
}
