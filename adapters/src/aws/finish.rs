//! Tells that a batch has ended, by an event on the account's default bus of EventBridge.
//!
//! Whoever counts its last task, or moves its mark to the end, finds that out by a look at the batch, notes the instant, tells
//! it, and notes that it is told; only then are the messages deleted whose end it was. So after a crash in between they come
//! again, and whoever gets them tells it. It is told once, but for a crash between telling and noting it: the event says how
//! many times the batch has ended, and is the same then.
//!
//! What goes on from the end is pushed first: a task of its own batch, the same one however often.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use jobq_core::completion::{Completion, Followed};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::outbox::Outbox;
use jobq_core::time::Timestamp;

use super::batch::Changed;
use super::failure;
use super::invoke::invoke;
use super::overview::summary;
use super::store::AwsStore;
use super::table::{self, Item, Malformed, flag, number, whole_if_any};
use super::wake::Wake;

/// What events say they come from.
const SOURCE: &str = "jobq";

/// What an event says it tells: that a batch has ended.
const BATCH_FINISHED: &str = "Batch finished";

/// How long one program has for telling it before another one does: a jq program is waited for 30 s at most once it has
/// begun, and the requests are a dozen, which take a second together as a rule. Who comes too late has pushed the same task.
const HOLD: Duration = Duration::from_secs(60);

/// How often a push looks: for a while longer than a program may hold it.
const LOOKS_OF_A_PUSH: u32 = 400;

/// How often it is looked whether another program has told it, and how long between.
const LOOKS: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(200);

/// How the end of a batch stands.
enum Stand {
    /// It hasn't ended, or it is told.
    Settled,
    /// Somebody is about to tell it.
    Held,
    /// It is to be told: it has ended so, and the hold on it that has run out.
    Untold(Box<Completion>, Option<u64>),
}

/// Telling it, which may tell the end of another one on its way.
type Finishing<'a> = Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'a>>;

impl<C: Clock> AwsStore<C> {
    /// Tells that a batch has ended if it has and nobody told it. Ok promises that it is told, or open. Repeats are safe.
    ///
    /// Boxed, because what goes on from it is a batch too, and may end here.
    pub(super) fn finish<'a>(&'a self, batch: &'a BatchId) -> Finishing<'a> {
        Box::pin(self.finish_within(batch, LOOKS))
    }

    /// The same for a push, which doesn't come again as a message does: it waits until another program that is about to
    /// tell it has, or has run out of time.
    pub(super) fn finish_at_length<'a>(&'a self, batch: &'a BatchId) -> Finishing<'a> {
        Box::pin(self.finish_within(batch, LOOKS_OF_A_PUSH))
    }

    async fn finish_within(&self, batch: &BatchId, looks: u32) -> Result<(), Fault> {
        let operation = format!("tell whether batch '{batch}' has ended");
        for _ in 0..looks {
            let Some(item) = self.item(operation.clone(), table::batch_key(batch)).await? else {
                return Ok(());
            };
            let stand = stand(&item, self.clock.now());
            match stand.map_err(|malformed| table::unreadable(operation.clone(), malformed))? {
                Stand::Settled => return Ok(()),
                Stand::Held => self.clock.sleep(BETWEEN).await,
                Stand::Untold(completion, held) => {
                    let until = self.clock.now().plus(HOLD).as_nanos();
                    // Somebody else may have been faster, or have opened it again: looked at once more.
                    if self.hold(&operation, &completion, held, until).await? {
                        return self.tell(&operation, &completion, until).await;
                    }
                }
            }
        }
        let cause = "another program is about to tell it, and hasn't yet";
        Err(Fault::new(FaultKind::Passing, operation).caused_by(cause))
    }

    /// Notes how the batch has ended, and keeps others from telling it; false if it isn't as it was looked at any more.
    async fn hold(
        &self,
        operation: &str,
        completion: &Completion,
        held: Option<u64>,
        until: u64,
    ) -> Result<bool, Fault> {
        let request = || {
            let tally = completion.batch.tally;
            let request = self
                .change(&completion.batch.id)
                .update_expression(
                    "SET finished_at = :finished_at, times = :times, told = :told, held_until = :until, \
                     expires = :expires",
                )
                .expression_attribute_values(":finished_at", number(completion.finished_at.as_nanos()))
                .expression_attribute_values(":times", number(completion.times))
                .expression_attribute_values(":told", AttributeValue::Bool(false))
                .expression_attribute_values(":until", number(until))
                .expression_attribute_values(":known", number(tally.known))
                .expression_attribute_values(":done", number(tally.done))
                .expression_attribute_values(":dead", number(tally.dead));
            let counts = "known = :known AND done = :done AND dead = :dead";
            match held {
                None => {
                    request.condition_expression(format!("{counts} AND attribute_not_exists(held_until)"))
                }
                Some(held) => request
                    .condition_expression(format!("{counts} AND held_until = :held"))
                    .expression_attribute_values(":held", number(held)),
            }
        };
        Ok(self.changed(operation, request).await? == Changed::Yes)
    }

    async fn tell(&self, operation: &str, completion: &Completion, until: u64) -> Result<(), Fault> {
        let sent = self.go_on(operation, completion).await;
        let request = || {
            let request = self
                .change(&completion.batch.id)
                .condition_expression("held_until = :until")
                .expression_attribute_values(":until", number(until));
            // Told, or free for the next try at once.
            let (noted, value) = match &sent {
                Ok(_) => ("told", AttributeValue::Bool(true)),
                Err(_) => ("held_until", number(0)),
            };
            let set = format!("SET {noted} = :noted, expires = :expires");
            let request = request.expression_attribute_values(":noted", value);
            match sent.as_ref().ok().and_then(Followed::failure) {
                None => request.update_expression(set),
                Some(why) => request
                    .update_expression(format!("{set}, unfollowed = :why"))
                    .expression_attribute_values(":why", AttributeValue::S(why.to_owned())),
            }
        };
        let noted = self.changed(operation, request).await;
        sent.and(noted.map(drop))
    }

    /// Does all that is due at the end, before it is noted as told.
    async fn go_on(&self, operation: &str, completion: &Completion) -> Result<Followed, Fault> {
        let mut followed = Followed::Nothing;
        if let Some(sequels) = &self.sequels {
            followed = self.follow(sequels.after(completion).await?).await?;
            sequels.followed(completion, &followed);
        }
        if let Followed::Pushed(_) = followed {
            // Where it can't be woken it looks by itself, within a minute.
            drop(invoke(&self.shared.functions, &self.shared.stack.autoscaler(), Wake::Push).await);
        }
        self.put_event(operation, completion, &followed).await?;
        Ok(followed)
    }

    async fn put_event(
        &self,
        operation: &str,
        completion: &Completion,
        followed: &Followed,
    ) -> Result<(), Fault> {
        let mut detail = completion.summary();
        if let Some(why) = followed.failure() {
            detail["unfollowed"] = why.into();
        }
        // Of several stacks in one account, whose batch it is.
        detail["stack"] = self.shared.stack.name.as_str().into();
        let entry = PutEventsRequestEntry::builder()
            .source(SOURCE)
            .detail_type(BATCH_FINISHED)
            .detail(detail.to_string())
            .build();
        let put = self.shared.events.put_events().entries(entry).send().await;
        let put = put.map_err(|error| failure::fault(operation, error))?;
        match put.entries().iter().find_map(|entry| entry.error_code()) {
            None => Ok(()),
            Some(code) => {
                let cause = format!("EventBridge didn't take the event: {code}");
                Err(Fault::new(FaultKind::Passing, operation).caused_by(cause))
            }
        }
    }
}

fn stand(item: &Item, now: Timestamp) -> Result<Stand, Malformed> {
    let batch = summary(item)?;
    if !batch.has_ended() || (item.contains_key("told") && flag(item, "told")?) {
        return Ok(Stand::Settled);
    }
    let held = whole_if_any(item, "held_until")?;
    if held.is_some_and(|until| until > now.as_nanos()) {
        return Ok(Stand::Held);
    }
    // Whoever noted its end and was killed has counted it.
    let noted = batch.finished_at;
    let times = whole_if_any(item, "times")?.unwrap_or(0);
    let times = u32::try_from(times).unwrap_or(u32::MAX).saturating_add(u32::from(noted.is_none()));
    let finished_at = noted.unwrap_or(now);
    Ok(Stand::Untold(Box::new(Completion { batch, finished_at, times }), held))
}
