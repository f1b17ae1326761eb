//! The stand-ins themselves: they answer, and nothing of them outlives its owner.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jobq_tests::aws::plain_http::signature;
use jobq_tests::aws::{self, MiniStack, Moto};

/// Set for a process that is to own stand-ins and nothing else.
const OWNER: &str = "JOBQ_TESTS_OWNER";

#[test]
fn both_keep_queues() {
    for url in [aws::ministack().url(), aws::moto().url()] {
        let queue = aws::unique("troops");
        let created = ask(&url, &format!("Action=CreateQueue&QueueName={queue}")).unwrap();
        assert!(created.contains(&format!("/{queue}</QueueUrl>")), "{created}");
    }
}

#[test]
fn all_tests_of_a_process_have_the_same_and_others_their_own() {
    assert_eq!(aws::ministack().url(), aws::ministack().url());
    let own = MiniStack::start();
    let queue = aws::unique("own");
    ask(&own.url(), &format!("Action=CreateQueue&QueueName={queue}")).unwrap();
    assert!(!ask(&aws::ministack().url(), "Action=ListQueues").unwrap().contains(&queue));
}

#[test]
fn names_differ() {
    assert_ne!(aws::unique("a"), aws::unique("a"));
}

#[test]
fn they_end_with_their_value() {
    let (ministack, moto) = (MiniStack::start(), Moto::start());
    let urls = [ministack.url(), moto.url()];
    drop((ministack, moto));
    assert!(urls.iter().all(|url| ask(url, "Action=ListQueues").is_none()), "{urls:?}");
}

#[test]
fn they_end_with_a_process_that_ends() {
    let (mut owner, urls) = owner("they_end_with_a_process_that_ends");
    drop(owner.stdin.take());
    assert!(owner.wait().unwrap().success());
    wait_for_end(&urls);
}

#[test]
fn they_end_with_a_process_that_is_killed() {
    let (mut owner, urls) = owner("they_end_with_a_process_that_is_killed");
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait_for_end(&urls);
}

/// Another process of this program, in the same test, and the stand-ins that its tests have in common.
/// In that process this doesn't return: it ends when its standard input does.
fn owner(test: &str) -> (Child, Vec<String>) {
    if std::env::var_os(OWNER).is_some() {
        println!("\n{}\n{}", aws::ministack().url(), aws::moto().url());
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        std::process::exit(0);
    }
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("stand_ins::{test}"), "--nocapture"])
        .env(OWNER, "yes")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(owner.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    let urls: Vec<String> = said.filter(|line| line.starts_with("http://")).take(2).collect();
    assert!(urls.iter().all(|url| ask(url, "Action=ListQueues").is_some()) && urls.len() == 2, "{urls:?}");
    (owner, urls)
}

/// That they are gone is the event: the keeper says so to nobody.
fn wait_for_end(urls: &[String]) {
    let begun = Instant::now();
    for url in urls {
        while ask(url, "Action=ListQueues").is_some() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{url} still answers");
            std::thread::yield_now();
        }
    }
}

/// What the SQS of a stand-in answers to a form; none if nobody listens.
fn ask(url: &str, form: &str) -> Option<String> {
    let address = url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).ok()?;
    let signed = signature("sqs");
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nauthorization: {signed}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    connection.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    Some(answer).filter(|answer| !answer.is_empty())
}
