//! Lists dead letters: the first page is a look at all of them, the next ones are read from what it found.

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::morgue::{Cursor, Morgue, Page};

use super::store::{AwsStore, locked};

impl<C: Clock> Morgue for AwsStore<C> {
    async fn list(&self, queue: &QueueName, cursor: Option<Cursor>, max: usize) -> Result<Page, Fault> {
        let operation = format!("list the dead letters of queue '{queue}'");
        let place = match cursor {
            Some(cursor) => Place::read(&operation, &cursor)?,
            None => {
                let name = self.shared.stack.dead_letter_queue(queue);
                let Some(at) = self.look_up(&operation, name).await? else {
                    return Ok(Page { letters: Vec::new(), next: None });
                };
                let letters = self.look(&operation, &at).await?;
                Place { look: locked(&self.shared.looks).keep(letters), offset: 0 }
            }
        };
        self.page(&place, max).ok_or_else(|| {
            let cause = "the list was begun by another program, or long ago: begin it again";
            Fault::new(FaultKind::Lasting, operation).caused_by(cause)
        })
    }
}

impl<C: Clock> AwsStore<C> {
    /// The letters from a place on; none if what was found there isn't kept any more.
    fn page(&self, place: &Place, max: usize) -> Option<Page> {
        let mut looks = locked(&self.shared.looks);
        let rest = looks.letters(place.look)?.get(place.offset..)?;
        let letters: Vec<Vec<u8>> = rest.iter().take(max).cloned().collect();
        let next = (letters.len() < rest.len())
            .then(|| Place { offset: place.offset + letters.len(), ..*place }.cursor());
        if next.is_none() {
            looks.forget(place.look);
        }
        Some(Page { letters, next })
    }
}

/// A place in what a look found.
#[derive(Debug, Clone, Copy)]
struct Place {
    look: u64,
    offset: usize,
}

impl Place {
    fn cursor(self) -> Cursor {
        Cursor(format!("{}:{}", self.look, self.offset))
    }

    fn read(operation: &str, cursor: &Cursor) -> Result<Self, Fault> {
        let place = cursor
            .0
            .split_once(':')
            .and_then(|(look, offset)| Some(Self { look: look.parse().ok()?, offset: offset.parse().ok()? }));
        place.ok_or_else(|| {
            let cause = format!("'{}' is no place in this list", cursor.0);
            Fault::new(FaultKind::Lasting, operation).caused_by(cause)
        })
    }
}
