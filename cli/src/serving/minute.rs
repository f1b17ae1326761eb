//! One line a minute for each limit that was busy in it: what a service's log has room for.

use std::time::Duration;

use indicatif::HumanCount;

use super::posts::Post;
use crate::meter::Counted;
use crate::printer::Printer;

/// How often it is told.
const PERIOD: Duration = Duration::from_secs(60);

/// What was told last of each post, and when.
pub(super) struct Minute {
    told_at: Duration,
    told: Vec<Counted>,
}

impl Minute {
    /// Nothing was told yet; the first minute begins at `now`, by uptime.
    pub(super) fn new(posts: &[Post], now: Duration) -> Self {
        Self { told_at: now, told: vec![Counted::default(); posts.len()] }
    }

    /// Tells what each post did since this was told last, once a minute has gone by.
    pub(super) fn tell(&mut self, posts: &[Post], now: Duration, printer: Printer) {
        if now.saturating_sub(self.told_at) < PERIOD {
            return;
        }
        self.told_at = now;
        for (post, told) in posts.iter().zip(&mut self.told) {
            let counted = post.meter().read();
            if counted != *told {
                printer.note(format!("{}: {} in the last minute", post.limit.name, line(&counted, told)));
            }
            *told = counted;
        }
    }
}

/// `2,940 calls, 2,938 done, 2 dead`
fn line(now: &Counted, before: &Counted) -> String {
    let parts = [
        (now.started - before.started, "calls"),
        (now.done - before.done, "done"),
        (now.retried - before.retried, "retried"),
        (now.refused - before.refused, "refused"),
        (now.dead - before.dead, "dead"),
    ];
    let always = |what: &str| matches!(what, "calls" | "done");
    let told = parts.into_iter().filter(|(count, what)| *count > 0 || always(what));
    told.map(|(count, what)| format!("{} {what}", HumanCount(count))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    //! What changed, and no more.

    use super::*;

    #[test]
    fn a_line_tells_what_came_since_the_last_one() {
        let before = Counted { started: 10, ended: 9, done: 8, dead: 1, ..Counted::default() };
        let now = Counted { started: 2_950, ended: 2_949, done: 2_946, dead: 3, ..Counted::default() };
        assert_eq!(line(&now, &before), "2,940 calls, 2,938 done, 2 dead");
        assert_eq!(line(&before, &before), "0 calls, 0 done");
    }
}
