//! A server that answers as a test says: for what neither stand-in does, like a queue at its ceiling or a request of
//! which a part fails. That it answers as AWS would is only as true as the API's model that it was written from.

use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A request: what it asks, and its body.
pub(crate) type Asked = (String, Value);

/// A running server. It ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Scripted {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    /// A server that answers with a status and JSON. `answer` is told the action, the body, and how many requests of
    /// that action came before. It answers for queues' addresses by itself.
    pub(crate) async fn start<A>(answer: A) -> Self
    where
        A: Fn(&str, &Value, usize) -> (u16, Value) + Send + Sync + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, asked: Arc::default() };
        let (own, answer) = (server.clone(), Arc::new(answer));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (own, answer) = (own.clone(), Arc::clone(&answer));
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let (own, answer) = (own.clone(), Arc::clone(&answer));
                        async move { own.reply(request, &*answer).await }
                    });
                    // A client that goes away is no concern of ours.
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ = connection.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        server
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The bodies of all requests of an action so far.
    pub(crate) fn asked(&self, action: &str) -> Vec<Value> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(known, _)| known == action).map(|(_, body)| body.clone()).collect()
    }

    async fn reply<A>(
        &self,
        request: Request<Incoming>,
        answer: &A,
    ) -> Result<Response<Full<Bytes>>, hyper::Error>
    where
        A: Fn(&str, &Value, usize) -> (u16, Value),
    {
        let (head, body) = request.into_parts();
        let target = head.headers["x-amz-target"].to_str().unwrap();
        let action = target.rsplit('.').next().unwrap().to_owned();
        let body: Value = serde_json::from_slice(&body.collect().await?.to_bytes()).unwrap();
        let before = self.asked(&action).len();
        self.asked.lock().unwrap().push((action.clone(), body.clone()));
        let (status, answer) = if action == "GetQueueUrl" {
            (200, json!({ "QueueUrl": format!("{}/1/{}", self.url, body["QueueName"].as_str().unwrap()) }))
        } else {
            answer(&action, &body, before)
        };
        let reply = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
        Ok(reply.body(Full::new(Bytes::from(answer.to_string()))).unwrap())
    }
}

/// Every entry of a batch request went well.
pub(crate) fn all_well(body: &Value) -> Value {
    let entries = body["Entries"].as_array().unwrap().iter();
    let well = |entry: &Value| json!({ "Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "d" });
    json!({ "Successful": entries.map(well).collect::<Vec<_>>(), "Failed": [] })
}
