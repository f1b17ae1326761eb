//! Tracing: each task of a push begins a trace, or a part of the one that the push itself is in.

use jobq_core::envelope::Envelope;
use jobq_core::name::QueueName;
use jobq_core::policy::sampling::Sampler;
use jobq_core::settlement::Parcel;
use jobq_core::span::{self, Span, SpanKind, Value};
use jobq_core::time::Timestamp;
use jobq_core::trace::{Roots, TraceContext};

/// How the tasks of a push are traced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tracing {
    /// Where their traces begin.
    pub roots: Roots,
    /// Which of them are recorded. The others carry where they stand all the same.
    pub sampler: Sampler,
}

impl Tracing {
    /// Where the task of this line stands.
    pub(crate) fn context(&self, line: u64) -> TraceContext {
        let ids = self.roots.at(line);
        let sampled = self.sampler.samples(self.roots.parent(), ids.0);
        self.roots.context(ids, sampled)
    }

    /// What is told of parcels that were on their way to `queue` between two instants: nothing of those that aren't
    /// recorded. A parcel says itself what is in it; so nothing has to be kept beside it while it is packed.
    pub(crate) fn spans(
        &self,
        queue: &QueueName,
        parcels: &[Parcel],
        started_at: Timestamp,
        ended_at: Timestamp,
    ) -> Vec<Span> {
        let span = |parcel: &Parcel| {
            let envelope = Envelope::decode(&parcel.body).ok()?;
            let context = envelope.trace.filter(TraceContext::is_sampled)?;
            let attributes: Vec<(&'static str, Value)> = vec![
                (span::SYSTEM, "jobq".into()),
                (span::OPERATION, "push".into()),
                (span::OPERATION_TYPE, "send".into()),
                (span::QUEUE, queue.as_str().into()),
                (span::TASK, envelope.id.as_str().into()),
                (span::BATCH, envelope.batch.as_str().into()),
            ];
            Some(Span {
                name: format!("push {queue}"),
                kind: SpanKind::Producer,
                context,
                parent: self.roots.parent().map(|parent| parent.span),
                started_at,
                ended_at,
                attributes,
                error: None,
            })
        };
        parcels.iter().filter_map(span).collect()
    }
}
