//! Lambda's side of a function: hands out one event and takes its answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Waits for a function to ask for work.
pub(crate) struct RuntimeApi(TcpListener);

/// A function that waits for an event.
pub(crate) struct Polled(BufReader<TcpStream>);

impl RuntimeApi {
    pub(crate) fn start() -> Self {
        Self(TcpListener::bind(("127.0.0.1", 0)).unwrap())
    }

    /// As `AWS_LAMBDA_RUNTIME_API` has it.
    pub(crate) fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Waits until the function asks for an event.
    pub(crate) fn polled(&self) -> Polled {
        let mut connection = BufReader::new(self.0.accept().unwrap().0);
        let (head, _) = read(&mut connection);
        assert!(head.starts_with("GET /2018-06-01/runtime/invocation/next "), "{head}");
        Polled(connection)
    }
}

impl Polled {
    /// Hands out an event that may take so long, and waits for the answer.
    pub(crate) fn invoke(mut self, timeout: Duration) -> String {
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + timeout;
        let event = format!(
            "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
             lambda-runtime-deadline-ms: {}\r\nlambda-runtime-invoked-function-arn: \
             arn:aws:lambda:us-east-1:000000000000:function:bench\r\ncontent-length: 2\r\n\r\n{{}}",
            deadline.as_millis()
        );
        self.0.get_mut().write_all(event.as_bytes()).unwrap();
        let (head, body) = read(&mut self.0);
        assert!(head.starts_with("POST ") && head.contains("/response "), "{head}{body}");
        body
    }
}

/// The head and the body of a request.
fn read(connection: &mut BufReader<TcpStream>) -> (String, String) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(connection.read_line(&mut head).unwrap() > 0, "the function has ended: {head}");
    }
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    connection.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}
