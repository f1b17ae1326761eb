//! A receiver of OTLP that others wrote: rotel, a collector, which writes down every span it takes in.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use super::nginx::free_port;
use super::patience;
use crate::aws::program;

/// Where the package keeps its program.
const WHERE: &str = "import os, rotel; print(os.path.join(os.path.dirname(rotel.__file__), 'rotel-agent'))";

/// A running receiver. It ends with this value.
pub struct Receiver {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

/// A span as the receiver has read it.
#[derive(Debug, Clone, Default)]
pub struct Received {
    pub trace: String,
    pub id: String,
    /// Empty for a root.
    pub parent: String,
    pub name: String,
    pub kind: String,
    pub status: String,
    /// Values as the receiver writes them: `Int(500)`, `Str(GET)`.
    pub attributes: BTreeMap<String, String>,
}

impl Receiver {
    /// # Panics
    /// If it doesn't start.
    pub fn start() -> Self {
        let found = Command::new(program("python")).args(["-c", WHERE]).output().unwrap();
        assert!(found.status.success(), "rotel is missing: run the tests with ./test.sh: {found:?}");
        let agent = String::from_utf8(found.stdout).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (port, other) = (free_port(), free_port());
        let log = File::create(folder.path().join("log")).unwrap();
        let mut child = Command::new(agent.trim())
            .args(["start", "--exporter", "blackhole"])
            .args(["--debug-log", "traces", "--debug-log-verbosity", "detailed"])
            .args(["--otlp-http-endpoint", &format!("127.0.0.1:{port}")])
            .args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{other}")])
            .env("NO_COLOR", "1")
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        patience::until("the receiver listens", || {
            assert!(child.try_wait().unwrap().is_none(), "rotel has ended");
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self { child, folder, port }
    }

    /// Where it takes spans in.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// All that it has written.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join("log")).unwrap()).into_owned()
    }

    /// Every span it has taken in so far, in the order they came.
    pub fn spans(&self) -> Vec<Received> {
        let mut spans: Vec<Received> = Vec::new();
        // What stands before a batch's first span is told of all of them.
        let mut is_inside = false;
        for line in self.log().lines() {
            if line.starts_with("Span #") {
                spans.push(Received::default());
                is_inside = true;
            }
            is_inside &= !line.starts_with("ResourceSpans #");
            let Some(span) = spans.last_mut().filter(|_| is_inside) else {
                continue;
            };
            if let Some((key, value)) =
                line.trim_start().strip_prefix("-> ").and_then(|own| own.split_once(": "))
            {
                span.attributes.insert(key.to_owned(), value.to_owned());
            } else if let Some((key, value)) = line.split_once(':') {
                let value = value.trim().to_owned();
                match key.trim() {
                    "Trace ID" => span.trace = value,
                    "Parent ID" => span.parent = value,
                    "ID" => span.id = value,
                    "Name" => span.name = value,
                    "Kind" => span.kind = value,
                    "Status code" => span.status = value,
                    _ => {}
                }
            }
        }
        spans
    }

    /// Waits until there are so many spans.
    #[track_caller]
    pub fn has(&self, count: usize) -> Vec<Received> {
        patience::until(&format!("{count} spans are there"), || {
            self.spans().len() >= count && self.spans().last().is_some_and(|last| !last.attributes.is_empty())
        });
        let spans = self.spans();
        assert_eq!(spans.len(), count, "{spans:#?}");
        spans
    }
}

impl Received {
    /// An attribute, as the receiver writes it; empty if it isn't there.
    pub fn is(&self, key: &str) -> &str {
        self.attributes.get(key).map_or("", String::as_str)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
