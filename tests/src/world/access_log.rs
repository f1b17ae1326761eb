//! What nginx's access log says.

use std::path::Path;

/// One call as nginx saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Seconds since the epoch, to the millisecond.
    pub at: f64,
    pub status: u16,
    pub path: String,
}

pub fn read(log: &Path) -> Vec<Call> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let call = |line: &str| {
        let mut fields = line.split(' ');
        let at = fields.next()?.parse().ok()?;
        let status = fields.next()?.parse().ok()?;
        Some(Call { at, status, path: fields.next()?.to_owned() })
    };
    text.lines().filter_map(call).collect()
}

/// The most calls in any stretch of `seconds`, its end excluded.
pub fn most_within(calls: &[Call], seconds: f64) -> usize {
    let mut at: Vec<f64> = calls.iter().map(|call| call.at).collect();
    at.sort_by(f64::total_cmp);
    let until = |from: usize| at.partition_point(|time| *time < at[from] + seconds);
    (0..at.len()).map(|from| until(from) - from).max().unwrap_or(0)
}

/// Calls a second from the first call to the last.
pub fn pace(calls: &[Call]) -> f64 {
    let first = calls.iter().map(|call| call.at).fold(f64::INFINITY, f64::min);
    let last = calls.iter().map(|call| call.at).fold(0.0, f64::max);
    (calls.len() - 1) as f64 / (last - first)
}

/// How many calls went to paths that begin so.
pub fn beginning(calls: &[Call], path: &str) -> usize {
    calls.iter().filter(|call| call.path.starts_with(path)).count()
}

/// How many calls there are up to the last one of a path that begins so.
pub fn until_last(calls: &[Call], path: &str) -> usize {
    calls.iter().rposition(|call| call.path.starts_with(path)).map_or(0, |last| last + 1)
}

pub fn with_status(calls: &[Call], status: u16) -> usize {
    calls.iter().filter(|call| call.status == status).count()
}
