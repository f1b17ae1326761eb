//! An API that takes its time, and tells how often it was called.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use jobq_tests::world::api::Api;

/// How long a call is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running API. It ends with the process.
pub(crate) struct SlowApi {
    api: Api,
    calls: Arc<(Mutex<usize>, Condvar)>,
}

impl SlowApi {
    /// An API that answers each call after `delay`.
    pub(crate) fn start(delay: Duration) -> Self {
        let calls: Arc<(Mutex<usize>, Condvar)> = Arc::default();
        let counted = Arc::clone(&calls);
        let api = Api::start(move |_| {
            *counted.0.lock().unwrap() += 1;
            counted.1.notify_all();
            std::thread::sleep(delay);
        });
        Self { api, calls }
    }

    /// The address of a call.
    pub(crate) fn url(&self, number: usize) -> String {
        format!("http://127.0.0.1:{}/call/{number}", self.api.port)
    }

    /// How many calls came so far.
    pub(crate) fn calls(&self) -> usize {
        *self.calls.0.lock().unwrap()
    }

    /// Waits until so many calls came.
    pub(crate) fn wait_for(&self, calls: usize) {
        let (count, came) = &*self.calls;
        let fewer = |count: &mut usize| *count < calls;
        let (count, waited) = came.wait_timeout_while(count.lock().unwrap(), PATIENCE, fewer).unwrap();
        assert!(!waited.timed_out(), "only {count} of {calls} calls came");
    }
}
