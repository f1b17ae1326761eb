//! The dead letters of a queue, as the screen shows them.

use std::cell::RefCell;
use std::time::Duration;

use jobq_core::human;
use jobq_core::letter::Letter;
use jobq_core::name::QueueName;
use jobq_core::ports::morgue::Found;
use jobq_core::time::Timestamp;
use jobq_producer::letters::look::look;

use super::columns::{Column, Side};
use crate::failure::Failure;
use crate::store::Store;

/// How many are shown at most: a screen is no place for more.
const MOST: usize = 500;

/// Some dead letters of a queue.
#[derive(Debug, Clone, Default)]
pub(super) struct Letters {
    pub(super) queue: String,
    pub(super) rows: Vec<Row>,
    /// Whether there are more than are shown.
    pub(super) more: bool,
}

/// One letter in a line.
#[derive(Debug, Clone)]
pub(super) struct Row {
    task: String,
    reason: String,
    ago: String,
    detail: String,
}

/// Looks into a queue's dead letters. Changes nothing.
pub(super) async fn read(store: &Store, queue: &QueueName, now: Timestamp) -> Result<Letters, Failure> {
    let rows = RefCell::new(Vec::new());
    let mut see =
        |found: &Found, letter: &Letter| rows.borrow_mut().push(Row::new(letter, found.arrived, now));
    look(store, queue, &mut see, &|| rows.borrow().len() <= MOST).await?;
    let mut letters = Letters { queue: queue.to_string(), rows: rows.into_inner(), more: false };
    letters.more = letters.rows.len() > MOST;
    letters.rows.truncate(MOST);
    Ok(letters)
}

impl Row {
    fn new(letter: &Letter, arrived: Option<Timestamp>, now: Timestamp) -> Self {
        let died_at = letter.came_at(arrived);
        let ago = |at: Timestamp| human::roughly(now.since(at).max(Duration::from_secs(1)));
        Self {
            task: plain(letter.envelope().map_or("-", |envelope| envelope.id.as_str())),
            reason: letter.kind().to_string(),
            ago: died_at.map_or_else(|| "-".to_owned(), ago),
            detail: plain(letter.detail()),
        }
    }
}

impl Letters {
    /// The columns of those from `first` on.
    pub(super) fn columns(&self, first: usize) -> Vec<Column> {
        let cells =
            |cell: fn(&Row) -> &String| self.rows.iter().skip(first).map(|row| cell(row).clone()).collect();
        let left = |heading, goes, cells| Column { heading, cells, goes, side: Side::Left };
        vec![
            left("TASK", 0, cells(|row| &row.task)),
            left("REASON", 0, cells(|row| &row.reason)),
            left("AGO", 1, cells(|row| &row.ago)),
            left("WHAT HAPPENED", 2, cells(|row| &row.detail)),
        ]
    }
}

/// What came from outside may hold what a terminal obeys.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
