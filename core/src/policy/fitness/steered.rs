//! What a limit's document says beside jobq.toml: what was done by hand, and who else uses it.

use super::{Remark, Weight};
use crate::human;
use crate::limit::Limit;
use crate::policy::calendar::pace::{Source, effective};
use crate::policy::calendar::state::{Change, LimitState};
use crate::rate::Pace;
use crate::time::Timestamp;

/// What is to be said of a limit with this document at `now`.
pub fn remarks(limit: &Limit, state: &LimitState, now: Timestamp) -> Vec<Remark> {
    [paused(limit, state, now), overridden(limit, state, now), other_pace(limit, state, now)]
        .into_iter()
        .flatten()
        .collect()
}

fn paused(limit: &Limit, state: &LimitState, now: Timestamp) -> Option<Remark> {
    let pause = state.pause_at(now)?;
    let what = format!("it is paused by hand{}{}", for_now(pause.until, now), by(state, "pause"));
    Some(remark(limit, Weight::Note, what, format!("jobq limit resume {}", limit.name)))
}

fn overridden(limit: &Limit, state: &LimitState, now: Timestamp) -> Option<Remark> {
    let Source::Set(pace, until) = effective(limit, state, now).source else { return None };
    let by = by(state, "set");
    let what =
        format!("it is set to {pace} by hand{}{by}; jobq.toml says {}", for_now(until, now), limit.pace);
    Some(remark(limit, Weight::Note, what, format!("jobq limit reset {}", limit.name)))
}

/// Drainers book by the pace of the configuration that each was started with: one document, two paces, means two
/// configurations, or one that was changed since.
fn other_pace(limit: &Limit, state: &LimitState, now: Timestamp) -> Option<Remark> {
    let booked: Pace = state.pace.as_deref()?.parse().ok()?;
    if booked.interval() == limit.pace.interval() {
        return None;
    }
    if state.holders.iter().any(|holder| now < holder.until) {
        let what = format!("its drainers at work go by {booked}, and jobq.toml says {}", limit.pace);
        let remedy = "start them anew; or give the limit of the other jobq.toml another name or --state DIR";
        return Some(remark(limit, Weight::Look, what, remedy.to_owned()));
    }
    let what = format!("it was last drained by {booked}, and jobq.toml says {}", limit.pace);
    let remedy = "nothing, if jobq.toml was changed since: the next drain goes by what it says now";
    Some(remark(limit, Weight::Note, what, remedy.to_owned()))
}

fn for_now(until: Option<Timestamp>, now: Timestamp) -> String {
    until.map_or_else(String::new, |until| format!(" for {} more", human::roughly(until.since(now))))
}

/// By whom the last change of this kind was made, and why.
fn by(state: &LimitState, kind: &str) -> String {
    let last = state.changes.iter().rev().find(|change| change.what.starts_with(kind));
    last.map_or_else(String::new, |Change { who, why, .. }| {
        let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        format!(" by {who}{why}")
    })
}

fn remark(limit: &Limit, weight: Weight, what: String, remedy: String) -> Remark {
    Remark { weight, subject: format!("limit {}", limit.name), what, remedy }
}

#[cfg(test)]
mod tests {
    //! Documents as hands and drainers leave them.

    use std::time::Duration;

    use super::*;
    use crate::policy::calendar::state::Holder;
    use crate::policy::calendar::steer::{By, Steer, steer};

    const NOW: Timestamp = Timestamp::EPOCH;

    fn limit() -> Limit {
        Limit::new("hermes".parse().unwrap(), "50/s".parse().unwrap())
    }

    fn steered(what: Steer) -> LimitState {
        let by = By { who: "ann".to_owned(), at: NOW, why: Some("they move house".to_owned()) };
        steer(&LimitState::default(), what, by)
    }

    /// Each remark as `Weight: what -> remedy`, after so many seconds.
    fn check(state: &LimitState, secs: u64, expected: &[&str]) {
        let remarks = remarks(&limit(), state, NOW.plus(Duration::from_secs(secs)));
        let told: Vec<String> = remarks
            .into_iter()
            .map(|remark| format!("{:?}: {} -> {}", remark.weight, remark.what, remark.remedy))
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_was_done_by_hand_is_noted_until_it_ends() {
        let hour = Some(NOW.plus(Duration::from_secs(3_600)));
        let paused = steered(Steer::Pause(hour));
        let told =
            "Note: it is paused by hand for 20m 00s more by ann: they move house -> jobq limit resume hermes";
        check(&paused, 2_400, &[told]);
        check(&paused, 3_600, &[]);
        let slowed = steered(Steer::Set("20/s".parse().unwrap(), None));
        let told = "Note: it is set to 20/s by hand by ann: they move house; jobq.toml says 50/s -> jobq limit reset hermes";
        check(&slowed, 2_400, &[told]);
        check(&steer(&slowed, Steer::Reset, By { who: "bob".to_owned(), at: NOW, why: None }), 0, &[]);
    }

    #[test]
    fn another_pace_is_noted_and_looked_at_while_somebody_drains_by_it() {
        let holder = Holder {
            drainer: "d".to_owned(),
            since: None,
            until: NOW.plus(Duration::from_secs(10)),
            permits: 1,
            latency_ms: 0,
            ends_at: None,
            alone_until: None,
        };
        let booked = |pace: &str| LimitState {
            pace: Some(pace.to_owned()),
            holders: vec![holder.clone()],
            ..LimitState::default()
        };
        for same in ["50/s", "3000/m"] {
            check(&booked(same), 0, &[]);
        }
        check(
            &booked("20/s"),
            0,
            &[
                "Look: its drainers at work go by 20/s, and jobq.toml says 50/s -> start them anew; or give the limit \
               of the other jobq.toml another name or --state DIR",
            ],
        );
        check(
            &booked("20/s"),
            10,
            &[
                "Note: it was last drained by 20/s, and jobq.toml says 50/s -> nothing, if jobq.toml was changed \
               since: the next drain goes by what it says now",
            ],
        );
    }
}
