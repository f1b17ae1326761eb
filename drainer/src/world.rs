//! What a drainer works with.

use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::Depth;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::jq::Jq;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::metrics::Metrics;
use jobq_core::ports::result_sink::ResultSink;
use jobq_core::ports::spans::Spans;
use jobq_core::ports::target::Target;

/// The ports a drainer works with, as one argument.
pub trait World {
    /// Gives tasks out and takes them back.
    type Inbox: Inbox;
    /// Tells when the queues are empty.
    type Depth: Depth;
    /// Keeps the limit's calendar.
    type Ledger: Ledger;
    /// Makes the calls.
    type Target: Target;
    /// Keeps the answers.
    type ResultSink: ResultSink;
    /// Runs the programs of fan-outs.
    type Jq: Jq;
    /// Takes note of what happens.
    type Metrics: Metrics;
    /// Takes on what is told of traced tasks.
    type Spans: Spans;
    /// Tells the time.
    type Clock: Clock;

    /// The queues.
    fn inbox(&self) -> &Self::Inbox;
    /// The queues' measure.
    fn depth(&self) -> &Self::Depth;
    /// The ledger.
    fn ledger(&self) -> &Self::Ledger;
    /// The API.
    fn target(&self) -> &Self::Target;
    /// The results.
    fn results(&self) -> &Self::ResultSink;
    /// The programs.
    fn jq(&self) -> &Self::Jq;
    /// The events.
    fn metrics(&self) -> &Self::Metrics;
    /// The spans.
    fn spans(&self) -> &Self::Spans;
    /// The clock.
    fn clock(&self) -> &Self::Clock;
    /// A random number in 0..1, for jitter.
    fn jitter(&self) -> f64;
}
