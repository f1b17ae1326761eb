//! Puts it on a screen of any size. Colour only repeats what words say.

use std::collections::VecDeque;

use jobq_core::time::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Text};

use super::columns::{Column, Side, cut, fitted};
use super::letters::Letters;
use super::model::{Footer, Model, Page};
use crate::readings::LimitReading;
use crate::readings::queues::{QueueReading, as_of, count, per_minute};

/// From this width on an ETA is told as a range.
const WIDE: u16 = 100;

/// The bars of a sparkline, the lowest first.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How many readings a sparkline shows.
const SPARKS: usize = 12;

/// Whether there is colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Palette {
    Colour,
    Plain,
}

impl Palette {
    fn of(self, colour: Color) -> Style {
        match self {
            Self::Colour => Style::new().fg(colour),
            Self::Plain => Style::new(),
        }
    }
}

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, palette: Palette) {
    let [title, body, footer] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)])
            .areas(frame.area());
    frame.render_widget(heading(model, title.width), title);
    match &model.page {
        Page::Queues => queues_and_limits(frame, body, model, palette),
        Page::Letters { letters, first } => show_letters(frame, body, letters, *first),
    }
    frame.render_widget(bottom(model, footer.width, palette), footer);
}

fn heading(model: &Model, width: u16) -> Line<'static> {
    let page = match &model.page {
        Page::Queues => "jobq status".to_owned(),
        Page::Letters { letters, .. } => {
            let more = if letters.more { "the first " } else { "" };
            format!("dead letters of {}: {more}{}", letters.queue, letters.rows.len())
        }
    };
    let text = cut(&format!("{page}  {}", of_day(model.read_at)), width.into());
    Line::styled(text, Modifier::BOLD)
}

/// `14:03:07 UTC`.
fn of_day(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} UTC", text.get(11..19).unwrap_or(&text))
}

fn bottom(model: &Model, width: u16, palette: Palette) -> Line<'static> {
    let (text, style) = match &model.footer {
        Footer::Keys if matches!(model.page, Page::Letters { .. }) => {
            ("j/k scroll  esc back  q quit".to_owned(), Style::new())
        }
        Footer::Keys if width < 44 => ("j/k  d dead  p pause  q quit".to_owned(), Style::new()),
        Footer::Keys => ("j/k select  d dead letters  p pause  q quit".to_owned(), Style::new()),
        Footer::Note(text) => (text.clone(), Style::new()),
        Footer::Waiting(text) => (format!("{text} ..."), Style::new()),
        Footer::Question { limit, wish } => {
            (format!("{} the limit {limit}? y/n", wish.as_str()), palette.of(Color::Yellow))
        }
    };
    Line::styled(cut(&text, width.into()), style.add_modifier(Modifier::BOLD))
}

fn queues_and_limits(frame: &mut Frame<'_>, area: Rect, model: &Model, palette: Palette) {
    let queues = queue_lines(model, area.width, palette);
    let concerns = concern_lines(&model.overview.queues, area.width, palette);
    let limits = limit_lines(&model.overview.limits, area.width, palette);
    let height = |lines: &[Line<'_>]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
    // The limits and what is of concern have a third of the screen each at most, the queues what is left.
    let third = area.height / 3;
    let (of_concerns, of_limits) = (height(&concerns).min(third), height(&limits).min(third));
    let of_queues = Constraint::Max(height(&queues));
    let rows =
        [of_queues, Constraint::Length(of_concerns), Constraint::Length(1), Constraint::Length(of_limits)];
    let [on_queues, on_concerns, _, on_limits] = Layout::vertical(rows).areas(area);
    frame.render_widget(Text::from(scrolled(queues, model.position(), on_queues.height)), on_queues);
    frame.render_widget(Text::from(concerns), on_concerns);
    frame.render_widget(Text::from(limits), on_limits);
}

/// The heading, and so many rows that the selected one is among them.
fn scrolled(mut lines: Vec<Line<'static>>, selected: Option<usize>, height: u16) -> Vec<Line<'static>> {
    let rows = usize::from(height).saturating_sub(1);
    let hidden = selected.map_or(0, |selected| (selected + 1).saturating_sub(rows));
    lines.drain(1.min(lines.len())..(1 + hidden).min(lines.len()));
    lines
}

fn queue_lines(model: &Model, width: u16, palette: Palette) -> Vec<Line<'static>> {
    let queues = &model.overview.queues;
    let is_wide = width >= WIDE;
    let cells = |cell: &dyn Fn(&QueueReading) -> String| queues.iter().map(cell).collect::<Vec<_>>();
    let column = |heading, goes, side, cells| Column { heading, cells, goes, side };
    let right = |heading, goes, cells| column(heading, goes, Side::Right, cells);
    let eta = |queue: &QueueReading| if is_wide { queue.eta.to_string() } else { queue.eta.brief() };
    let depth = |queue: &QueueReading| model.depths.get(&queue.queue).map_or_else(String::new, sparkline);
    let mut columns = vec![
        column("QUEUE", 0, Side::Left, cells(&|queue| queue.queue.clone())),
        right("READY", 0, cells(&|queue| count(queue.ready))),
        right("FLIGHT", 4, cells(&|queue| count(queue.in_flight))),
        right("DELAYED", 5, cells(&|queue| count(queue.delayed))),
        right("DEAD", 1, cells(&|queue| count(queue.dead))),
        right("OLDEST", 7, cells(&QueueReading::oldest)),
        right("IN/MIN", 6, cells(&|queue| per_minute(queue.added_per_minute))),
        right("OUT/MIN", 2, cells(&|queue| per_minute(queue.settled_per_minute))),
        right("ETA", 0, cells(&eta)),
        column("LIMIT", 8, Side::Left, cells(&|queue| queue.limit.clone().unwrap_or_else(|| "-".to_owned()))),
        column("DEPTH", 3, Side::Left, cells(&depth)),
    ];
    if queues.iter().any(|queue| queue.measured_at.is_some()) {
        // It goes after the last column that it is about.
        columns.insert(8, right("AS OF", 1, cells(&as_of)));
    }
    let marked = usize::from(width).saturating_sub(2);
    let lines = fitted(columns, marked).into_iter().enumerate();
    let line = |(number, text): (usize, String)| match number.checked_sub(1) {
        None => Line::styled(format!("  {text}"), Modifier::BOLD),
        Some(row) if Some(row) == model.position() => Line::styled(format!("> {text}"), Modifier::REVERSED),
        Some(row) if queues[row].dead > 0 => Line::styled(format!("  {text}"), palette.of(Color::Red)),
        Some(_) => Line::raw(format!("  {text}")),
    };
    lines.map(line).collect()
}

/// What is of concern, whole words to a line.
fn concern_lines(queues: &[QueueReading], width: u16, palette: Palette) -> Vec<Line<'static>> {
    let told = |queue: &QueueReading| {
        let name = queue.queue.clone();
        queue.concerns.clone().into_iter().map(move |concern| format!("! {name}: {concern}"))
    };
    let lines = queues.iter().flat_map(told).flat_map(|text| wrapped(&text, width.into()));
    lines.map(|text| Line::styled(text, palette.of(Color::Yellow))).collect()
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].chars().count() + 1 + word.chars().count() > width {
            lines.push(format!("  {word}"));
        } else if lines[last].is_empty() {
            lines[last].push_str(word);
        } else {
            lines[last].push(' ');
            lines[last].push_str(word);
        }
    }
    lines
}

fn limit_lines(limits: &[LimitReading], width: u16, palette: Palette) -> Vec<Line<'static>> {
    if limits.is_empty() {
        return Vec::new();
    }
    let cells = |cell: &dyn Fn(&LimitReading) -> String| limits.iter().map(cell).collect::<Vec<_>>();
    let column = |heading, goes, side, cells| Column { heading, cells, goes, side };
    let right = |heading, goes, cells| column(heading, goes, Side::Right, cells);
    let columns = vec![
        column("LIMIT", 0, Side::Left, cells(&|limit| limit.limit.clone())),
        right("USED", 0, cells(&LimitReading::used)),
        right("ALLOWED", 0, cells(&LimitReading::now)),
        right("429S", 1, cells(&|limit| limit.refused_per_minute.to_string())),
        right("DRAINERS", 2, cells(&|limit| limit.drainers.len().to_string())),
        column("BECAUSE", 3, Side::Left, cells(&|limit| limit.because.join(", "))),
    ];
    let lines = fitted(columns, usize::from(width).saturating_sub(2)).into_iter().enumerate();
    let line = |(number, text): (usize, String)| {
        let slowed = number
            .checked_sub(1)
            .is_some_and(|row| limits[row].paused || limits[row].cooling_seconds.is_some());
        let style = match number {
            0 => Style::new().add_modifier(Modifier::BOLD),
            _ if slowed => palette.of(Color::Yellow),
            _ => Style::new(),
        };
        Line::styled(format!("  {text}"), style)
    };
    lines.map(line).collect()
}

fn show_letters(frame: &mut Frame<'_>, area: Rect, letters: &Letters, first: usize) {
    if letters.rows.is_empty() {
        frame.render_widget(Line::raw("  none"), area);
        return;
    }
    // The last column may be long: it ends where the screen does.
    let room = usize::from(area.width).saturating_sub(2);
    let mut columns = letters.columns(first);
    if let Some(detail) = columns.pop() {
        let taken = fitted(letters.columns(first).into_iter().take(3).collect(), room);
        let widest = taken.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let left = room.saturating_sub(widest + 2);
        let cells = detail.cells.iter().map(|cell| cut(cell, left)).collect();
        columns.push(Column { cells, ..detail });
    }
    let lines = fitted(columns, room).into_iter().enumerate().map(|(number, text)| {
        let style = if number == 0 { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        Line::styled(format!("  {text}"), style)
    });
    frame.render_widget(Text::from(lines.collect::<Vec<_>>()), area);
}

/// The latest depths as bars, from nothing to the deepest of them.
fn sparkline(depths: &VecDeque<u64>) -> String {
    let deepest = depths.iter().copied().max().unwrap_or(0).max(1);
    let shown = depths.iter().skip(depths.len().saturating_sub(SPARKS));
    let bar = |depth: &u64| {
        let height = u128::from(*depth) * 7 / u128::from(deepest);
        usize::try_from(height).ok().and_then(|height| BARS.get(height)).copied().unwrap_or(BARS[0])
    };
    shown.map(bar).collect()
}

#[cfg(test)]
pub(super) mod tests;
