//! What is shown, and what keys do to it. Knows no terminal.

use std::collections::{BTreeMap, VecDeque};

use jobq_core::time::Timestamp;

use super::letters::Letters;
use crate::readings::overview::Overview;
use crate::readings::queues::QueueReading;
use crate::steering::What;

/// How many readings of a queue's depth are kept.
const DEPTHS: usize = 60;

/// What is shown.
pub(super) struct Model {
    pub(super) overview: Overview,
    pub(super) read_at: Timestamp,
    /// The latest depths of each queue, the oldest first.
    pub(super) depths: BTreeMap<String, VecDeque<u64>>,
    /// The queue that keys are about.
    pub(super) selected: Option<String>,
    pub(super) page: Page,
    pub(super) footer: Footer,
}

/// Which page is shown.
pub(super) enum Page {
    Queues,
    /// The dead letters of a queue, from this one on.
    Letters {
        letters: Letters,
        first: usize,
    },
}

/// What stands at the bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Footer {
    /// Which keys there are.
    Keys,
    /// Something that has happened.
    Note(String),
    /// Something that is under way.
    Waiting(String),
    /// Whether to steer a limit.
    Question { limit: String, wish: Wish },
}

/// How a limit is to be steered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Pause,
    Resume,
}

/// A key that means something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Up,
    Down,
    Dead,
    Pause,
    Yes,
    Back,
    Quit,
    Other,
}

/// What a key asks for beyond the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    Quit,
    /// Look into this queue's dead letters.
    Look(String),
    Steer {
        limit: String,
        wish: Wish,
    },
}

impl Model {
    /// What there is to see at first.
    pub(super) fn new(overview: Overview, now: Timestamp) -> Self {
        let mut model = Self {
            overview: Overview { queues: Vec::new(), limits: Vec::new(), warning: None },
            read_at: now,
            depths: BTreeMap::new(),
            selected: None,
            page: Page::Queues,
            footer: Footer::Keys,
        };
        model.take_in(overview, now);
        model
    }

    /// Takes in a reading: the deepest queue comes first, the one selected stays so.
    pub(super) fn take_in(&mut self, mut overview: Overview, now: Timestamp) {
        overview.queues.sort_by(|a, b| b.waiting().cmp(&a.waiting()).then_with(|| a.queue.cmp(&b.queue)));
        for queue in &overview.queues {
            let depths = self.depths.entry(queue.queue.clone()).or_default();
            depths.push_back(queue.waiting());
            if depths.len() > DEPTHS {
                depths.pop_front();
            }
        }
        if let (Some(warning), Footer::Keys) = (&overview.warning, &self.footer)
            && overview.warning != self.overview.warning
        {
            self.footer = Footer::Note(warning.clone());
        }
        (self.overview, self.read_at) = (overview, now);
        if self.queue().is_none() {
            self.selected = self.overview.queues.first().map(|queue| queue.queue.clone());
        }
    }

    /// The selected queue.
    pub(super) fn queue(&self) -> Option<&QueueReading> {
        self.overview.queues.get(self.position()?)
    }

    /// The place of the selected queue.
    pub(super) fn position(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.overview.queues.iter().position(|queue| queue.queue == *selected)
    }

    /// Does what a key says, or answers what must be done for it.
    pub(super) fn press(&mut self, key: Key) -> Option<Deed> {
        if key == Key::Quit {
            return Some(Deed::Quit);
        }
        if let Footer::Question { limit, wish } = std::mem::replace(&mut self.footer, Footer::Keys) {
            return (key == Key::Yes).then_some(Deed::Steer { limit, wish });
        }
        match key {
            Key::Up => self.go(-1),
            Key::Down => self.go(1),
            Key::Dead if matches!(self.page, Page::Queues) => return self.look(),
            Key::Dead | Key::Back => self.page = Page::Queues,
            Key::Pause => self.ask(),
            Key::Yes | Key::Quit | Key::Other => {}
        }
        None
    }

    /// Shows dead letters.
    pub(super) fn open(&mut self, letters: Letters) {
        self.footer = Footer::Keys;
        self.page = Page::Letters { letters, first: 0 };
    }

    fn go(&mut self, step: isize) {
        match &mut self.page {
            Page::Letters { letters, first } => {
                *first = first.saturating_add_signed(step).min(letters.rows.len().saturating_sub(1));
            }
            Page::Queues => {
                let last = self.overview.queues.len().saturating_sub(1);
                let next = self.position().unwrap_or(0).saturating_add_signed(step).min(last);
                self.selected = self.overview.queues.get(next).map(|queue| queue.queue.clone());
            }
        }
    }

    fn look(&mut self) -> Option<Deed> {
        let queue = self.queue()?.queue.clone();
        self.footer = Footer::Waiting(format!("looking at the dead letters of {queue}"));
        Some(Deed::Look(queue))
    }

    fn ask(&mut self) {
        let Some(queue) = self.queue() else { return };
        let Some(limit) = queue.limit.clone() else {
            self.footer =
                Footer::Note(format!("{} is not in jobq.toml: it has no limit to pause", queue.queue));
            return;
        };
        let reading = self.overview.limits.iter().find(|reading| reading.limit == limit);
        let wish = if reading.is_some_and(|reading| reading.paused) { Wish::Resume } else { Wish::Pause };
        self.footer = Footer::Question { limit, wish };
    }
}

impl Wish {
    /// The word for it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }

    /// That it is done.
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Pause => "paused",
            Self::Resume => "resumed",
        }
    }

    /// What is asked of the limit.
    pub(super) fn what(self) -> What {
        match self {
            Self::Pause => What::Pause,
            Self::Resume => What::Resume,
        }
    }
}

#[cfg(test)]
mod tests {
    //! Which queue is selected, and what keys ask for.

    use super::*;
    use crate::watch::draw::tests::overview;

    fn model(depths: &[(&str, u64)]) -> Model {
        Model::new(overview(depths), Timestamp::from_secs(1))
    }

    #[test]
    fn the_deepest_comes_first_and_who_is_selected_stays_so() {
        let mut model = model(&[("a", 1), ("b", 9), ("c", 5)]);
        assert_eq!(model.selected.as_deref(), Some("b"));
        assert_eq!(model.press(Key::Down), None);
        assert_eq!((model.selected.as_deref(), model.position()), (Some("c"), Some(1)));
        model.take_in(overview(&[("a", 7), ("b", 9), ("c", 8), ("d", 8)]), Timestamp::from_secs(2));
        assert_eq!((model.selected.as_deref(), model.position()), (Some("c"), Some(1)));
        for _ in 0..9 {
            model.press(Key::Down);
        }
        assert_eq!(model.selected.as_deref(), Some("a"));
        model.take_in(overview(&[("b", 1)]), Timestamp::from_secs(3));
        assert_eq!(model.selected.as_deref(), Some("b"));
        model.take_in(overview(&[]), Timestamp::from_secs(4));
        assert_eq!(
            (model.press(Key::Up), model.press(Key::Dead), model.press(Key::Pause)),
            (None, None, None)
        );
    }

    #[test]
    fn a_pause_is_asked_for_before_it_is_made() {
        let mut model = model(&[("a", 1)]);
        assert_eq!(model.press(Key::Pause), None);
        assert_eq!(model.footer, Footer::Question { limit: "api".to_owned(), wish: Wish::Pause });
        assert_eq!((model.press(Key::Other), &model.footer), (None, &Footer::Keys));
        assert_eq!(model.press(Key::Yes), None);
        model.press(Key::Pause);
        let deed = model.press(Key::Yes);
        assert_eq!(deed, Some(Deed::Steer { limit: "api".to_owned(), wish: Wish::Pause }));
        model.overview.limits[0].paused = true;
        model.press(Key::Pause);
        assert_eq!(model.footer, Footer::Question { limit: "api".to_owned(), wish: Wish::Resume });
        assert_eq!(model.press(Key::Quit), Some(Deed::Quit));
        model.overview.queues[0].limit = None;
        model.footer = Footer::Keys;
        model.press(Key::Pause);
        assert!(matches!(model.footer, Footer::Note(_)));
    }

    #[test]
    fn dead_letters_open_and_close() {
        let mut model = model(&[("a", 1)]);
        assert_eq!(model.press(Key::Dead), Some(Deed::Look("a".to_owned())));
        model.open(Letters::default());
        assert!(matches!(model.page, Page::Letters { .. }));
        assert_eq!((model.press(Key::Down), model.press(Key::Back)), (None, None));
        assert!(matches!(model.page, Page::Queues));
    }
}
