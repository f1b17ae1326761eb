//! A limit: one API's budget, as the configuration states it.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::drainers::Drainers;
use crate::host::HostPattern;
use crate::name::{LimitName, SecretName};
use crate::phase::Phases;
use crate::quota::Quota;
use crate::rate::{Pace, Rate};

/// The default share of the rate kept back, in thousandths: what the API sees is arrival, not start.
pub const DEFAULT_HEADROOM_PER_MILLE: u16 = 20;

/// One API's budget, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// What the configuration calls it.
    pub name: LimitName,
    /// The pace over all drainers together.
    pub pace: Pace,
    /// How it gets to that pace, if not at once.
    pub phases: Phases,
    /// How many slots in a row may be taken at once after a lull, and how many slots late a call may start.
    pub burst: NonZeroU32,
    /// The share of the pace kept back for jitter between start and arrival, in thousandths (0 to 500).
    pub headroom_per_mille: u16,
    /// Windows beside the pace.
    pub quotas: Vec<Quota>,
    /// The time zone of day and month quotas.
    pub time_zone: jiff::tz::TimeZone,
    /// The cap on calls in flight over all drainers together, if one is set.
    pub max_in_flight: Option<NonZeroU32>,
    /// The hosts that tasks may call.
    pub hosts: Vec<HostPattern>,
    /// Whether private, loopback and link-local addresses may be called.
    pub allow_private: bool,
    /// Headers that go out with every call; values may hold `${secret:name}`.
    pub headers: Vec<(String, String)>,
    /// The secrets that tasks of this limit may name, those of `headers` among them.
    pub secrets: Vec<SecretName>,
    /// How its drainers are sized.
    pub drainers: Drainers,
}

impl Limit {
    /// A limit with this pace and every other setting at its default; it covers no host yet.
    pub fn new(name: LimitName, pace: Pace) -> Self {
        Self {
            name,
            pace,
            phases: Phases::default(),
            burst: default_burst(pace),
            headroom_per_mille: DEFAULT_HEADROOM_PER_MILLE,
            quotas: Vec::new(),
            time_zone: jiff::tz::TimeZone::UTC,
            max_in_flight: None,
            hosts: Vec::new(),
            allow_private: false,
            headers: Vec::new(),
            secrets: Vec::new(),
            drainers: Drainers::default(),
        }
    }

    /// Whether tasks of this limit may call `host` at `port`.
    pub fn covers(&self, host: &str, port: u16) -> bool {
        self.hosts.iter().any(|pattern| pattern.covers(host, port))
    }
}

/// Ten milliseconds of the rate, at least one slot, so that timers don't cost throughput at high rates.
pub fn default_burst(pace: Pace) -> NonZeroU32 {
    let slots = |rate: Rate| Duration::from_millis(10).as_nanos() / rate.interval().as_nanos().max(1);
    let slots = match pace {
        Pace::Unlimited => 1,
        Pace::Limited(rate) => slots(rate),
    };
    u32::try_from(slots).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
}
