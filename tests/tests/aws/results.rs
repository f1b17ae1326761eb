//! Results in S3, and in files by the same contract.

use std::io::Read;
use std::path::PathBuf;

use flate2::read::MultiGzDecoder;
use jobq_adapters::aws::results::S3Results;
use jobq_adapters::aws::results::read::{Found, read};
use jobq_adapters::aws::sdk::Sdk;
use jobq_adapters::result_file::ResultFile;
use jobq_adapters::result_log::Line;
use jobq_core::attempt::Attempt;
use jobq_core::fault::FaultKind;
use jobq_core::ports::result_sink::ResultSink;
use jobq_core::record::Record;
use jobq_core::time::Timestamp;
use jobq_tests::aws::proxy::{Proxy, Trouble};
use jobq_tests::aws::{ministack, moto, unique};
use jobq_tests::contract::result_sink;
use jobq_tests::contract::result_sink::subject::{Results, record, tasks};
use jobq_tests::hand_clock::HandClock;
use reqwest::Method;

use crate::{parts, rest};

macro_rules! hold_result_sink {
    ($results:expr) => {
        hold_result_sink! { $results;
            appended_records_are_there,
            no_records_are_no_lines,
            appends_add_to_what_is_there,
            a_repeat_is_whole,
            competing_appends_lose_nothing,
        }
    };
    ($results:expr; $($case:ident),+ $(,)?) => {
        $(#[tokio::test]
        async fn $case() {
            result_sink::$case($results.await).await;
        })+
    };
}

mod files {
    use super::*;
    hold_result_sink!(async { Folder(tempfile::tempdir().unwrap()) });
}

mod on_ministack {
    use super::*;
    hold_result_sink!(Bucket::make(&ministack().url()));
}

mod on_moto {
    use super::*;
    hold_result_sink!(Bucket::make(&moto().url()));
}

/// A folder of this machine.
struct Folder(tempfile::TempDir);

impl Results for Folder {
    type Sink = ResultFile;

    fn open(&self) -> ResultFile {
        ResultFile::open(self.0.path()).unwrap()
    }

    async fn lines(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.0.path()).unwrap();
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }
}

/// A bucket of a stand-in. Time stands still for those who write to it.
#[derive(Clone)]
struct Bucket {
    url: String,
    sdk: Sdk,
    bucket: String,
}

impl Bucket {
    async fn make(url: &str) -> Self {
        let bucket = unique("results");
        parts::make_bucket(url, &bucket).await;
        Self { url: url.to_owned(), sdk: parts::sdk(url).await, bucket }
    }

    /// A sink of the drainer `drain-1`.
    fn sink(&self, queues: &[(&str, &str)]) -> S3Results<HandClock> {
        self.sink_of("drain-1", queues)
    }

    fn sink_of(&self, drainer: &str, queues: &[(&str, &str)]) -> S3Results<HandClock> {
        let clock = HandClock::new(Timestamp::from_micros(1_795_269_787_000_123));
        let mut sink = S3Results::open(&self.sdk, self.bucket.clone(), drainer.parse().unwrap(), clock);
        for (queue, place) in queues {
            sink.add(queue.parse().unwrap(), &place.parse().unwrap());
        }
        sink
    }

    async fn keys(&self) -> Vec<String> {
        let (_, list) = self.get("?list-type=2").await;
        let list = String::from_utf8(list).unwrap();
        let keys = list.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap().to_owned());
        let mut keys: Vec<String> = keys.collect();
        keys.sort();
        keys
    }

    /// What is there, and what it is said to be.
    async fn get(&self, path: &str) -> (String, Vec<u8>) {
        let url = format!("{}/{}{path}", self.url, self.bucket);
        let response = rest::request("s3", Method::GET, url, &[], Vec::new()).await;
        assert!(response.status().is_success(), "{path}: {}", response.status());
        assert!(!response.headers().contains_key("content-encoding"), "it is gzip by name, not by encoding");
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        (kind, response.bytes().await.unwrap().to_vec())
    }
}

impl Results for Bucket {
    type Sink = S3Results<HandClock>;

    fn open(&self) -> S3Results<HandClock> {
        self.sink_of(&unique("drain"), &[("troops", "results/troops")])
    }

    async fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for key in self.keys().await {
            let mut text = String::new();
            let (kind, packed) = self.get(&format!("/{key}")).await;
            assert_eq!(kind, "application/gzip");
            MultiGzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
            assert!(text.ends_with('\n'), "{key}");
            lines.extend(text.lines().map(str::to_owned));
        }
        lines
    }
}

fn of_queue(queue: &str, task: &str) -> Record {
    Record { queue: queue.parse().unwrap(), ..record(task, b"{}") }
}

#[tokio::test]
async fn each_place_gets_one_object_of_an_append() {
    let bucket = Bucket::make(&ministack().url()).await;
    let other = Bucket::make(&ministack().url()).await;
    let elsewhere = format!("s3://{}/a/b", other.bucket);
    let sink = bucket.sink(&[("troops", "results"), ("warriors", "./results/"), ("ships", &elsewhere)]);
    let records = ["troops", "ships", "nowhere", "warriors", "troops"].map(|queue| of_queue(queue, queue));
    sink.append(&records).await.unwrap();
    assert_eq!(tasks(&bucket).await, ["troops", "warriors", "troops"]);
    assert_eq!(tasks(&other).await, ["ships"]);
    let keys = [bucket.keys().await, other.keys().await].concat();
    let (ours, theirs) = (keys[0].strip_prefix("results/"), keys[1].strip_prefix("a/b/"));
    let mut names = [ours.unwrap(), theirs.unwrap()];
    names.sort();
    let expected = [1, 2].map(|number| format!("2026/11/21/140307-drain-1-{number:05}.jsonl.gz"));
    assert_eq!(names, expected);
}

impl Bucket {
    /// What is told of the calls of the queue `troops` since an instant: the tasks with how many of their starts are
    /// known, in order of their names; `?` for a line that can't be read.
    async fn told(&self, place: &str, since: Timestamp) -> (Found, Vec<String>) {
        let mut told = Vec::new();
        let mut tell = |line| {
            told.push(match line {
                Line::Told { story, .. } => format!("{} {}", story.task, story.starts.len()),
                Line::Broken(broken) => format!("? {}:{}", broken.place, broken.line),
            });
        };
        let found = read(&self.sdk, &self.bucket, &place.parse().unwrap(), since, &mut tell).await.unwrap();
        told.sort();
        (found, told)
    }

    async fn put(&self, key: &str, body: &[u8]) {
        let url = format!("{}/{}/{key}", self.url, self.bucket);
        let response = rest::request("s3", Method::PUT, url, &[], body.to_vec()).await;
        assert!(response.status().is_success(), "{key}: {}", response.status());
    }
}

fn found(objects: u64, foreign: u64, told: &[&str]) -> (Found, Vec<String>) {
    (Found { objects, foreign }, told.iter().map(|task| (*task).to_owned()).collect())
}

#[tokio::test]
async fn what_was_written_is_read_back_with_every_attempt() {
    for url in [ministack().url(), moto().url()] {
        let bucket = Bucket::make(&url).await;
        let (all, place) = (Timestamp::EPOCH, "results/troops");
        assert_eq!(bucket.told(place, all).await, found(0, 0, &[]), "nothing was written yet");
        let failed = Attempt {
            started_at: Timestamp::from_secs(1),
            latency_ms: 3,
            status: Some(500),
            error: None,
            spent: true,
        };
        let large = vec![b'x'; 12 << 20];
        let retried = Record { attempt: 2, earlier: vec![failed], ..record("b", &large) };
        let sink = bucket.sink(&[("troops", place), ("ships", "results/troops/more"), ("other", "results")]);
        sink.append(&[record("a", &large), retried, of_queue("ships", "s"), of_queue("other", "o")])
            .await
            .unwrap();
        sink.append(&[record("c", b"{}")]).await.unwrap();
        assert_eq!(bucket.told(place, all).await, found(3, 1, &["a 1", "b 2", "c 1"]));
        let mine = format!("s3://{}/{place}", bucket.bucket);
        assert_eq!(bucket.told(&mine, all).await.1, ["a 1", "b 2", "c 1"]);
    }
}

#[tokio::test]
async fn what_was_written_before_is_left_out_and_what_is_broken_is_told() {
    let bucket = Bucket::make(&ministack().url()).await;
    bucket.sink(&[("troops", "results")]).append(&[record("a", b"{}")]).await.unwrap();
    let written = bucket.keys().await.remove(0);
    let torn = "results/2026/11/21/150000-drain-2-00001.jsonl.gz";
    bucket.put(torn, b"no gzip").await;
    bucket.put("results/notes.txt", b"mine").await;
    let broken = format!("? s3://{}/{torn}:1", bucket.bucket);
    let at = |micros| Timestamp::from_micros(1_795_269_787_000_123_u64 + micros);
    for (since, expected) in [
        (at(0), found(2, 1, &[&broken, "a 1"])),
        (at(59_000_000), found(2, 1, &[&broken, "a 1"])),
        (at(70_000_000), found(1, 1, &[&broken])),
    ] {
        assert_eq!(bucket.told("results", since).await, expected, "{written} since {since}");
    }
}

#[tokio::test]
async fn a_thousand_objects_are_more_than_a_page() {
    let bucket = Bucket::make(&ministack().url()).await;
    let sink = bucket.sink(&[("troops", "results")]);
    let tasks: Vec<String> = (0..1_030).map(|task| format!("t{task:04}")).collect();
    for tasks in tasks.chunks(10) {
        let records: Vec<Record> = tasks.iter().map(|task| record(task, b"{}")).collect();
        let appends = records.chunks(1).map(|record| sink.append(record));
        futures::future::try_join_all(appends).await.unwrap();
    }
    let (found, told) = bucket.told("results", Timestamp::EPOCH).await;
    assert_eq!((found.objects, told.len()), (1_030, 1_030));
    assert!(told.iter().zip(&tasks).all(|(told, task)| *told == format!("{task} 1")));
}

#[tokio::test]
async fn a_bucket_that_can_not_be_read_is_a_fault_that_lasts() {
    let bucket = Bucket { bucket: unique("none"), ..Bucket::make(&ministack().url()).await };
    let place = "results".parse().unwrap();
    let fault = read(&bucket.sdk, &bucket.bucket, &place, Timestamp::EPOCH, &mut |_| {}).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Lasting);
    assert!(fault.chain().starts_with("read results in s3://"), "{}", fault.chain());
}

/// Two drainers of one id want the same names at the same time.
#[tokio::test]
async fn no_object_is_ever_overwritten() {
    for url in [ministack().url(), moto().url()] {
        let bucket = Bucket::make(&url).await;
        let places = [("troops", "results")];
        let (one, two) = (bucket.sink(&places), bucket.sink(&places));
        for round in ["1", "2", "3"] {
            let (ours, theirs) = ([record(&format!("a{round}"), b"")], [record(&format!("b{round}"), b"")]);
            let (ours, theirs) = futures::join!(one.append(&ours), two.append(&theirs));
            ours.and(theirs).unwrap();
        }
        let mut found = tasks(&bucket).await;
        found.sort();
        assert_eq!(found, ["a1", "a2", "a3", "b1", "b2", "b3"]);
    }
}

#[tokio::test]
async fn a_large_append_is_split_and_a_large_record_is_not() {
    let bucket = Bucket::make(&ministack().url()).await;
    let megabyte = vec![b'x'; 1 << 20];
    let mut records: Vec<Record> = (0..20).map(|at| record(&format!("t{at:02}"), &megabyte)).collect();
    records.push(record("t20", &vec![b'y'; 17 << 20]));
    bucket.open().append(&records).await.unwrap();
    let mut found = tasks(&bucket).await;
    found.sort();
    assert_eq!(found, (0..21).map(|at| format!("t{at:02}")).collect::<Vec<_>>());
    assert_eq!(bucket.keys().await.len(), 3);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_stops_the_drainer_and_says_what_to_do() {
    let bucket = Bucket { bucket: unique("none"), ..Bucket::make(&ministack().url()).await };
    let fault = bucket.open().append(&[record("t", b"{}")]).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Lasting);
    assert!(fault.chain().contains("type 'jobq deploy'"), "{}", fault.chain());
    let mine = format!("s3://{}/a", unique("mine"));
    let fault = bucket.sink(&[("troops", &mine)]).append(&[record("t", b"{}")]).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Lasting);
    assert!(fault.chain().contains("name another one in jobq.toml"), "{}", fault.chain());
}

/// What was written under a lost reply stays; the repeat takes another name and is whole as well.
#[tokio::test]
async fn p1_after_a_lost_reply_a_repeat_doubles_and_tears_nothing() {
    let bucket = Bucket::make(&ministack().url()).await;
    let proxy = Proxy::start();
    proxy.lead_to(&bucket.url);
    let sink = Bucket { sdk: parts::sdk(proxy.url()).await, ..bucket.clone() }.open();
    let records = [record("one", b"{}"), record("two", b"{}")];
    for (trouble, objects) in [(Trouble::ServerError, 0), (Trouble::LostReply, 1)] {
        proxy.trouble("s3", trouble);
        let fault = sink.append(&records).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Passing);
        assert_eq!(bucket.keys().await.len(), objects, "{trouble:?}");
    }
    proxy.mend("s3");
    sink.append(&records).await.unwrap();
    assert_eq!(tasks(&bucket).await, ["one", "two", "one", "two"]);
}

#[tokio::test]
async fn nobody_listening_is_worth_another_try() {
    let bucket =
        Bucket { sdk: parts::sdk("http://127.0.0.1:1").await, ..Bucket::make(&ministack().url()).await };
    let fault = bucket.open().append(&[record("t", b"{}")]).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Passing);
}
