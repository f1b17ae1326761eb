//! Which letters are meant, and what becomes of them.

use jobq_core::envelope::Envelope;
use jobq_core::letter::Letter;
use jobq_core::name::QueueName;
use jobq_core::ports::morgue::Found;
use jobq_core::time::Timestamp;

use super::change;
use super::filter::Filter;
use super::line::Line;
use super::picked::Picked;
use super::program::Program;
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
    /// They go back to their queue, each as the program changes it.
    SendBack(Option<Program>),
    /// They are deleted.
    Drop,
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
    pub(crate) fn judge(&self, found: &Found, letter: &Letter, now: Timestamp) -> Judged {
        let is_picked = self.picked.as_ref().is_none_or(|picked| picked.has(&found.id));
        if !is_picked || !self.filter.matches(&self.queue, found, letter) {
            return Judged::Other;
        }
        match &self.act {
            Act::Drop => Judged::Drops,
            Act::SendBack(program) => {
                let Some(envelope) = letter.revived(now) else {
                    return Judged::NoTask;
                };
                match self.changed(program.as_ref(), found, letter, envelope) {
                    Ok(Some(envelope)) => Judged::GoesBack(Box::new(envelope)),
                    Ok(None) => Judged::Other,
                    Err(problem) => Judged::Refused(problem),
                }
            }
        }
    }

    /// The task as it is sent back; none if the program makes nothing of it.
    fn changed(
        &self,
        program: Option<&Program>,
        found: &Found,
        letter: &Letter,
        mut envelope: Envelope,
    ) -> Result<Option<Envelope>, Problem> {
        let draft = match program {
            Some(program) => {
                let line = Line::new(&self.queue, found, letter).to_json();
                let Some(draft) = change::edited(program, &line, &envelope)? else {
                    return Ok(None);
                };
                Some(draft)
            }
            None => self.picked.as_ref().and_then(|picked| picked.draft(&found.id)).cloned(),
        };
        if let Some(draft) = draft {
            change::apply(&mut envelope, draft)?;
        }
        Ok(Some(envelope))
    }
}
