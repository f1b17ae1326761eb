//! A decision's reason, for people.

use std::fmt::Write;

use super::decide::{Decision, Held, LOWS, Step};
use super::need::Need;
use crate::human;

impl Decision {
    /// Why it is this decision, in one line: `3,200 waiting, 1.8/s wanted of 49/s, 200ms a call, 256 in flight each:
    /// 1 drainer; 0 at work, starting 1`.
    pub fn reason(&self) -> String {
        let mut line = needed(&self.need);
        let _ = match self.step {
            Step::Held(held) => write!(line, "; {}: {} as before", because(held), drainers(self.desired)),
            Step::Low(lows) => {
                write!(line, "; {} until {LOWS} low readings, {lows} so far", drainers(self.desired))
            }
            Step::Up | Step::Same | Step::Down => Ok(()),
        };
        let _ = write!(line, "; {} at work", self.crew.at_work);
        let counts = [(self.crew.ending, "ending soon"), (self.crew.coming, "on their way")];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            let _ = write!(line, ", {count} {what}");
        }
        if self.start > 0 {
            let _ = write!(line, ", starting {}", self.start);
        }
        if let Some(cap) = self.cap {
            let _ = write!(line, ", cap to {cap}");
        }
        line
    }
}

fn needed(need: &Need) -> String {
    let mut line = format!("{} waiting", human::grouped(need.waiting));
    if need.in_flight > 0 {
        let _ = write!(line, ", {} in flight", human::grouped(need.in_flight));
    }
    if let Some(arrivals) = need.arrivals {
        let _ = write!(line, ", {}/s arriving", rounded(arrivals));
    }
    if need.most > 0 {
        let _ = write!(line, ", {}/s wanted", rounded(need.wanted));
        if need.pace.is_finite() {
            let _ = write!(line, " of {}/s", rounded(need.pace));
        }
        if let Some(latency) = need.latency {
            let _ = write!(line, ", {} a call", human::duration(latency));
        }
        let _ = write!(line, ", {} in flight each", need.each);
    }
    if need.least == need.most {
        let _ = write!(line, ": {}", drainers(need.least));
    } else {
        let _ = write!(line, ": {} to {}", need.least, drainers(need.most));
    }
    line
}

fn because(held: Held) -> String {
    match held {
        Held::ByConfiguration => "autoscale is off".to_owned(),
        Held::Paused(None) => "the limit is paused".to_owned(),
        Held::Paused(Some(until)) => format!("the limit is paused until {until}"),
        Held::Cooling(until) => format!("the API asked to be left alone until {until}"),
        Held::QuotaFull(quota, until) => format!("quota {quota} is used up until {until}"),
        Held::Unmeasured => "an open queue could not be measured".to_owned(),
    }
}

fn drainers(count: u32) -> String {
    human::counted(count, "drainer")
}

/// One decimal where it says something.
fn rounded(number: f64) -> String {
    if number < 10.0 && number.fract() != 0.0 { format!("{number:.1}") } else { format!("{number:.0}") }
}
