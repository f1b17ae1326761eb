//! MiniStack: queues, tables, buckets, stacks, and functions that really run.

use super::emulator::{Emulator, Recipe};
use super::{KEY, REGION};

/// A running MiniStack with nothing in it. It ends with this value, its functions' processes with it.
pub struct MiniStack {
    emulator: Emulator,
}

impl MiniStack {
    /// A MiniStack whose functions call it directly.
    ///
    /// # Panics
    /// If it doesn't start; its log is shown.
    pub fn start() -> Self {
        Self::started(|url| url)
    }

    /// A MiniStack whose functions call `endpoint` for AWS: a proxy before it, which makes faults.
    ///
    /// # Panics
    /// If it doesn't start; its log is shown.
    pub fn start_behind(endpoint: &str) -> Self {
        let endpoint = endpoint.to_owned();
        Self::started(move |_| endpoint.clone())
    }

    fn started(endpoint_of: impl Fn(String) -> String + 'static) -> Self {
        let variables = move |port: u16| {
            let own = format!("http://127.0.0.1:{port}");
            let pairs = [
                ("AWS_ACCESS_KEY_ID", KEY),
                ("AWS_SECRET_ACCESS_KEY", KEY),
                ("AWS_REGION", REGION),
                ("AWS_DEFAULT_REGION", REGION),
                ("BIND_HOST", "127.0.0.1"),
                ("MINISTACK_HOST", "127.0.0.1"),
                // Servers of its own that nobody here calls.
                ("SFTP_ENABLED", "0"),
                ("IOT_MTLS_ENABLED", "0"),
            ];
            let pairs = pairs.map(|(name, value)| (name, value.to_owned())).into_iter();
            // Without an endpoint, functions would call the real AWS.
            pairs
                .chain([("GATEWAY_PORT", port.to_string()), ("AWS_ENDPOINT_URL", endpoint_of(own))])
                .collect()
        };
        let recipe = Recipe {
            program: "ministack",
            ready_path: "/_ministack/health",
            arguments: |_| Vec::new(),
            variables: Box::new(variables),
        };
        Self { emulator: Emulator::start(&recipe) }
    }

    /// Where it listens, without a slash at its end.
    pub fn url(&self) -> String {
        self.emulator.url()
    }

    /// What it has written so far, its functions' errors among it.
    pub fn log(&self) -> String {
        self.emulator.log()
    }
}
