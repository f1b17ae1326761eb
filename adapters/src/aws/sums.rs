//! What a batch's item counts: all of its tasks, and those of each queue, in attributes of their own.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jobq_core::batch::{Stage, Tally};
use jobq_core::name::QueueName;
use jobq_core::policy;

use super::page::{Note, Noted};
use super::table::{Item, Malformed, name, number, whole, whole_if_any};

/// The counts there are.
const COUNTS: [&str; 4] = ["known", "done", "dead", "skipped"];

/// Lies between a count and the queue it is of: `known/troops`. No name of a queue holds it.
const OF: char = '/';

/// What counts of a batch's item change by, by attribute.
#[derive(Debug, Default)]
pub(super) struct Sums(BTreeMap<String, i64>);

impl Sums {
    /// What was sent to a queue.
    pub(super) fn sent(queue: &QueueName, sent: u64) -> Self {
        let mut sums = Self::default();
        sums.add("known", queue, i64::try_from(sent).unwrap_or(i64::MAX));
        sums
    }

    /// What a note changes.
    pub(super) fn note(&mut self, noted: &Noted<'_>) {
        let (count, by) = match noted.note {
            Note::Known => ("known", 1),
            Note::Done => ("done", 1),
            Note::Dead => ("dead", 1),
            Note::Skipped => ("skipped", 1),
            Note::Back => ("dead", -1),
        };
        self.add(count, noted.queue, by);
    }

    fn add(&mut self, count: &str, queue: &QueueName, by: i64) {
        *self.0.entry(count.to_owned()).or_default() += by;
        *self.0.entry(format!("{count}{OF}{queue}")).or_default() += by;
    }

    /// What follows `ADD`: never empty, if only one thing is counted.
    pub(super) fn expression(&self) -> String {
        let each = (0..self.0.len()).map(|at| format!("#sum{at} :sum{at}"));
        each.collect::<Vec<_>>().join(", ")
    }

    /// The attributes by what the expression calls them: queues' names aren't words of DynamoDB's language.
    pub(super) fn names(&self) -> impl Iterator<Item = (String, String)> {
        self.0.keys().enumerate().map(|(at, name)| (format!("#sum{at}"), name.clone()))
    }

    /// What each changes by, by what the expression calls it.
    pub(super) fn values(&self) -> impl Iterator<Item = (String, AttributeValue)> {
        self.0.values().enumerate().map(|(at, by)| (format!(":sum{at}"), number(by)))
    }
}

/// The counts of all of a batch's tasks.
pub(super) fn tally(item: &Item) -> Result<Tally, Malformed> {
    Ok(Tally {
        known: whole(item, "known")?,
        done: whole(item, "done")?,
        dead: whole(item, "dead")?,
        // Batches of older programs have none.
        skipped: whole_if_any(item, "skipped")?.unwrap_or(0),
    })
}

/// The counts of each queue, in the order of their names.
pub(super) fn stages(item: &Item) -> Result<Vec<Stage>, Malformed> {
    Ok(policy::stages::stages(tally(item)?, &name(item, "queue", "")?, counted(item)))
}

/// What was counted of each queue. Attributes that aren't such counts are a newer program's.
fn counted(item: &Item) -> Vec<Stage> {
    let mut tallies: BTreeMap<QueueName, Tally> = BTreeMap::new();
    for (attribute, value) in item {
        let Some((count, queue)) = attribute.split_once(OF).filter(|(count, _)| COUNTS.contains(count))
        else {
            continue;
        };
        let (Ok(queue), Some(Ok(value))) = (queue.parse(), value.as_n().ok().map(|number| number.parse()))
        else {
            continue;
        };
        let tally = tallies.entry(queue).or_default();
        match count {
            "known" => tally.known = value,
            "done" => tally.done = value,
            "dead" => tally.dead = value,
            _ => tally.skipped = value,
        }
    }
    tallies.into_iter().map(|(queue, tally)| Stage { queue, tally }).collect()
}
