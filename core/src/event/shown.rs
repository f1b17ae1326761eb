//! What an event shows of its limit at that moment: metrics that CloudWatch alone has.

/// The value of one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// What it is called: one of [`crate::metric_names`].
    pub name: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// How many. What isn't a number is left out.
    pub value: f64,
}

/// What a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Things a second.
    CountPerSecond,
    /// Seconds.
    Seconds,
}
