//! Signals: the first one asks for a stop, the second for an end.

use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::failure::Failure;
use crate::printer::Printer;

/// How many times a stop was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    asked: watch::Receiver<u8>,
}

impl Stop {
    /// Whether a stop has been asked for.
    pub(crate) fn is_asked(&self) -> bool {
        *self.asked.borrow() > 0
    }

    /// Ends when a stop has been asked for `times` times. Never ends if nobody can ask any more.
    pub(crate) async fn asked(&self, times: u8) {
        let mut asked = self.asked.clone();
        if asked.wait_for(|asked| *asked >= times).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// A stop that SIGINT and SIGTERM ask for, while the second value is polled. The first of them is answered with `told`.
pub(crate) fn stop_on_signals(
    printer: Printer,
    told: &'static str,
) -> Result<(Stop, impl Future<Output = ()>), Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::failed(format!("listen for signals: {error}")));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let (asks, asked) = watch::channel(0u8);
    let listening = async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            asks.send_modify(|times| *times = times.saturating_add(1));
            if *asks.borrow() == 1 {
                printer.note(told);
            }
        }
    };
    Ok((Stop { asked }, listening))
}
