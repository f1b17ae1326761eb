//! The limit's document.
//!
//! This is an edge: every drainer of every version reads and writes it, as JSON, by compare-and-swap. Unknown
//! fields are ignored and missing ones have defaults, so that an older drainer beside a newer one works.

use serde::{Deserialize, Serialize};

use super::traffic::Traffic;
use crate::time::Timestamp;

/// Everything the drainers of a limit share.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LimitState {
    /// The configured pace that was booked at last, as it is written: for those who look on without configuration.
    pub pace: Option<String>,
    /// The latest slot booked. The next one lies at least one interval later, whatever the pace is then.
    pub last_slot: Option<Timestamp>,
    /// When the limit's phases last began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phases_from: Option<Timestamp>,
    /// The quotas' counters, by window.
    pub windows: Vec<WindowState>,
    /// The last time the API said it was called too fast.
    pub cool_down: Option<CoolDown>,
    /// A pace set by hand for a while.
    #[serde(rename = "override")]
    pub live_override: Option<Override>,
    /// Set while nothing may be called.
    pub pause: Option<Pause>,
    /// The queues of which nothing may be called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paused_queues: Vec<QueuePause>,
    /// The batches of which nothing more is called, in the order they were canceled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub canceled: Vec<Canceled>,
    /// The drainers at work.
    pub holders: Vec<Holder>,
    /// The latest changes by hand, oldest first.
    pub changes: Vec<Change>,
    /// What was called lately.
    pub traffic: Traffic,
    /// What the autoscaler decided at last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
}

/// The counters of one quota's window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowState {
    /// The window as it is written in the quota: `m`, `d`. Not the number, so that raising a quota keeps count.
    pub window: String,
    /// Sliding: the number of the first counter's sub-window, counted from the epoch. Calendar: the
    /// beginning of the window in nanoseconds since the epoch.
    pub start: u64,
    /// Sliding: one counter a sub-window. Calendar: one counter in all.
    pub counts: Vec<u64>,
}

/// What followed when the API said it was called too fast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoolDown {
    /// When the pace was lowered: refusals of calls started earlier are of the same episode.
    pub since: Timestamp,
    /// No call starts before this instant.
    pub until: Timestamp,
    /// The status that said so.
    pub status: u16,
    /// How many episodes followed each other closely.
    pub streak: u32,
    /// The share of the pace left at `until`, in thousandths; it grows from there.
    pub pace_per_mille: u16,
}

/// A pace set by hand for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Override {
    /// The pace, as it is written: `20/s`, `none`.
    pub pace: String,
    /// When it ends by itself, if it does.
    pub until: Option<Timestamp>,
}

/// Set while nothing may be called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    /// When it ends by itself, if it does.
    pub until: Option<Timestamp>,
}

/// Set while nothing of a queue may be called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueuePause {
    /// Which queue.
    pub queue: String,
    /// When it ends by itself, if it does.
    pub until: Option<Timestamp>,
}

/// A batch of which nothing more is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Canceled {
    /// Which one.
    pub batch: String,
    /// Since when.
    pub at: Timestamp,
}

impl LimitState {
    /// The pause of the whole limit that holds at `now`.
    pub fn pause_at(&self, now: Timestamp) -> Option<&Pause> {
        self.pause.as_ref().filter(|pause| pause.until.is_none_or(|until| now < until))
    }
}

impl QueuePause {
    /// Whether it hasn't ended by itself at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// A drainer at work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    /// Which one.
    pub drainer: String,
    /// When it was first noted: it has run from then until it was noted last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When it counts as dead unless it books again.
    pub until: Timestamp,
    /// Its part of the cap on calls in flight.
    pub permits: u32,
    /// How long nearly all of its calls take (the 95th percentile), in milliseconds; 0 where it has made none.
    #[serde(default)]
    pub latency_ms: u32,
    /// When it ends by itself, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Until when, after `until`, it may go on alone at its fixed share if it can't reach the ledger. The others
    /// leave it that share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone_until: Option<Timestamp>,
}

/// What the autoscaler decided, for its next decision: it keeps no memory of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// When.
    pub at: Timestamp,
    /// How many drainers there should be.
    pub desired: u32,
    /// How many readings in a row asked for fewer.
    pub lows: u8,
    /// How many drainers were started at last, and when: they don't hold anything at once.
    pub started: u32,
    /// When they were started.
    pub started_at: Timestamp,
    /// How many were at work then: whoever is seen beyond them is one of those started.
    #[serde(default)]
    pub at_work: u32,
    /// The last latency seen, in milliseconds, for when nobody is at work.
    pub latency_ms: u32,
}

/// A change by hand, for whoever asks later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub who: String,
    /// What was done, in the command line's words: `set 20/s for 1h`.
    pub what: String,
    /// Why, if it was said.
    pub why: Option<String>,
}
