//! The depth of queues over time, drawn with characters: a band for each queue, as high as its deepest moment.

use std::time::Duration;

use indicatif::HumanCount;

use super::depths::Sample;

/// How many columns two times on the axis are apart at least.
const APART: usize = 8;

/// What it is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Canvas {
    /// Columns.
    pub(super) width: usize,
    /// The characters for a cell that is filled by no eighth of it, one, two and so on.
    pub(super) filled: [char; 9],
}

/// Eighths of a cell.
pub(super) const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The same where there are no such characters.
pub(super) const ASCII: [char; 9] = [' ', '.', '.', ':', ':', '+', '+', '#', '#'];

/// A moment that is pointed at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) at: Duration,
    pub(super) text: &'static str,
}

/// Lines for these queues, the axis of time below them, and below that the mark. No line is wider than a canvas that has
/// room for names and a column.
pub(super) fn chart(queues: &[&str], samples: &[Sample], mark: Option<Mark>, canvas: Canvas) -> Vec<String> {
    let peak = |queue: usize| samples.iter().map(|sample| sample.depths[queue]).max().unwrap_or(0);
    let peaks: Vec<u64> = (0..queues.len()).map(peak).collect();
    let told: Vec<String> = peaks.iter().map(|peak| HumanCount(*peak).to_string()).collect();
    let names = queues.iter().map(|name| name.len()).max().unwrap_or(0);
    let figures = told.iter().map(String::len).max().unwrap_or(0);
    let room = canvas.width.saturating_sub(names + figures + 4).max(1);
    let time = Time { whole: samples.last().map_or(Duration::ZERO, |last| last.at), room };
    let headed = |name: &str, figure: &str, line: String| {
        format!("{name:<names$}  {figure:>figures$}  {line}").trim_end().to_owned()
    };
    let mut lines = Vec::new();
    for (queue, name) in queues.iter().enumerate() {
        let [above, below] = band(&time.columns(samples, queue), peaks[queue], canvas.filled);
        lines.extend([headed("", "", above), headed(name, &told[queue], below)]);
    }
    let below = [Some(time.axis()), mark.map(|mark| time.pointer(mark))];
    lines.extend(below.into_iter().flatten().map(|line| headed("", "", line)));
    lines
}

/// Two lines of cells, filled up to each depth.
fn band(depths: &[u64], peak: u64, filled: [char; 9]) -> [String; 2] {
    let cell = |depth: &u64, below: u64| {
        let eighths = (depth * 16).div_ceil(peak.max(1)).saturating_sub(below);
        filled[usize::try_from(eighths).map_or(8, |eighths| eighths.min(8))]
    };
    [8, 0].map(|below| depths.iter().map(|depth| cell(depth, below)).collect())
}

/// A span of time over columns.
struct Time {
    whole: Duration,
    room: usize,
}

impl Time {
    /// The column of a moment.
    fn column(&self, at: Duration) -> usize {
        let column = at.as_millis() * self.room as u128 / self.whole.as_millis().max(1);
        usize::try_from(column).unwrap_or(usize::MAX).min(self.room - 1)
    }

    /// The deepest of each column; as deep as before where nobody looked.
    fn columns(&self, samples: &[Sample], queue: usize) -> Vec<u64> {
        let mut deepest = vec![None; self.room];
        let mut last = vec![0; self.room];
        for sample in samples {
            let (column, depth) = (self.column(sample.at), sample.depths[queue]);
            deepest[column] = deepest[column].max(Some(depth));
            last[column] = depth;
        }
        let mut before = 0;
        let shown = deepest.into_iter().zip(last).map(|(deepest, last)| match deepest {
            Some(deepest) => {
                before = last;
                deepest
            }
            None => before,
        });
        shown.collect()
    }

    /// `0s      5s      10s`
    fn axis(&self) -> String {
        let seconds = |step: &u64| self.column(Duration::from_secs(*step)) >= APART;
        let step = [1, 2, 5, 10, 30, 60, 300].into_iter().find(seconds).unwrap_or(3_600);
        let mut axis = String::new();
        for at in (0..=self.whole.as_secs() / step).map(|number| number * step) {
            let (column, label) = (self.column(Duration::from_secs(at)), format!("{at}s"));
            if column + label.len() <= self.room {
                axis = format!("{axis:<column$}{label}");
            }
        }
        axis
    }

    /// The text beside a sign at its moment, on the side where there is room.
    fn pointer(&self, mark: Mark) -> String {
        let column = self.column(mark.at);
        if column + 2 + mark.text.len() <= self.room {
            return format!("{:column$}^ {}", "", mark.text);
        }
        if mark.text.len() < column {
            return format!("{:>column$}^", format!("{} ", mark.text));
        }
        format!("{:column$}^", "")
    }
}

#[cfg(test)]
mod tests {
    //! Data in, text out.

    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn samples(depths: &[[u64; 2]]) -> Vec<Sample> {
        let sample =
            |(at, depths): (usize, &[u64; 2])| Sample { at: seconds(at as u64), depths: depths.to_vec() };
        depths.iter().enumerate().map(sample).collect()
    }

    fn drawn(depths: &[[u64; 2]], mark: Option<Mark>, width: usize, filled: [char; 9]) -> String {
        let lines = chart(&["troops", "data"], &samples(depths), mark, Canvas { width, filled });
        assert!(lines.iter().all(|line| line.chars().count() <= width), "{lines:#?}");
        lines.join("\n")
    }

    const GROWS: [[u64; 2]; 9] =
        [[20, 0], [10, 150], [5, 300], [1, 600], [0, 1_200], [0, 900], [0, 600], [0, 1], [0, 0]];

    fn mark(at: u64, text: &'static str) -> Option<Mark> {
        Some(Mark { at: seconds(at), text })
    }

    #[test]
    fn each_queue_has_a_band_up_to_its_own_peak() {
        let expected = "               █
troops     20  ██▄▁
                   █▄
data    1,200   ▂▄████▁
               0s";
        assert_eq!(drawn(&GROWS, None, 24, BLOCKS), expected);
    }

    #[test]
    fn a_wide_one_has_times_and_the_mark_below_and_needs_no_blocks() {
        let expected = "               #####
troops     20  ###########:::::......
                                     ######:::::
data    1,200       ......:::::#######################.....
               0s         2s         4s         6s
                               ^ now";
        assert_eq!(drawn(&GROWS, mark(3, "now"), 60, ASCII), expected);
    }

    #[test]
    fn a_mark_stands_where_there_is_room() {
        let last = |at, text, width| {
            drawn(&GROWS, mark(at, text), width, BLOCKS).lines().last().unwrap().trim_start().to_owned()
        };
        assert_eq!(last(7, "now", 40), "now ^");
        assert_eq!(last(3, "much too long", 24), "^");
        assert_eq!(last(8, "now", 16), "^");
    }

    #[test]
    fn what_was_looked_at_once_or_never_is_drawn_too() {
        let once = "            ████████████
troops  20  ████████████

data     0
            0s";
        assert_eq!(drawn(&GROWS[..1], None, 24, BLOCKS), once);
        assert_eq!(drawn(&[], None, 24, BLOCKS), "\ntroops  0\n\ndata    0\n           0s");
    }
}
