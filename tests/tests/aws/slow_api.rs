//! An API that takes its time, and tells how often it was called.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How long a call is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running API. It ends with the process.
#[derive(Clone)]
pub(crate) struct SlowApi {
    port: u16,
    calls: Arc<(Mutex<usize>, Condvar)>,
}

impl SlowApi {
    /// An API that answers each call after `delay`.
    pub(crate) fn start(delay: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let api = Self { port: listener.local_addr().unwrap().port(), calls: Arc::default() };
        let own = api.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let own = own.clone();
                std::thread::spawn(move || own.serve(connection.unwrap(), delay));
            }
        });
        api
    }

    /// The address of a call.
    pub(crate) fn url(&self, number: usize) -> String {
        format!("http://127.0.0.1:{}/call/{number}", self.port)
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

    /// Serves one connection, kept alive, for requests without a body.
    fn serve(&self, mut connection: TcpStream, delay: Duration) {
        let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
        while let Some(Ok(line)) = lines.next() {
            // The empty line at the end of a request's head.
            if line.is_empty() {
                *self.calls.0.lock().unwrap() += 1;
                self.calls.1.notify_all();
                std::thread::sleep(delay);
                let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{\"ok\":true}";
                if connection.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
        }
    }
}
