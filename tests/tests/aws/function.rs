//! Functions on MiniStack: made from a folder's files, had run, and asked what they said.

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::rest;

/// How long a line is waited for, and between two looks: logs are kept some time after they were written.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A function, ready to be invoked.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    url: String,
    pub(crate) name: String,
}

/// How a function is to be made.
pub(crate) struct Recipe {
    /// What it is called.
    pub(crate) name: String,
    /// Its program.
    pub(crate) bootstrap: Vec<u8>,
    /// What lies beside its program.
    pub(crate) files: Vec<(&'static str, String)>,
    /// Its environment.
    pub(crate) variables: Value,
    /// How long it may run.
    pub(crate) timeout: Duration,
}

/// What came of an invocation that was waited for.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Whether the function failed.
    pub(crate) failed: bool,
    /// What it answered, or its failure.
    pub(crate) payload: Value,
    /// How long it was waited for.
    pub(crate) took: Duration,
}

impl Function {
    /// Makes a function on the server at `url`.
    pub(crate) async fn make(url: &str, recipe: Recipe) -> Self {
        let zip = packed(&recipe.bootstrap, &recipe.files);
        let body = json!({
            "FunctionName": recipe.name,
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Role": "arn:aws:iam::000000000000:role/test",
            "Architectures": ["x86_64"],
            "MemorySize": 128,
            "Timeout": recipe.timeout.as_secs(),
            "Code": { "ZipFile": base64(&zip) },
            "Environment": { "Variables": recipe.variables },
        });
        let made = rest::request(
            "lambda",
            Method::POST,
            format!("{url}/2015-03-31/functions"),
            &[],
            body.to_string().into_bytes(),
        );
        let made = made.await;
        let (status, text) = (made.status(), made.text().await.unwrap());
        assert!(status.is_success(), "{}: {text}", recipe.name);
        Self { url: url.to_owned(), name: recipe.name }
    }

    /// Has it run and waits for its answer.
    pub(crate) async fn invoke(&self, payload: &Value) -> Answer {
        self.invoke_with(payload.to_string().into_bytes()).await
    }

    /// The same with any bytes.
    pub(crate) async fn invoke_with(&self, payload: Vec<u8>) -> Answer {
        let begun = Instant::now();
        let response = rest::request("lambda", Method::POST, self.invocations(), &[], payload).await;
        let failed =
            response.headers().contains_key("x-amz-function-error") || !response.status().is_success();
        let text = response.text().await.unwrap();
        let payload = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { failed, payload, took: begun.elapsed() }
    }

    /// Has it run and doesn't wait.
    pub(crate) async fn invoke_soon(&self, payload: &Value) {
        let headers = [("x-amz-invocation-type", "Event")];
        let body = payload.to_string().into_bytes();
        let response = rest::request("lambda", Method::POST, self.invocations(), &headers, body).await;
        assert_eq!(response.status().as_u16(), 202);
    }

    /// The line that tells of such an event, once it is there.
    ///
    /// # Panics
    /// If it never comes.
    pub(crate) async fn line(&self, event: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let lines = self.log().await;
            if let Some(line) = lines.iter().find(|line| line["event"] == event && wanted(line)) {
                return line.clone();
            }
            assert!(begun.elapsed() < PATIENCE, "no such {event} in {lines:?}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The JSON lines it has written so far.
    pub(crate) async fn log(&self) -> Vec<Value> {
        let group = format!("/aws/lambda/{}", self.name);
        let body = json!({ "logGroupName": group }).to_string().into_bytes();
        let headers = [
            ("x-amz-target", "Logs_20140328.FilterLogEvents"),
            ("content-type", "application/x-amz-json-1.1"),
        ];
        let answer = rest::request("logs", Method::POST, self.url.clone(), &headers, body).await;
        // There is no group before the first line.
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let events = answer["events"].as_array().cloned().unwrap_or_default();
        let texts = events.iter().filter_map(|event| event["message"].as_str());
        texts.flat_map(str::lines).filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    fn invocations(&self) -> String {
        format!("{}/2015-03-31/functions/{}/invocations", self.url, self.name)
    }
}

/// A zip as Lambda takes it: the program and what lies beside it.
pub(crate) fn packed(bootstrap: &[u8], files: &[(&'static str, String)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let program = SimpleFileOptions::default().unix_permissions(0o755);
    zip.start_file("bootstrap", program).unwrap();
    zip.write_all(bootstrap).unwrap();
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
