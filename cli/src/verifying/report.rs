//! What `limit verify` tells.

use std::fmt;

use jobq_core::human::counted;
use jobq_core::limit::Limit;
use jobq_core::policy::replay::log::Starts;
use jobq_core::policy::replay::{Finding, Rule};
use jobq_core::time::Timestamp;
use serde::Serialize;

use super::gathering::Read;
use crate::readings::{ChangeReading, row, table};

/// The verdict on each limit.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    since: Option<String>,
    until: Option<String>,
    limits: Vec<Verdict>,
}

/// Whether one limit was kept.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    limit: String,
    /// Whether the log has a window with too many calls.
    passed: bool,
    /// How many calls the log has.
    calls: u64,
    first: Option<String>,
    last: Option<String>,
    windows: Vec<WindowReading>,
    read: Read,
    /// Changes by hand that let the limit go faster than it is configured.
    set_faster: Vec<ChangeReading>,
    /// Whether it has phases: when they began isn't in the log.
    #[serde(skip)]
    has_phases: bool,
}

/// The worst window of one rule.
#[derive(Debug, Serialize)]
struct WindowReading {
    /// The rate or the quota, as it is configured.
    window: String,
    /// Of the pace: how many calls may be late.
    burst: Option<u32>,
    passed: bool,
    #[serde(flatten)]
    worst: Option<Worst>,
}

#[derive(Debug, Serialize)]
struct Worst {
    from: String,
    to: String,
    calls: u64,
    allowed: u64,
    /// Below zero: how many calls were too many.
    margin: i64,
}

impl Report {
    pub(super) fn new(since: Option<Timestamp>, until: Option<Timestamp>, limits: Vec<Verdict>) -> Self {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self { since: text(since), until: text(until), limits }
    }
}

impl Verdict {
    pub(super) fn new(
        limit: &Limit,
        starts: &Starts,
        findings: &[Finding],
        read: Read,
        set_faster: Vec<ChangeReading>,
    ) -> Self {
        let starts = starts.as_slice();
        Self {
            limit: limit.name.to_string(),
            passed: findings.iter().any(Finding::is_passed),
            calls: u64::try_from(starts.len()).unwrap_or(u64::MAX),
            first: starts.first().map(ToString::to_string),
            last: starts.last().map(ToString::to_string),
            windows: findings.iter().map(WindowReading::new).collect(),
            read,
            set_faster,
            has_phases: !limit.phases.list.is_empty(),
        }
    }

    pub(super) fn is_passed(&self) -> bool {
        self.passed
    }
}

impl WindowReading {
    fn new(finding: &Finding) -> Self {
        let burst = match finding.rule {
            Rule::Pace { burst, .. } => Some(burst.get()),
            Rule::Quota(_) => None,
        };
        let worst = finding.worst.map(|worst| Worst {
            from: worst.from.to_string(),
            to: worst.to.to_string(),
            calls: worst.calls,
            allowed: worst.allowed,
            margin: worst.margin(),
        });
        Self { window: finding.rule.to_string(), burst, passed: finding.is_passed(), worst }
    }

    fn cells(&self) -> Vec<String> {
        let window = match self.burst {
            Some(burst) => format!("{}, burst {burst}", self.window),
            None => self.window.clone(),
        };
        let Some(worst) = &self.worst else { return vec![window] };
        let verdict = if self.passed { "PASSED" } else { "kept" };
        let numbers = [worst.calls.to_string(), worst.allowed.to_string(), worst.margin.to_string()];
        let [calls, allowed, margin] = numbers;
        vec![window, verdict.to_owned(), calls, allowed, margin, worst.from.clone(), worst.to.clone()]
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, verdict) in self.limits.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            verdict.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.limit, self.sentence())?;
        if self.calls > 0 && !self.windows.is_empty() {
            writeln!(f)?;
            let heading = row(["WORST WINDOW OF", "", "CALLS", "ALLOWED", "MARGIN", "FROM", "TO"]);
            let windows = self.windows.iter().map(WindowReading::cells);
            table(f, &std::iter::once(heading).chain(windows).collect::<Vec<_>>())?;
        }
        writeln!(f)?;
        table(f, &self.notes())
    }
}

impl Verdict {
    fn sentence(&self) -> String {
        let (Some(first), Some(last)) = (&self.first, &self.last) else {
            return "the log has no calls of it".to_owned();
        };
        let verdict = match (self.passed, self.windows.is_empty()) {
            (true, _) => "A WINDOW WAS PASSED",
            (false, true) => "it has no pace and no quotas that could be passed",
            (false, false) => "no window was passed",
        };
        format!("{verdict}; {} from {first} to {last}", counted(self.calls, "call"))
    }

    /// What was read and what is missing, a line each.
    fn notes(&self) -> Vec<Vec<String>> {
        let (read, mut notes) = (&self.read, Vec::new());
        let mut note = |word: &str, text: String| notes.push(row([word, &text]));
        for place in &read.places {
            let files = if place.place.starts_with("s3://") { "objects" } else { "files" };
            note("read", format!("{}, {files}: {}", place.place, place.files));
            if place.foreign > 0 {
                note("not read", format!("{}, objects of others: {}", place.place, place.foreign));
            }
        }
        note("read", format!("results: {}, dead letters: {}", read.results, read.dead_letters));
        if read.broken > 0 {
            note("not read", format!("lines that can't be read: {}", read.broken));
        }
        read.broken_at.iter().for_each(|at| note("", at.clone()));
        if read.foreign_letters > 0 {
            note("not read", format!("dead letters that are no task: {}", read.foreign_letters));
        }
        if read.calls_without_time > 0 {
            note("missing", format!("calls that histories no longer tell: {}", read.calls_without_time));
        }
        if !read.queues_without_results.is_empty() {
            note(
                "missing",
                format!("queues that keep no results: {}", read.queues_without_results.join(", ")),
            );
        }
        if read.waiting > 0 {
            note("missing", format!("what was called for tasks not done yet: {}", read.waiting));
        }
        note(
            "missing",
            "calls broken off by a kill or a stop, or settled too late; tasks dropped or purged".to_owned(),
        );
        if self.has_phases {
            note(
                "not held",
                "phases: calls are held against the rate, which is the most there ever is".to_owned(),
            );
        }
        for change in &self.set_faster {
            note("set faster", change.to_string());
        }
        notes
    }
}
