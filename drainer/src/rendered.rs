//! Rendering: what an answer makes, after the call and before the ending. It holds no permit.

use jobq_core::envelope::Envelope;
use jobq_core::fault::Fault;
use jobq_core::jq::{Failed, Job, Made};
use jobq_core::policy::fanout::{Sending, children};
use jobq_core::ports::jq::Jq;
use jobq_core::span::Span;
use jobq_core::time::Timestamp;

use crate::called::Called;
use crate::engine::Engine;
use crate::persist::persist;
use crate::step::Step;
use crate::world::World;

/// What is being rendered.
#[derive(Debug, Default)]
pub(crate) struct Rendering {
    /// How many answers.
    pub(crate) count: usize,
    /// Of how many bytes.
    pub(crate) bytes: usize,
}

/// A call whose answer was rendered.
pub(crate) struct Rendered {
    called: Called,
    /// What is to be told once its end holds.
    settling: Option<Box<Span>>,
    result: Result<Result<Made, Failed>, Fault>,
}

impl<'w, W: World> Engine<'w, W> {
    /// Begins to render an answer.
    pub(crate) fn render(&mut self, called: Called, job: Job, settling: Option<Box<Span>>) {
        self.rendering.count += 1;
        self.rendering.bytes += called.size();
        let world: &'w W = self.world;
        self.operate(async move {
            let rendered = persist(world, || world.jq().run(&job)).await;
            Step::Rendered(Box::new(Rendered { called, settling, result: rendered }))
        });
    }

    /// Ends a task whose answer was rendered: with its children, or dead where they can't be made.
    pub(crate) fn on_rendered(&mut self, rendered: Rendered, now: Timestamp) -> Result<(), Fault> {
        let Rendered { called, settling, result } = rendered;
        self.rendering.count -= 1;
        self.rendering.bytes -= called.size();
        let queue = &self.plan.queues[called.queue()];
        let parent: &Envelope = called.envelope();
        let sending = Sending { now, longest_delay: self.plan.manner.longest_delay };
        let ending = match children(queue, parent, result?, sending) {
            Ok(children) => called.grown(queue, children),
            Err(barren) => called.barren(queue, barren, now),
        };
        self.end(ending.told_as(settling));
        Ok(())
    }
}
