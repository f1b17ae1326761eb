//! An API of the test's own, for what nginx can't do: to take its time, and to do something at a call.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// What is done at a call, given its path. It answers once this returns.
type AtCall = Arc<dyn Fn(&str) + Send + Sync>;

/// A running API that answers everything with 200. It ends with the process.
pub struct Api {
    /// Where it listens on loopback.
    pub port: u16,
}

impl Api {
    /// An API that answers each call after `delay`.
    pub fn slow(delay: Duration) -> Self {
        Self::start(move |_| std::thread::sleep(delay))
    }

    /// An API that does something at each call before it answers.
    pub fn start(at_call: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let at_call: AtCall = Arc::new(at_call);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let at_call = Arc::clone(&at_call);
                std::thread::spawn(move || serve(connection.unwrap(), &at_call));
            }
        });
        Self { port }
    }
}

/// Serves one connection, kept alive, for requests without a body.
fn serve(mut connection: TcpStream, at_call: &AtCall) {
    let _ = connection.set_nodelay(true);
    let mut path = String::new();
    for line in BufReader::new(connection.try_clone().unwrap()).lines() {
        let Ok(line) = line else {
            return;
        };
        if path.is_empty() {
            line.split(' ').nth(1).unwrap_or_default().clone_into(&mut path);
        }
        // The empty line at the end of a request's head.
        if line.is_empty() {
            at_call(&std::mem::take(&mut path));
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{\"ok\":true}";
            if connection.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}
