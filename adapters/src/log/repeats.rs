//! Lines that repeat themselves: told at once the first time, then counted, and their count told once a minute.

use std::collections::BTreeMap;

use jobq_core::event::telling::Level;
use serde_json::Value;

use super::Line;

/// How many different lines are told apart at once; a fault may have a number in its text that changes each time.
const KINDS: usize = 50;

/// The lines told lately.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    told: BTreeMap<String, Repeat>,
    /// Lines of further kinds.
    left_out: u64,
}

#[derive(Debug)]
struct Repeat {
    line: Line,
    /// How many times more since it was told.
    more: u64,
}

impl Repeats {
    /// Whether the line is to be told now.
    pub(crate) fn is_new(&mut self, line: &Line) -> bool {
        let kind = kind(line);
        if let Some(repeat) = self.told.get_mut(&kind) {
            repeat.more += 1;
            return false;
        }
        if self.told.len() >= KINDS {
            self.left_out += 1;
            return false;
        }
        self.told.insert(kind, Repeat { line: line.clone(), more: 0 });
        true
    }

    /// The lines that repeated themselves since this was asked last, each with how many times. The others are
    /// forgotten, and told again when they come again.
    pub(crate) fn take(&mut self) -> Vec<Line> {
        self.told.retain(|_, repeat| repeat.more > 0);
        let counted = |repeat: &mut Repeat| times(&repeat.line, std::mem::take(&mut repeat.more));
        let mut lines: Vec<Line> = self.told.values_mut().map(counted).collect();
        if self.left_out > 0 {
            lines.push(times(
                &Line::new(Level::Warn, "lines_left_out", []),
                std::mem::take(&mut self.left_out),
            ));
        }
        lines
    }
}

/// What tells a line from others: not how long something takes, which is a little different each time.
fn kind(line: &Line) -> String {
    let lasts = |value: &Value| value.as_number().is_some_and(serde_json::Number::is_f64);
    let fields = line.fields.values().filter(|value| !lasts(value));
    fields.fold(line.event.to_owned(), |kind, value| format!("{kind} {value}"))
}

fn times(line: &Line, count: u64) -> Line {
    let mut line = line.clone();
    line.fields.insert("times".to_owned(), count.into());
    line
}

#[cfg(test)]
mod tests {
    //! The first is told, the rest are counted.

    use super::*;

    fn fault(error: &str) -> Line {
        Line::new(Level::Warn, "operation_failed", [("error", error.into())])
    }

    #[test]
    fn the_first_is_told_and_the_others_are_summed() {
        let mut repeats = Repeats::default();
        assert!(repeats.is_new(&fault("a")));
        assert!(!repeats.is_new(&fault("a")));
        assert!(!repeats.is_new(&fault("a")));
        assert!(repeats.is_new(&fault("b")));
        let summed = repeats.take();
        assert_eq!(summed.len(), 1, "{summed:?}");
        assert_eq!(summed[0].fields["times"], 2);
        assert_eq!(summed[0].fields["error"], "a");
        assert!(!repeats.is_new(&fault("a")), "it goes on");
        assert!(repeats.is_new(&fault("b")), "it is back");
    }

    #[test]
    fn how_long_it_takes_makes_no_other_line() {
        let waiting =
            |seconds: f64| Line::new(Level::Info, "lease_deferred", [("wait_seconds", seconds.into())]);
        let mut repeats = Repeats::default();
        assert!(repeats.is_new(&waiting(1.0)));
        assert!(!repeats.is_new(&waiting(0.9)));
    }

    #[test]
    fn what_has_ended_is_forgotten() {
        let mut repeats = Repeats::default();
        assert!(repeats.is_new(&fault("a")));
        assert_eq!(repeats.take(), []);
        assert!(repeats.is_new(&fault("a")));
    }

    #[test]
    fn a_text_that_changes_each_time_fills_no_log() {
        let mut repeats = Repeats::default();
        let told = (0..1_000).filter(|number| repeats.is_new(&fault(&number.to_string()))).count();
        assert_eq!(told, KINDS);
        let summed = repeats.take();
        assert_eq!(summed.len(), 1, "{summed:?}");
        assert_eq!(summed[0].fields["times"], 1_000 - KINDS);
        assert!(repeats.is_new(&fault("0")), "there is room again");
    }
}
