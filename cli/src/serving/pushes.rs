//! Recurring pushes: each is made when its time has come, whatever the drainers do meanwhile.

use std::time::Duration;

use jobq_core::policy::recurrence::{Look, look};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::ledger::Ledger;
use jobq_core::recurring::RecurringPush;
use jobq_core::time::Timestamp;

use super::TICK;
use crate::coming;
use crate::failure::Failure;
use crate::openings;
use crate::printer::Printer;
use crate::project::Project;
use crate::pushing::Prepared;
use crate::signals::Stop;
use crate::store::Store;

/// How long a push that failed rests: its file may be there in a moment.
const REST: Duration = Duration::from_secs(60);

/// What is pushed, and where it goes.
pub(crate) struct Pushes<'a> {
    pub(crate) pushes: Vec<&'a RecurringPush>,
    /// Their queues, and where the paths of files begin.
    pub(crate) project: &'a Project,
    pub(crate) store: &'a Store,
    pub(crate) printer: Printer,
}

/// How far a push has come with its times.
struct Course<'a> {
    push: &'a RecurringPush,
    /// Up to when its times are settled.
    handled: Option<Timestamp>,
    /// Until when it rests.
    rests_until: Option<Timestamp>,
}

impl Pushes<'_> {
    /// Makes each push at its times until a stop is asked for. One that is under way then is left where it is: its batch
    /// knows how far it came.
    pub(super) async fn run<C: Clock>(&self, clock: &C, stop: &Stop) {
        let mut courses: Vec<Course<'_>> =
            self.pushes.iter().map(|push| Course { push, handled: None, rests_until: None }).collect();
        if courses.is_empty() {
            return;
        }
        let pushing = async {
            loop {
                for course in &mut courses {
                    self.attend(course, clock.now()).await;
                }
                clock.sleep(TICK).await;
            }
        };
        tokio::select! {
            () = stop.asked(1) => {}
            () = pushing => {}
        }
    }

    /// Makes a push if it is due, and tells of the time it wasn't made at.
    async fn attend(&self, course: &mut Course<'_>, now: Timestamp) {
        if course.rests_until.is_some_and(|until| now < until) {
            return;
        }
        match look(&course.push.times, course.handled, now) {
            Look::Nothing => course.handled = Some(now),
            Look::Missed(time) => {
                self.tell_missed(course.push, time).await;
                course.handled = Some(time);
            }
            Look::Due(time) => match self.make(course.push, time).await {
                Ok(()) => (course.handled, course.rests_until) = (Some(time), None),
                Err(failure) => {
                    let name = &course.push.name;
                    self.printer
                        .warn(format!("push {name}: {}; it is tried again in a minute", failure.message));
                    course.rests_until = Some(now.plus(REST));
                }
            },
        }
    }

    async fn make(&self, push: &RecurringPush, time: Timestamp) -> Result<(), Failure> {
        let mut prepared = Prepared::recurring(
            push,
            time,
            self.project.beside(),
            self.project.queue(push.queue.as_str())?.bulk_above,
        )?;
        let report = prepared.push(self.store, self.printer).await?;
        if !report.is_anothers() {
            self.printer.note(report);
        }
        Ok(())
    }

    /// Others may have made it.
    async fn tell_missed(&self, push: &RecurringPush, time: Timestamp) {
        let known = self.store.tally(&push.batch(time)).await;
        if known.is_ok_and(|known| known.is_none()) {
            let (name, queue) = (&push.name, &push.queue);
            let (time, what) = (openings::told(time, push.times.zone()), coming::what(push));
            self.printer.warn(format!(
                "push {name}: nobody pushed {what} to {queue} at {time}, and that is not made up for"
            ));
        }
    }
}
