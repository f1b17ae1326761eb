//! Requests of several entries, answered entry by entry: SQS says 200 to a request of which half has failed.

use std::future::Future;
use std::time::Duration;

use aws_sdk_sqs::types::BatchResultErrorEntry;
use futures::StreamExt;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::ports::clock::Clock;

/// How often an entry is tried that SQS failed at: it is one of ten whose others went well, so the service is there.
const TRIES: u32 = 3;

/// How long the entries wait for their second try; the third comes after twice that.
const PAUSE: Duration = Duration::from_millis(50);

/// What SQS made of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is done, and durable.
    Held,
    /// The entry itself is wrong, for this reason: trying again can't help.
    Refused(String),
}

/// What became of entries, each by the number it was asked with. An entry without an answer may have happened or not,
/// and then there is a fault that says why.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) answers: Vec<(usize, Answer)>,
    pub(super) fault: Option<Fault>,
}

impl Told {
    /// Takes in what became of others; the first fault stays.
    pub(super) fn add(&mut self, other: Self) {
        self.answers.extend(other.answers);
        self.fault = self.fault.take().or(other.fault);
    }

    /// Nothing but a fault.
    pub(super) fn failed(fault: Fault) -> Self {
        Self { answers: Vec::new(), fault: Some(fault) }
    }

    /// The same, where an entry that is wrong is a fault.
    pub(super) fn strict(mut self, operation: &str) -> Self {
        let refused = self.answers.iter().position(|(_, answer)| *answer != Answer::Held);
        if let Some((_, Answer::Refused(reason))) = refused.map(|at| self.answers.swap_remove(at)) {
            self.answers.retain(|(_, answer)| *answer == Answer::Held);
            self.fault = Some(Fault::new(FaultKind::Lasting, operation).caused_by(reason));
        }
        self
    }
}

/// What SQS replied to one request, by the ids of its entries.
pub(super) struct Reply {
    held: Vec<String>,
    failed: Vec<BatchResultErrorEntry>,
}

impl Reply {
    pub(super) fn new(held: impl Iterator<Item = String>, failed: Vec<BatchResultErrorEntry>) -> Self {
        Self { held: held.collect(), failed }
    }
}

/// Makes the request of these entries, and makes it again of those that failed, a few times.
pub(super) async fn ask<C, F, R>(clock: &C, operation: &str, entries: Vec<usize>, request: R) -> Told
where
    C: Clock,
    R: Fn(Vec<usize>) -> F,
    F: Future<Output = Result<Reply, Fault>>,
{
    let mut told = Told::default();
    let mut open = entries;
    let mut last = "no answer".to_owned();
    for tried in 0..TRIES {
        if tried > 0 {
            clock.sleep(PAUSE * tried).await;
        }
        let reply = match request(open.clone()).await {
            Ok(reply) => reply,
            Err(fault) => {
                told.fault = Some(fault);
                return told;
            }
        };
        for entry in reply.failed {
            let reason = format!("{}: {}", entry.code, entry.message.as_deref().unwrap_or("no reason given"));
            if entry.sender_fault && !is_throttled(&entry.code) {
                close(&mut open, &mut told, &entry.id, Answer::Refused(reason));
            } else {
                last = reason;
            }
        }
        reply.held.iter().for_each(|id| close(&mut open, &mut told, id, Answer::Held));
        if open.is_empty() {
            return told;
        }
    }
    let cause = format!("SQS failed {TRIES} times at {} entries, last with {last}", open.len());
    told.fault = Some(Fault::new(FaultKind::Passing, operation).caused_by(cause));
    told
}

/// Does jobs, so many at a time, and answers when the last is done: dropping the others because one failed would
/// forget what became of them.
pub(super) async fn all<F: Future<Output = Told>>(jobs: Vec<F>, at_once: usize) -> Told {
    let mut told = Told::default();
    let mut done = futures::stream::iter(jobs).buffer_unordered(at_once);
    while let Some(one) = done.next().await {
        told.add(one);
    }
    told
}

/// Notes an answer, if the entry it names is one of those asked for.
fn close(open: &mut Vec<usize>, told: &mut Told, id: &str, answer: Answer) {
    let Ok(number) = id.parse::<usize>() else {
        return;
    };
    if let Some(at) = open.iter().position(|entry| *entry == number) {
        told.answers.push((open.swap_remove(at), answer));
    }
}

/// Too fast isn't the entry's own fault, though some say it is.
fn is_throttled(code: &str) -> bool {
    code.contains("Throttl")
}

#[cfg(test)]
mod tests {
    //! Every entry is answered by its own id, whatever order SQS answers in and whatever it leaves out.

    use std::cell::RefCell;

    use futures::FutureExt;
    use jobq_core::time::Timestamp;

    use super::*;

    struct NoWait;

    impl Clock for NoWait {
        fn now(&self) -> Timestamp {
            Timestamp::EPOCH
        }

        fn uptime(&self) -> Duration {
            Duration::ZERO
        }

        async fn sleep(&self, _length: Duration) {}
    }

    fn failed(id: usize, code: &str, sender_fault: bool) -> BatchResultErrorEntry {
        let entry = BatchResultErrorEntry::builder().id(id.to_string()).code(code);
        entry.sender_fault(sender_fault).build().unwrap()
    }

    fn told(entries: &[usize], request: impl Fn(&[usize]) -> Result<Reply, Fault>) -> Told {
        let request = |open: Vec<usize>| std::future::ready(request(&open));
        let mut told = ask(&NoWait, "ask", entries.to_vec(), request).now_or_never().unwrap();
        told.answers.sort_by_key(|(entry, _)| *entry);
        told
    }

    fn held(entries: &[usize]) -> impl Iterator<Item = String> {
        entries.iter().rev().map(ToString::to_string)
    }

    #[test]
    fn only_what_failed_is_tried_again() {
        let asked = RefCell::new(Vec::new());
        let told = told(&[7, 8, 9], |open| {
            asked.borrow_mut().push(open.len());
            match open.len() {
                3 => Ok(Reply::new(held(&[7]), vec![failed(8, "InternalError", false)])),
                _ => Ok(Reply::new(held(open), Vec::new())),
            }
        });
        // The ninth was neither: it is unknown, and tried again as well.
        assert_eq!(asked.into_inner(), [3, 2]);
        assert_eq!(told.answers, [7, 8, 9].map(|entry| (entry, Answer::Held)));
        assert!(told.fault.is_none());
    }

    #[test]
    fn what_is_wrong_is_not_tried_again_and_too_fast_is_not_wrong() {
        let told = told(&[1, 2], |open| {
            let failures = [failed(1, "InvalidMessageContents", true), failed(2, "KmsThrottled", true)];
            Ok(Reply::new(std::iter::empty(), failures.into_iter().take(open.len()).collect()))
        });
        let reason = "InvalidMessageContents: no reason given".to_owned();
        assert_eq!(told.answers, [(1, Answer::Refused(reason))]);
        assert_eq!(told.fault.map(|fault| fault.kind()), Some(FaultKind::Passing));
    }

    #[test]
    fn an_entry_nobody_asked_for_is_no_answer() {
        let told = told(&[1], |_| Ok(Reply::new(held(&[5]), Vec::new())));
        assert!(told.answers.is_empty() && told.fault.is_some());
    }

    #[test]
    fn a_failed_request_leaves_its_entries_unknown() {
        let told = told(&[1, 2], |_| Err(Fault::new(FaultKind::Passing, "no route")));
        assert!(told.answers.is_empty() && told.fault.is_some());
    }
}
