//! What results tell of calls: each attempt, when it was started.

use jobq_core::time::Timestamp;
use serde_json::Value;

use super::access_log::Call;

/// Every call that these records tell of, as nginx would have logged it had it come the moment it was started.
///
/// # Panics
/// If one has no time, no status, or a url of another kind than the tests'.
pub fn calls(records: &[Value]) -> Vec<Call> {
    let mut calls: Vec<Call> = records.iter().flat_map(attempts).collect();
    calls.sort_by(|one, other| one.at.total_cmp(&other.at));
    calls
}

fn attempts(record: &Value) -> impl Iterator<Item = Call> {
    let url = record["url"].as_str().unwrap();
    let path = &url[url.find("/call").unwrap()..];
    let earlier = record["attempts"].as_array().map_or(&[][..], Vec::as_slice);
    let earlier = earlier.iter().map(|attempt| call(&attempt["at"], &attempt["status"], path));
    earlier.chain([call(&record["started_at"], &record["status"], path)])
}

fn call(at: &Value, status: &Value, path: &str) -> Call {
    let at = Timestamp::parse(at.as_str().unwrap()).unwrap();
    let status = status.as_u64().and_then(|status| u16::try_from(status).ok()).unwrap();
    Call { at: at.as_nanos() as f64 / 1e9, status, path: path.to_owned() }
}
