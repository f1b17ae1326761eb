//! Which letters are meant, and what becomes of them.

use jobq_core::envelope::Envelope;
use jobq_core::fault::Fault;
use jobq_core::jq::{Failed, Made};
use jobq_core::letter::{Letter, LetterId};
use jobq_core::name::QueueName;
use jobq_core::ports::jq::Jq;
use jobq_core::ports::morgue::Found;
use jobq_core::time::Timestamp;

use super::change;
use super::filter::Filter;
use super::line::Line;
use super::picked::Picked;
use crate::draft::Draft;
use jobq_core::written::problem::Problem;

/// Which letters are meant, and what becomes of them.
#[derive(Debug)]
pub struct Order {
    /// The queue they lie in.
    pub queue: QueueName,
    /// What they are.
    pub filter: Filter,
    /// Only those picked, where there is such a file; sent back as it says.
    pub picked: Option<Picked>,
    /// What becomes of them.
    pub act: Act,
}

/// What becomes of letters.
#[derive(Debug)]
pub enum Act {
    /// They go back to their queue, each as this jq program changes it.
    SendBack(Option<String>),
    /// They are deleted.
    Drop,
}

/// Why an order goes no further.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The store's, or programs can't be run at all.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The program takes too much. It would do so over one letter after the other, for seconds each time.
    #[error("letter {}: {said}", .letter.0)]
    BrokenOff {
        /// The letter it was broken off at, by what the backend calls it.
        letter: LetterId,
        /// What it took too much of.
        said: String,
    },
}

/// What an order makes of one letter.
#[derive(Debug)]
pub(crate) enum Judged {
    /// It isn't meant.
    Other,
    /// It is meant, and there is no task in it to send back.
    NoTask,
    /// It is meant, and its task can't be changed so.
    Refused(Problem),
    /// It is deleted.
    Drops,
    /// It goes back as this.
    GoesBack(Box<Envelope>),
}

impl Order {
    /// Whether all letters of the queue are meant.
    pub fn is_everything(&self) -> bool {
        self.filter.is_everything() && self.picked.is_none()
    }

    /// What becomes of a letter that is sent back or dropped at `now`.
    pub(crate) async fn judge<J: Jq>(
        &self,
        jq: &J,
        found: &Found,
        now: Timestamp,
    ) -> Result<Judged, OrderError> {
        let letter = Letter::read(&found.body);
        let is_picked = self.picked.as_ref().is_none_or(|picked| picked.has(&found.id));
        if !is_picked || !self.filter.matches(&self.queue, found, &letter) {
            return Ok(Judged::Other);
        }
        let Act::SendBack(program) = &self.act else {
            return Ok(Judged::Drops);
        };
        let Some(envelope) = letter.revived(now) else {
            return Ok(Judged::NoTask);
        };
        let draft = match program {
            None => self.picked.as_ref().and_then(|picked| picked.draft(&found.id)).cloned().map(Ok),
            Some(program) => {
                let made = self.made(jq, program, found, &letter).await?;
                let Some(edited) = change::edited(made, &envelope).transpose() else {
                    return Ok(Judged::Other);
                };
                Some(edited)
            }
        };
        let changed = draft.transpose().and_then(|draft| changed(envelope, draft));
        Ok(changed.map_or_else(Judged::Refused, Judged::GoesBack))
    }

    /// What the program made of a letter's line, or what it failed at over this one.
    async fn made<J: Jq>(
        &self,
        jq: &J,
        program: &str,
        found: &Found,
        letter: &Letter,
    ) -> Result<Result<Made, Failed>, OrderError> {
        let line = Line::new(&self.queue, found, letter).to_json();
        match jq.run(&change::job(program, line)).await? {
            Err(Failed::BrokenOff { said, .. }) => {
                Err(OrderError::BrokenOff { letter: found.id.clone(), said })
            }
            made => Ok(made),
        }
    }
}

/// The task as it is sent back.
fn changed(mut envelope: Envelope, draft: Option<Draft>) -> Result<Box<Envelope>, Problem> {
    if let Some(draft) = draft {
        change::apply(&mut envelope, draft)?;
    }
    Ok(Box::new(envelope))
}
