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
    /// How many tasks there were to drain when it began.
    pub(crate) tasks: u64,
    /// How many of them had ended before this drain began.
    pub(crate) ended: u64,
    /// The pace of the limit.
    pub(crate) pace: Pace,
}

impl Goal {
    /// How many of its tasks have ended by now, and how many there are: those that grew are among them, and those that
    /// were pushed meanwhile, once they have ended.
    fn reached(&self, counted: &Counted) -> (u64, u64) {
        let ended = self.ended + counted.done + counted.dead;
        (ended, (self.tasks + counted.grown).max(ended))
    }
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
                let (ended, tasks) = self.goal.reached(&counted);
                bar.set_length(tasks);
                bar.set_position(ended);
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
    let (ended, tasks) = goal.reached(&counted);
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

#[cfg(test)]
mod tests {
    //! What a drain shows of tasks that grow: data in, text out.

    use jobq_core::event::Event;
    use jobq_core::event::tasks::{TaskDone, TasksGrown};
    use jobq_core::name::QueueName;
    use jobq_core::ports::metrics::Metrics;
    use jobq_core::queue::Queue;

    use super::*;

    fn name(name: &str) -> QueueName {
        name.parse().unwrap()
    }

    /// What is shown after a second of these events, in a drain of two queues that found five tasks.
    fn shown(events: Vec<Event>) -> String {
        let queues = ["troops", "groups"].map(|queue| Queue::new(name(queue), "hermes".parse().unwrap()));
        let meter = Meter::new(SystemClock::new(), &queues);
        events.iter().for_each(|event| meter.record(event));
        let seconds = |count| Duration::from_secs(count);
        let recent = VecDeque::from([(seconds(0), Counted::default()), (seconds(1), meter.read())]);
        line(&Goal { tasks: 5, ended: 0, pace: Pace::Unlimited }, &meter, &recent)
    }

    #[test]
    fn tasks_that_grow_are_tasks_to_be_done() {
        let done = || TaskDone { queue: name("troops") }.into();
        let grown = |into, count| TasksGrown { queue: name("troops"), into: name(into), count }.into();
        assert_eq!(shown(vec![done()]), "1/5 done, 0.0/s, 0 in flight, 0 refused, ETA 4.0s");
        let grows = || vec![grown("groups", 40), grown("troops", 1), done()];
        assert_eq!(shown(grows()), "1/46 done, 0.0/s, 0 in flight, 0 refused, ETA 45s");
        let elsewhere = vec![grown("elsewhere", 40), done()];
        assert_eq!(shown(elsewhere), "1/5 done, 0.0/s, 0 in flight, 0 refused, ETA 4.0s");
        let others = std::iter::repeat_with(done).take(48).chain(grows()).collect();
        assert_eq!(shown(others), "49/49 done, 0.0/s, 0 in flight, 0 refused, ETA 0.0s");
    }
}
