//! Fan-in: from the end of a batch to the one task that goes on with what it has brought.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use crate::batch::NewBatch;
use crate::completion::{Completion, FollowUp};
use crate::envelope::Envelope;
use crate::jq::{Act, Failed, Job, Link, Made};
use crate::name::BatchId;
use crate::policy::made::{self, choose_no_secret};
use crate::policy::wait::stretch;
use crate::settlement::{Child, LARGEST_ENVELOPE};
use crate::task::{Task, TaskId};
use crate::time::Timestamp;
use crate::written::object;

/// How much of a batch's name the follow-up's name begins with where the whole has no room.
const KEPT: usize = 60;

/// What is run over the summary.
pub fn job(follow_up: &FollowUp, completion: &Completion) -> Job {
    let link = Link { act: Act::Makes, code: follow_up.task.code.clone() };
    let input = completion.summary().to_string().into_bytes();
    Job { input, variables: Vec::new(), chains: vec![vec![link]], most: 1 }
}

/// The batch of the follow-up and its task, of what the program made.
///
/// Both are named after the batch that has ended and how many times it has, so that a second try makes the same.
///
/// # Errors
/// What is wrong with the program or what it made, in words.
pub fn follow_up(
    follow_up: &FollowUp,
    completion: &Completion,
    outcome: Result<Made, Failed>,
    now: Timestamp,
    longest_delay: Option<Duration>,
) -> Result<(NewBatch, Child), String> {
    let wrong = |said: String| format!("{}: {said}", follow_up.task.key);
    let texts = outcome.map_err(|failed| wrong(words(failed)))?;
    let text = texts.first().and_then(|texts| texts.first());
    let text = text.ok_or_else(|| wrong("it makes no task".to_owned()))?;
    // A batch's name may have come from anywhere.
    choose_no_secret("what it made", text, &follow_up.task.code).map_err(wrong)?;
    let object = made::object(text);
    let mut written = object::read(&object).map_err(|problem| wrong(problem.to_string()))?;
    let batch = name(completion);
    let (priority, delay) = (written.priority.unwrap_or_default(), written.delay.unwrap_or_default());
    let due = written.due(now);
    let id = written.id.take().unwrap_or_else(|| TaskId::of_line(&batch, 1));
    let task = Task { id, request: written.request(), priority, delay };
    let mut envelope = Envelope::new(task, batch.clone(), now);
    envelope.due = due;
    let parcel = envelope.seal();
    let bytes = parcel.body.len();
    if bytes > LARGEST_ENVELOPE {
        return Err(wrong(format!(
            "the task makes a message of {bytes} bytes, {LARGEST_ENVELOPE} are allowed"
        )));
    }
    let delay = due.map(|due| stretch(due, now, longest_delay)).unwrap_or_default();
    let source = format!("the end of {}", completion.batch.id);
    let batch = NewBatch { id: batch, queue: follow_up.queue.clone(), source, created_at: now };
    let child = Child { task: envelope.id.clone(), queue: follow_up.queue.clone(), parcel, delay };
    Ok((batch, child))
}

fn words(failed: Failed) -> String {
    match failed {
        Failed::TooMany => "it makes more than one task".to_owned(),
        Failed::Input(said) | Failed::Program { said, .. } | Failed::BrokenOff { said, .. } => {
            made::beginning(&said)
        }
    }
}

#[expect(clippy::expect_used, reason = "a piece of a name, a digest and a number are a name")]
fn name(completion: &Completion) -> BatchId {
    let (batch, times) = (completion.batch.id.as_str(), completion.times);
    let end = if times > 1 { format!(".complete-{times}") } else { ".complete".to_owned() };
    let whole = format!("{batch}{end}");
    whole.parse().unwrap_or_else(|_| {
        let short = format!("{}.{:016x}{end}", &batch[..KEPT.min(batch.len())], xxh3_64(batch.as_bytes()));
        short.parse().expect("these are a name")
    })
}

#[cfg(test)]
mod tests {
    //! One task, the same each time, and named after the batch it comes from.

    use super::*;
    use crate::batch::{BatchSummary, Tally};
    use crate::growth::Program;

    fn completion(batch: &str, times: u32) -> Completion {
        let batch = BatchSummary {
            id: batch.parse().unwrap(),
            queue: "maps".parse().unwrap(),
            source: "file".to_owned(),
            created_at: Timestamp::from_secs(1),
            complete: true,
            canceled_at: None,
            finished_at: Some(Timestamp::from_secs(5)),
            unfollowed: None,
            tally: Tally { known: 9, done: 8, dead: 1, skipped: 0 },
        };
        Completion { batch, finished_at: Timestamp::from_secs(5), times }
    }

    fn made(completion: &Completion, text: &str) -> Result<(NewBatch, Child), String> {
        outcome(completion, Ok(vec![vec![text.to_owned()]]))
    }

    fn outcome(completion: &Completion, outcome: Result<Made, Failed>) -> Result<(NewBatch, Child), String> {
        let task = Program { code: "x".to_owned(), key: "queues.maps.on_complete.task".to_owned(), line: 1 };
        let follow = FollowUp { queue: "reduces".parse().unwrap(), task };
        follow_up(&follow, completion, outcome, Timestamp::from_secs(6), None)
    }

    #[test]
    fn an_end_makes_one_task_and_again_another() {
        let (batch, child) = made(&completion("nightly", 1), r#""https://a.example/all""#).unwrap();
        assert_eq!((batch.id.as_str(), batch.queue.as_str()), ("nightly.complete", "reduces"));
        let envelope = Envelope::decode(&child.parcel.body).unwrap();
        assert_eq!(
            (envelope.id.as_str(), envelope.batch.as_str()),
            ("nightly.complete-1", "nightly.complete")
        );
        let again = made(&completion("nightly", 2), r#""https://a.example/all""#).unwrap();
        assert_eq!(again.0.id.as_str(), "nightly.complete-2");
        let long = made(&completion(&"n".repeat(100), 1), r#""https://a.example/all""#).unwrap().0.id;
        assert!(long.as_str().ends_with(".complete") && long.as_str().len() <= 100, "{long}");
    }

    #[test]
    fn what_is_no_task_is_told_by_its_program() {
        let told = |text: &str| made(&completion("b", 1), text).unwrap_err();
        assert!(
            told("7").starts_with("queues.maps.on_complete.task: '7' is not a JSON object"),
            "{}",
            told("7")
        );
        assert!(told(r#""https://a.example/${secret:t}""#).contains("the secret 't'"));
    }

    #[test]
    fn what_a_program_said_is_told_in_short() {
        let said = "x".repeat(600_000);
        let failed = Failed::Program { chain: 0, link: 0, item: None, said, excerpt: String::new() };
        let why = outcome(&completion("b", 1), Err(failed)).unwrap_err();
        assert!(why.len() < 300 && why.ends_with("xxx..."), "{} bytes", why.len());
    }
}
