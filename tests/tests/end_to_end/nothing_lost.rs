//! P1: drainers are killed at random moments, and every task still ends with a record.
//!
//! What may happen to a task is to be called twice: it was called, and its drainer died before that was
//! durable. So a double is fair only if its task was called and unsettled at the instant of a kill. That set is
//! taken at each kill from the store and nginx's log, which know nothing of each other, and every double must be
//! in one of them. How many there can be doesn't depend on the machine: a drainer starts no call beyond its
//! permits, nor while eight ended ones a permit are not written down.

use std::collections::HashSet;
use std::io::Read;
use std::process::Child;

use crate::alone;
use crate::evidence::Evidence;
use crate::state::State;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{run, start};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;

const TASKS: usize = 5_000;
const PROCESSES: usize = 3;
const KILLS: usize = 20;
const RATE: usize = 500;

/// How many calls a drainer may have under way.
const PERMITS: usize = 6;

/// What a kill can cost: every call under way, and all that is not written down.
const LOST_AT_A_KILL: usize = PERMITS + 8 * PERMITS;

#[test]
fn p1_twenty_drainers_are_killed_and_no_task_is_lost() {
    let _turn = alone();
    let (api, folder) = (Nginx::open(""), Folder::new());
    folder.file("calls.txt", api.urls(TASKS));
    folder.file("jobq.toml", config());
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);

    let mut random = fastrand::Rng::with_seed(seed());
    let mut drainers: Vec<Drainer> = (0..PROCESSES).map(|_| Drainer::start(&folder)).collect();
    let mut at_risk = HashSet::new();
    for moment in moments(&mut random) {
        until("the next moment to kill at", || api.calls().len() >= moment);
        let victim = random.usize(..PROCESSES);
        at_risk.extend(drainers[victim].kill(&folder, &api));
        drainers[victim] = Drainer::start(&folder);
    }
    drainers.iter_mut().for_each(Drainer::end);

    let evidence = Evidence::gather(&folder, "results.jsonl", &api.calls());
    println!(
        "{KILLS} kills: {} tasks called and unsettled at one, {} extra calls, {} extra records",
        at_risk.len(),
        evidence.extra_calls(),
        evidence.extra_records()
    );
    evidence.assert_all_done(TASKS);
    assert!(evidence.extra_calls() <= KILLS * LOST_AT_A_KILL);
    for double in evidence.called_again().union(&evidence.recorded_again()) {
        assert!(at_risk.contains(*double), "{double} was done twice, and was not under way at any kill");
    }
}

/// A visibility that brings a dead drainer's tasks back within the test's patience.
fn config() -> String {
    format!(
        "[limits.api]\nrate = \"{RATE}/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         max_in_flight = {PERMITS}\n\
         [queues.calls]\nlimit = \"api\"\nresults = \"results.jsonl\"\ntimeout = \"2s\"\nvisibility = \"5s\"\n"
    )
}

/// New for each run, unless one is to be repeated.
fn seed() -> u64 {
    let seed = std::env::var("JOBQ_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("JOBQ_SEED={seed}");
    seed
}

/// After how many calls to kill: anywhere from the first to almost the last.
fn moments(random: &mut fastrand::Rng) -> Vec<usize> {
    let mut moments: Vec<usize> = (0..KILLS).map(|_| random.usize(1..TASKS * 49 / 50)).collect();
    moments.sort_unstable();
    moments
}

/// A drainer that doesn't outlive the test.
struct Drainer(Child);

impl Drainer {
    fn start(folder: &Folder) -> Self {
        Self(start(folder.path(), ["drain", "--until-empty", "--quiet"]))
    }

    /// Kills it; the tasks that were called and not settled then. Read from both sides of the kill: what had not
    /// ended just before, of that what was called until just after.
    fn kill(&mut self, folder: &Folder, api: &Nginx) -> HashSet<String> {
        let mut open = State::in_folder(folder.path()).unwrap().open_paths();
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        let called: HashSet<String> = api.calls().into_iter().map(|call| call.path).collect();
        open.retain(|path| called.contains(path));
        open
    }

    /// Waits for its own end.
    fn end(&mut self) {
        let mut told = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(self.0.wait().unwrap().success(), "{told}");
    }
}

impl Drop for Drainer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
