//! What outlives a stack, as it is shown and as it is deleted.

use std::fmt;
use std::time::Duration;

use indicatif::HumanCount;
use jobq_adapters::aws::stack::leftovers::{Leftover, LeftoverKind, Leftovers};
use jobq_adapters::clock::SystemClock;
use jobq_core::ports::clock::Clock;
use serde::Serialize;

use super::patience::persist;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::readings::{row, table};

/// Between two looks whether the table has gone.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How often is looked: a table takes half a minute to go at most.
const LOOKS: u32 = 600;

/// What outlives a stack.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Remains {
    remains: Vec<Remain>,
    #[serde(skip)]
    leftovers: Vec<Leftover>,
}

#[derive(Debug, Clone, Serialize)]
struct Remain {
    kind: &'static str,
    name: String,
    /// Messages, roughly, or objects; none where it isn't counted.
    count: Option<u64>,
    /// Whether there are more than were counted.
    more: bool,
}

impl Remains {
    /// Looks for all that is there.
    pub(crate) async fn find(leftovers: &Leftovers, clock: &SystemClock) -> Result<Self, Failure> {
        Ok(Self::new(persist(clock, async || leftovers.list().await).await?))
    }

    fn new(leftovers: Vec<Leftover>) -> Self {
        Self { remains: leftovers.iter().map(Remain::from).collect(), leftovers }
    }

    /// What can be made anew: the programs, of what there is.
    pub(crate) fn programs(&self) -> Self {
        self.only(|leftover| leftover.kind == LeftoverKind::Programs)
    }

    /// What can't be made anew.
    pub(crate) fn data(&self) -> Self {
        self.only(|leftover| leftover.kind != LeftoverKind::Programs)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.leftovers.is_empty()
    }

    /// What is lost with it, in a few words.
    pub(crate) fn loss(&self) -> String {
        let sum = |kind| {
            let of_kind = self.leftovers.iter().filter(|leftover| leftover.kind == kind);
            let (count, more) = of_kind.fold((0, false), |(count, more), leftover| {
                (count + leftover.count.unwrap_or_default(), more | leftover.more)
            });
            format!("{}{}", HumanCount(count), if more { " or more" } else { "" })
        };
        format!(
            "{} tasks, {} dead letters, {} objects of results, and how much of each quota is used",
            sum(LeftoverKind::Tasks),
            sum(LeftoverKind::Letters),
            sum(LeftoverKind::Results)
        )
    }

    /// Deletes all of it, and waits until its names are free again; those of queues are after a minute.
    pub(crate) async fn delete(
        &self,
        leftovers: &Leftovers,
        clock: &SystemClock,
        printer: Printer,
    ) -> Result<(), Failure> {
        for leftover in &self.leftovers {
            persist(clock, async || leftovers.delete(leftover).await).await?;
            printer.note(format_args!("  deleted {} {}", word(leftover.kind), leftover.name));
        }
        if !self.leftovers.iter().any(|leftover| leftover.kind == LeftoverKind::Ledger) {
            return Ok(());
        }
        for _ in 0..LOOKS {
            if !persist(clock, async || leftovers.has_table().await).await? {
                return Ok(());
            }
            clock.sleep(LOOK_EVERY).await;
        }
        Err(Failure::failed("the ledger's table is still being deleted")
            .hint("look again: jobq destroy --delete-data"))
    }

    fn only(&self, wanted: impl Fn(&Leftover) -> bool) -> Self {
        Self::new(self.leftovers.iter().filter(|leftover| wanted(leftover)).cloned().collect())
    }
}

impl From<&Leftover> for Remain {
    fn from(leftover: &Leftover) -> Self {
        Self {
            kind: word(leftover.kind),
            name: leftover.name.clone(),
            count: leftover.count,
            more: leftover.more,
        }
    }
}

fn word(kind: LeftoverKind) -> &'static str {
    match kind {
        LeftoverKind::Tasks => "queue",
        LeftoverKind::Letters => "dead-letter queue",
        LeftoverKind::Ledger => "ledger",
        LeftoverKind::Results => "results",
        LeftoverKind::Programs => "programs",
    }
}

impl fmt::Display for Remains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![row(["KIND", "NAME", "HOLDS"])];
        for remain in &self.remains {
            let count = remain.count.map_or_else(|| "-".to_owned(), |count| HumanCount(count).to_string());
            let more = if remain.more { " or more" } else { "" };
            rows.push(row([remain.kind, &remain.name, &format!("{count}{more}")]));
        }
        table(f, &rows)
    }
}
