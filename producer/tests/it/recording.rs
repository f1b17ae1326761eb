//! An outbox that keeps what it is sent, for tests of reading and resuming alone. The whole flow is held to
//! the real outboxes in `jobq-tests`; nothing about an outbox is proved here.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use jobq_core::batch::{Mark, NewBatch, Opened};
use jobq_core::envelope::Envelope;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::likeness::{Once, Single};
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::outbox::Outbox;
use jobq_core::ports::singles::Singles;
use jobq_core::settlement::Parcel;
use jobq_core::time::Timestamp;

#[derive(Default)]
pub(crate) struct Recording {
    pub(crate) kept: Mutex<Kept>,
}

#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) source: Option<String>,
    pub(crate) mark: Mark,
    /// After each send: the mark, and how many parcels there were until then.
    pub(crate) marks: Vec<(Mark, usize)>,
    pub(crate) parcels: Vec<(Parcel, Duration)>,
    /// What happens to the next sends.
    pub(crate) faults: VecDeque<Weather>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    Fine,
    LostBefore,
    LostAfter,
    Broken,
}

impl Recording {
    /// The ids of what was sent, with the urls.
    pub(crate) fn tasks(&self) -> Vec<String> {
        let kept = self.kept.lock().unwrap();
        let task = |(parcel, _): &(Parcel, Duration)| {
            let envelope = Envelope::decode(&parcel.body).unwrap();
            format!("{} {}", envelope.id, envelope.request.url)
        };
        kept.parcels.iter().map(task).collect()
    }

    pub(crate) fn will(&self, faults: impl IntoIterator<Item = Weather>) {
        self.kept.lock().unwrap().faults.extend(faults);
    }
}

impl Outbox for Recording {
    async fn open(&self, batch: &NewBatch) -> Result<Opened, Fault> {
        let mut kept = self.kept.lock().unwrap();
        let opened = match &kept.source {
            None => Opened::New,
            Some(source) if *source == batch.source => Opened::Resumed(kept.mark.clone()),
            Some(_) => return Ok(Opened::Foreign),
        };
        kept.source = Some(batch.source.clone());
        Ok(opened)
    }

    async fn send(
        &self,
        _queue: &QueueName,
        _batch: &BatchId,
        parcels: Vec<(Parcel, Duration)>,
        mark: Mark,
    ) -> Result<(), Fault> {
        let mut kept = self.kept.lock().unwrap();
        let weather = kept.faults.pop_front().unwrap_or(Weather::Fine);
        if matches!(weather, Weather::Fine | Weather::LostAfter) {
            kept.parcels.extend(parcels);
            kept.mark = mark.clone();
            let sent = kept.parcels.len();
            kept.marks.push((mark, sent));
        }
        match weather {
            Weather::Fine => Ok(()),
            Weather::LostBefore | Weather::LostAfter => Err(Fault::new(FaultKind::Passing, "send")),
            Weather::Broken => Err(Fault::new(FaultKind::Lasting, "send")),
        }
    }
}

/// It remembers nothing: whoever asks it is asked elsewhere.
impl Singles for Recording {
    async fn send_once(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        parcels: Vec<Single>,
        mark: Mark,
    ) -> Result<Vec<Once>, Fault> {
        let ends = vec![Once::Sent; parcels.len()];
        let parcels = parcels.into_iter().map(|single| (single.parcel, single.delay)).collect();
        self.send(queue, batch, parcels, mark).await.map(|()| ends)
    }
}

/// A clock that stands still and counts how long it was waited for.
#[derive(Default)]
pub(crate) struct Still {
    pub(crate) waited: Mutex<Duration>,
}

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1)
    }

    fn uptime(&self) -> Duration {
        *self.waited.lock().unwrap()
    }

    async fn sleep(&self, length: Duration) {
        *self.waited.lock().unwrap() += length;
    }
}
