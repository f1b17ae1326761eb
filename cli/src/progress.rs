//! Progress of a drain: a bar that redraws itself on a terminal, a line now and then elsewhere.

use std::collections::VecDeque;
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use jobq_adapters::clock::SystemClock;
use jobq_core::human;
use jobq_core::ports::clock::Clock;
use jobq_core::rate::Pace;

use crate::meter::{Counted, Meter};
use crate::printer::Printer;

/// How often a terminal is redrawn.
const REDRAWN: Duration = Duration::from_millis(200);

/// How often a line is printed where there is no terminal.
const PRINTED: Duration = Duration::from_secs(5);

/// Over how long the rate shown is taken.
const RATE_OVER: Duration = Duration::from_secs(5);

/// What progress is held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    /// How many tasks there were to drain.
    pub(crate) tasks: u64,
    /// How many of them had ended before this drain began.
    pub(crate) ended: u64,
    /// The pace of the limit.
    pub(crate) pace: Pace,
}

/// Shows progress for as long as it is polled; never ends by itself.
pub(crate) async fn show(printer: Printer, meter: &Meter, clock: SystemClock, goal: Goal) {
    let every = if printer.draws() { REDRAWN } else { PRINTED };
    let view = View::new(printer, goal);
    let mut recent = VecDeque::from([(clock.uptime(), Counted::default())]);
    loop {
        clock.sleep(every).await;
        let now = clock.uptime();
        recent.push_back((now, meter.read()));
        while recent.len() > 2 && recent.front().is_some_and(|(at, _)| now.saturating_sub(*at) > RATE_OVER) {
            recent.pop_front();
        }
        view.warn(&meter.take_warnings());
        view.draw(&line(&goal, meter, &recent), meter.read());
    }
}

/// A bar of this length where progress is drawn in place.
pub(crate) fn bar(printer: Printer, template: &str, length: u64) -> Option<ProgressBar> {
    printer.draws().then(|| {
        let style = ProgressStyle::with_template(template);
        ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    })
}

struct View {
    printer: Printer,
    bar: Option<ProgressBar>,
    goal: Goal,
}

impl View {
    fn new(printer: Printer, goal: Goal) -> Self {
        Self { printer, bar: bar(printer, "{bar:20} {wide_msg}", goal.tasks), goal }
    }

    fn warn(&self, warnings: &[String]) {
        for warning in warnings {
            match &self.bar {
                Some(bar) => bar.suspend(|| self.printer.warn(warning)),
                None => self.printer.warn(warning),
            }
        }
    }

    fn draw(&self, line: &str, counted: Counted) {
        match &self.bar {
            Some(bar) => {
                bar.set_position((self.goal.ended + counted.done + counted.dead).min(self.goal.tasks));
                bar.set_message(line.to_owned());
            }
            None => self.printer.note(line),
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `1,204/65,000 done, 49.0/s of 50/s, 12 in flight, 0 refused, ETA 21m 40s`
fn line(goal: &Goal, meter: &Meter, recent: &VecDeque<(Duration, Counted)>) -> String {
    let counted = meter.read();
    let ended = goal.ended + counted.done + counted.dead;
    // Tasks that were pushed meanwhile raise the goal.
    let tasks = goal.tasks.max(ended);
    let (calls, settled) = rates(recent);
    let of = match goal.pace {
        Pace::Unlimited => String::new(),
        pace @ Pace::Limited(_) => format!(" of {pace}"),
    };
    let mut parts = vec![
        format!("{}/{} done", HumanCount(ended), HumanCount(tasks)),
        format!("{calls:.1}/s{of}"),
        format!("{} in flight", counted.started.saturating_sub(counted.ended)),
        format!("{} refused", HumanCount(counted.refused)),
    ];
    if counted.retried > 0 {
        parts.push(format!("{} retried", HumanCount(counted.retried)));
    }
    if counted.dead > 0 {
        parts.push(format!("{} dead", HumanCount(counted.dead)));
    }
    match meter.waiting() {
        Some(why) => parts.push(format!("waiting: {why}")),
        None if settled > 0.0 => parts.push(format!("ETA {}", eta(tasks - ended, settled))),
        None => {}
    }
    parts.join(", ")
}

/// Calls started and tasks ended a second, over the recent past.
fn rates(recent: &VecDeque<(Duration, Counted)>) -> (f64, f64) {
    let (Some((from, first)), Some((to, last))) = (recent.front(), recent.back()) else {
        return (0.0, 0.0);
    };
    let seconds = to.saturating_sub(*from).as_secs_f64().max(0.001);
    let rate = |count: u64| per_second(count, seconds);
    (rate(last.started - first.started), rate(last.done + last.dead - first.done - first.dead))
}

fn eta(tasks: u64, per_second: f64) -> String {
    human::roughly(time_for(tasks, per_second))
}

/// How long `tasks` take at a rate; at most a century.
#[allow(clippy::cast_precision_loss, reason = "an estimate")]
pub(crate) fn time_for(tasks: u64, per_second: f64) -> Duration {
    let seconds = tasks as f64 / per_second.max(f64::MIN_POSITIVE);
    Duration::from_secs_f64(seconds.min(3.2e9))
}

#[allow(clippy::cast_precision_loss, reason = "a rate for people")]
pub(crate) fn per_second(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds.max(f64::MIN_POSITIVE)
}
