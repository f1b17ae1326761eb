//! Takes spans on.

use crate::span::Span;

/// Takes spans on, to bring them to a tracing system.
pub trait Spans: Send + Sync {
    /// Whether anybody wants spans. Where nobody does, none need be made.
    fn is_on(&self) -> bool;

    /// Takes one span on. Never fails and never blocks: a span that can't be brought is lost.
    fn record(&self, span: Span);
}

/// Nobody wants spans.
#[derive(Debug, Clone, Copy)]
pub struct NoSpans;

impl Spans for NoSpans {
    fn is_on(&self) -> bool {
        false
    }

    fn record(&self, _: Span) {}
}
