//! Intakes: where the tasks of a queue are received from.

use crate::name::QueueName;
use crate::task::Priority;

/// Where tasks of a queue are received from: one of its lanes where a backend keeps them apart, else all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// The queue.
    pub queue: QueueName,
    /// The lane, where lanes are kept apart. Without one the tasks of all lanes come from here, by the backend's order.
    pub lane: Option<Priority>,
}

impl Intake {
    /// The one intake of a queue whose lanes are kept in one order.
    pub fn whole(queue: &QueueName) -> Self {
        Self { queue: queue.clone(), lane: None }
    }

    /// The intakes of a queue whose lanes are kept apart, the most urgent first.
    pub fn lanes(queue: &QueueName) -> Vec<Self> {
        let lane = |lane| Self { queue: queue.clone(), lane: Some(lane) };
        Priority::ALL.map(lane).into()
    }
}
