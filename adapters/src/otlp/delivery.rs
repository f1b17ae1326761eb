//! What became of spans. The SDK tells its own log alone, and nobody would see that a receiver is away.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanData;

/// What became of spans.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    taken: AtomicUsize,
    arrived: AtomicUsize,
    /// Why the latest batch didn't arrive.
    trouble: Mutex<Option<String>>,
}

impl Delivery {
    /// A span is taken on.
    pub(super) fn taken(&self) {
        self.taken.fetch_add(1, Ordering::Relaxed);
    }

    /// That spans were lost, and why, if some were; `late` says that the last ones took too long.
    pub(super) fn lost(&self, late: Option<String>) -> Option<String> {
        let taken = self.taken.load(Ordering::Relaxed);
        let lost = taken.saturating_sub(self.arrived.load(Ordering::Relaxed));
        let why = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take().or(late);
        let why = why.unwrap_or_else(|| "they came faster than they could be sent".to_owned());
        (lost > 0).then(|| format!("{lost} of {taken} spans were not delivered: {why}"))
    }
}

/// An exporter that counts what it has delivered.
#[derive(Debug)]
pub(super) struct Counted {
    exporter: SpanExporter,
    delivery: Arc<Delivery>,
}

impl Counted {
    pub(super) fn new(exporter: SpanExporter, delivery: Arc<Delivery>) -> Self {
        Self { exporter, delivery }
    }
}

impl opentelemetry_sdk::trace::SpanExporter for Counted {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let exported = self.exporter.export(batch).await;
        match &exported {
            Ok(()) => {
                self.delivery.arrived.fetch_add(count, Ordering::Relaxed);
            }
            Err(error) => {
                let mut trouble = self.delivery.trouble.lock().unwrap_or_else(PoisonError::into_inner);
                *trouble = Some(error.to_string());
            }
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
