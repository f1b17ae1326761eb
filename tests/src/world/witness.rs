//! An API of the test's own that answers as it is told, and remembers what was said to it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A running API. It ends with the process.
pub struct Witness {
    port: u16,
    memory: Arc<Mutex<Memory>>,
}

#[derive(Default)]
struct Memory {
    statuses: VecDeque<u16>,
    heads: Vec<String>,
}

impl Witness {
    /// An API that answers with these statuses in turn, and with 200 when there are no more.
    pub fn answering(statuses: impl IntoIterator<Item = u16>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let memory = Memory { statuses: statuses.into_iter().collect(), heads: Vec::new() };
        let memory = Arc::new(Mutex::new(memory));
        let own = Arc::clone(&memory);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let memory = Arc::clone(&own);
                std::thread::spawn(move || serve(connection.unwrap(), &memory));
            }
        });
        Self { port, memory }
    }

    /// An absolute url of this API.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The value of this lower-case header in each call, in the order they came.
    pub fn header(&self, name: &str) -> Vec<Option<String>> {
        let value = |head: &String| {
            let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
            Some(line[name.len() + 1..].trim().to_owned())
        };
        self.memory.lock().unwrap().heads.iter().map(value).collect()
    }
}

/// Serves one connection, kept alive, for requests without a body.
fn serve(mut connection: TcpStream, memory: &Mutex<Memory>) {
    let mut head = String::new();
    for line in BufReader::new(connection.try_clone().unwrap()).lines() {
        let Ok(line) = line else {
            return;
        };
        if !line.is_empty() {
            head += &format!("{line}\n");
            continue;
        }
        let mut memory = memory.lock().unwrap();
        memory.heads.push(std::mem::take(&mut head));
        let status = memory.statuses.pop_front().unwrap_or(200);
        let answer = format!("HTTP/1.1 {status} So\r\ncontent-length: 11\r\n\r\n{{\"ok\":true}}");
        if connection.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
