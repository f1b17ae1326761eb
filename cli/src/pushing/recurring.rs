//! A recurring push at one of its times, as `serve` makes it.

use std::io::Cursor;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jobq_adapters::clock::SystemClock;
use jobq_core::batch::NewBatch;
use jobq_core::config::backend::Backend;
use jobq_core::ports::clock::Clock;
use jobq_core::recurring::{RecurringPush, What};
use jobq_core::time::Timestamp;
use jobq_producer::dedupe::{Dedupe, Sameness};
use jobq_producer::draft::Defaults;
use jobq_producer::format::{FormatName, Reading};
use jobq_producer::push::{BadLines, Order};
use jobq_producer::source::Source;

use super::{Prepared, limits_of, longest_delay, named, shown};
use crate::failure::Failure;

/// For how long several engines may be at one recurring push: longer than any of them comes late.
const TOGETHER: Duration = Duration::from_secs(86_400);

impl Prepared {
    /// One time of a recurring push to the local backend; paths begin at `beside`. More tasks than
    /// `bulk_above` go to bulk. Pushed twice, it sends nothing twice.
    pub(crate) fn recurring(
        push: &RecurringPush,
        time: Timestamp,
        beside: &Path,
        bulk_above: Option<NonZeroU32>,
    ) -> Result<Self, Failure> {
        let (name, source) = match &push.what {
            What::File(path) => {
                let path = beside.join(path);
                (shown(&path), Source::file(&path, Reading::default()))
            }
            What::Url(url) => {
                let reading = Reading { format: Some(FormatName::Urls), ..Reading::default() };
                (url.clone(), Source::stream(Box::new(Cursor::new(url.clone().into_bytes())), reading))
            }
        };
        let source = source.map_err(|error| named(&name, error))?;
        let batch = NewBatch {
            id: push.batch(time),
            queue: push.queue.clone(),
            source: source.fingerprint(&name)?.to_string(),
            created_at: SystemClock::new().now(),
        };
        let order = Order {
            bulk_above,
            batch,
            defaults: Defaults::default(),
            limits: limits_of(Backend::Local),
            longest_delay: longest_delay(Backend::Local),
            bad_lines: BadLines::Skip,
            tracing: None,
            // Two engines may come to it at the same moment, or to what the other one has just begun.
            dedupe: Some(Dedupe { by: Sameness::Place, lasting: Some(TOGETHER) }),
        };
        Ok(Self { source, name, told: false, begun: Arc::default(), order })
    }
}
