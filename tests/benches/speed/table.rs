//! The table: what was measured, beside the machine's most, against its goal.

use std::fmt;

/// What a figure counts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    PerSecond,
    Count,
    /// Seconds of CPU.
    Cpu,
    /// Seconds, shown as milliseconds.
    Millis,
    /// Bytes, shown as megabytes.
    Megabytes,
    /// A share of 1, shown in percent.
    Percent,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    None,
    AtLeast(f64),
    AtMost(f64),
    /// Not once above this: a promise is no matter of medians.
    NeverOver(f64),
    /// At least this share of the machine's most.
    ShareOfMost(f64),
    /// At most so many times what the machine needs.
    #[allow(dead_code, reason = "only the benchmark over SQS has such goals")]
    TimesMachine(f64),
}

/// The same figure measured several times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

/// One line of the table.
pub(crate) struct Row {
    what: String,
    unit: Unit,
    jobq: Spread,
    machine: Option<Spread>,
    goal: Goal,
}

/// Prints the head of the table.
pub(crate) fn head(times: usize) {
    println!("Medians (least..most) of {times} runs, 20 where it is about milliseconds.\n");
    println!("{}", line(["what", "jobq", "this machine at most", "ratio", "goal", "met"]));
    println!("|---|---|---|---|---|---|");
}

impl Spread {
    /// A figure of each of `measured`.
    pub(crate) fn of<T>(measured: &[T], figure: impl Fn(&T) -> f64) -> Self {
        let mut figures: Vec<f64> = measured.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        Self { least: figures[0], median: figures[figures.len() / 2], most: figures[figures.len() - 1] }
    }
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, unit: Unit, jobq: Spread) -> Self {
        Self { what: what.into(), unit, jobq, machine: None, goal: Goal::None }
    }

    /// The same row beside what the machine can do at most.
    pub(crate) fn beside(mut self, machine: Spread) -> Self {
        self.machine = Some(machine);
        self
    }

    /// The same row with its goal.
    pub(crate) fn goal(mut self, goal: Goal) -> Self {
        self.goal = goal;
        self
    }

    /// Prints it.
    pub(crate) fn print(&self) {
        let met = match self.met() {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "-",
        };
        println!(
            "{}",
            line([
                &self.what,
                &self.spread(self.jobq),
                &self.machine.map_or_else(dash, |machine| self.spread(machine)),
                &self.ratio().map_or_else(dash, |ratio| format!("{ratio:.2}")),
                &self.wanted(),
                met,
            ])
        );
    }

    fn spread(&self, spread: Spread) -> String {
        let median = Shown(self.unit, spread.median);
        let (least, most) = (self.unit.number(spread.least), self.unit.number(spread.most));
        if least == most {
            return median.to_string();
        }
        format!("{median} ({least}..{most})")
    }

    fn ratio(&self) -> Option<f64> {
        let machine = self.machine?.median;
        (machine > 0.0).then(|| self.jobq.median / machine)
    }

    fn wanted(&self) -> String {
        match self.goal {
            Goal::None => dash(),
            Goal::AtLeast(figure) => format!(">= {}", Shown(self.unit, figure)),
            Goal::AtMost(figure) | Goal::NeverOver(figure) => format!("<= {}", Shown(self.unit, figure)),
            Goal::ShareOfMost(share) => format!("ratio >= {share}"),
            Goal::TimesMachine(times) => format!("ratio <= {times}"),
        }
    }

    fn met(&self) -> Option<bool> {
        match self.goal {
            Goal::None => None,
            Goal::AtLeast(figure) => Some(self.jobq.median >= figure),
            Goal::AtMost(figure) => Some(self.jobq.median <= figure),
            Goal::NeverOver(figure) => Some(self.jobq.most <= figure),
            Goal::ShareOfMost(share) => self.ratio().map(|ratio| ratio >= share),
            Goal::TimesMachine(times) => self.ratio().map(|ratio| ratio <= times),
        }
    }
}

fn dash() -> String {
    "-".to_owned()
}

/// A line of Markdown that reads as a table in a terminal too.
fn line([what, jobq, machine, ratio, goal, met]: [&str; 6]) -> String {
    format!("| {what:<48} | {jobq:<28} | {machine:<28} | {ratio:<5} | {goal:<13} | {met:<3} |")
}

/// A figure with its unit.
struct Shown(Unit, f64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(unit, figure) = *self;
        write!(f, "{}{}", unit.number(figure), unit.sign())
    }
}

impl Unit {
    fn number(self, figure: f64) -> String {
        match self {
            Self::PerSecond | Self::Count => thousands(figure),
            Self::Cpu => format!("{figure:.3}"),
            Self::Millis => format!("{:.1}", figure * 1e3),
            Self::Megabytes => format!("{:.1}", figure / 1e6),
            Self::Percent => format!("{:.1}", figure * 100.0),
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::PerSecond => "/s",
            Self::Count => "",
            Self::Cpu => " s",
            Self::Millis => " ms",
            Self::Megabytes => " MB",
            Self::Percent => " %",
        }
    }
}

fn thousands(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}
