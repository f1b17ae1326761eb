//! moto: a second opinion on queues and tables, stricter on parameters.

use super::emulator::{Emulator, Recipe};

/// A running moto with nothing in it. It ends with this value.
pub struct Moto {
    emulator: Emulator,
}

impl Moto {
    /// # Panics
    /// If it doesn't start; its log is shown.
    pub fn start() -> Self {
        let recipe = Recipe {
            program: "moto_server",
            ready_path: "/moto-api/",
            arguments: |port| {
                vec!["-H".to_owned(), "127.0.0.1".to_owned(), "-p".to_owned(), port.to_string()]
            },
            variables: Box::new(|_| Vec::new()),
        };
        Self { emulator: Emulator::start(&recipe) }
    }

    /// Where it listens, without a slash at its end.
    pub fn url(&self) -> String {
        self.emulator.url()
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        self.emulator.log()
    }
}
