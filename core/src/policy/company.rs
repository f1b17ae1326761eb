//! Company: how long what could be written alone waits for more to be written with it.

use std::time::Duration;

use crate::time::Timestamp;

/// What waits when nothing more can be expected waits so long at most.
const QUIET: Duration = Duration::from_secs(1);

/// Where all is to be settled soon, company is waited for this long at most.
const SOON: Duration = Duration::from_millis(20);

/// How much company something waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Company {
    /// The longest it waits.
    pub linger: Duration,
    /// So many together wait no more.
    pub count: usize,
    /// So many bytes together wait no more.
    pub bytes: usize,
}

/// What waits together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gathered {
    /// How many there are.
    pub count: usize,
    /// How many bytes.
    pub bytes: usize,
    /// Since when the first one waits.
    pub since: Timestamp,
    /// When they must be on their way, because the first of them expires soon after.
    pub latest: Timestamp,
}

/// What more can be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// More will come, as far as is known.
    Busy,
    /// Nothing has been in hand or under way since then.
    QuietSince(Timestamp),
    /// No more calls are started until all is settled; some are under way yet.
    Ending,
    /// The same, and no call is under way.
    Last,
}

impl Company {
    /// When `gathered` goes; `None` if there is nothing. An instant that has passed means now.
    pub fn due_at(&self, gathered: &Gathered, outlook: Outlook) -> Option<Timestamp> {
        if gathered.count == 0 {
            return None;
        }
        if gathered.count >= self.count || gathered.bytes >= self.bytes {
            return Some(gathered.since);
        }
        let lingered = |most: Duration| gathered.since.plus(self.linger.min(most));
        let due_at = match outlook {
            Outlook::Busy => lingered(Duration::MAX),
            // From the quiet on, not from the last one that came: a trickle gathers too.
            Outlook::QuietSince(quiet) => lingered(Duration::MAX).min(quiet.plus(QUIET)),
            Outlook::Ending => lingered(QUIET),
            Outlook::Last => lingered(SOON),
        };
        Some(due_at.min(gathered.latest))
    }
}

#[cfg(test)]
mod tests {
    //! When what waits goes.

    use super::*;

    const COMPANY: Company = Company { linger: Duration::from_secs(15), count: 1_000, bytes: 4 << 20 };

    fn due_after(gathered: Gathered, outlook: Outlook) -> Option<Duration> {
        COMPANY.due_at(&gathered, outlook).map(|at| at.since(Timestamp::from_secs(100)))
    }

    fn gathered() -> Gathered {
        let since = Timestamp::from_secs(100);
        Gathered { count: 7, bytes: 9_000, since, latest: since.plus(Duration::from_secs(40)) }
    }

    #[test]
    fn what_is_enough_goes_at_once() {
        assert_eq!(due_after(Gathered { count: 0, ..gathered() }, Outlook::Busy), None);
        assert_eq!(due_after(gathered(), Outlook::Busy), Some(Duration::from_secs(15)));
        assert_eq!(due_after(Gathered { count: 1_000, ..gathered() }, Outlook::Busy), Some(Duration::ZERO));
        assert_eq!(due_after(Gathered { bytes: 5 << 20, ..gathered() }, Outlook::Busy), Some(Duration::ZERO));
    }

    #[test]
    fn no_company_is_waited_for_that_can_not_come() {
        let quiet = Outlook::QuietSince(Timestamp::from_secs(102));
        assert_eq!(due_after(gathered(), quiet), Some(Duration::from_secs(3)));
        assert_eq!(due_after(gathered(), Outlook::Ending), Some(Duration::from_secs(1)));
        assert_eq!(due_after(gathered(), Outlook::Last), Some(SOON));
    }

    #[test]
    fn nothing_waits_until_it_expires() {
        let late = Gathered { latest: Timestamp::from_secs(108), ..gathered() };
        assert_eq!(due_after(late, Outlook::Busy), Some(Duration::from_secs(8)));
    }
}
