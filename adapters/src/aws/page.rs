//! Pages: where it is noted which tasks of a batch were counted.
//!
//! A write of the table costs the same for one byte as for a kilobyte, and twice as much in a transaction. So tasks whose
//! ids differ in their last two digits alone, as those of a push and of a fan-out do, are noted on one page: a hundred
//! that end together are one write. One whose id ends in no digit has a page of its own.

use std::collections::{BTreeMap, HashSet};

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use jobq_core::name::{BatchId, QueueName};
use jobq_core::task::TaskId;

use super::table::{self, EXPIRES, ID, Item};

/// How many of an id's last digits are the entry on its page. Of 111 entries (none, one or two digits) a condition is well
/// below the 4 KB and the 300 operators that DynamoDB takes, and the page about a kilobyte.
const DIGITS: usize = 2;

/// What an entry is called that has no digits.
const NO_DIGITS: &str = "-";

/// What is noted of a task, once: a second time changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// Another task of the batch has made it.
    Known,
    /// Its call ended well, and no end of it was noted before.
    Done,
    /// It is dead, and no end of it was noted before.
    Dead,
    /// It won't be called, and no end of it was noted before.
    Skipped,
    /// It was noted as dead, and goes back: as if it had never ended.
    Back,
}

/// What is to be noted of which task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted<'a> {
    pub(super) task: &'a TaskId,
    /// The queue it was sent to.
    pub(super) queue: &'a QueueName,
    pub(super) note: Note,
}

/// A page, and what is to be noted on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page<'a> {
    name: &'a str,
    notes: BTreeMap<&'a str, Noted<'a>>,
}

/// The pages of tasks. Of a task that is there twice, the first note counts.
pub(super) fn pages<'a>(notes: impl IntoIterator<Item = Noted<'a>>) -> Vec<Page<'a>> {
    let mut pages: BTreeMap<&str, BTreeMap<&str, Noted<'a>>> = BTreeMap::new();
    for noted in notes {
        let (name, entry) = place(noted.task.as_str());
        pages.entry(name).or_default().entry(entry).or_insert(noted);
    }
    pages.into_iter().map(|(name, notes)| Page { name, notes }).collect()
}

/// The page of an id, and the entry on it. Both together are the id: no two have the same.
fn place(task: &str) -> (&str, &str) {
    let digits = task.bytes().rev().take(DIGITS).take_while(u8::is_ascii_digit).count();
    let (name, entry) = task.split_at(task.len() - digits);
    (name, if digits == 0 { NO_DIGITS } else { entry })
}

impl Page<'_> {
    /// Its key in the table.
    pub(super) fn key(&self, batch: &BatchId) -> AttributeValue {
        table::page_key(batch, self.name)
    }

    /// The notes that are to be made.
    pub(super) fn notes(&self) -> impl Iterator<Item = &Noted<'_>> {
        self.notes.values()
    }

    /// Leaves out what is on the page already; false if nothing is left.
    pub(super) fn leave_out(&mut self, there: Option<&Item>) -> bool {
        let set = |attribute: &str| -> HashSet<&str> {
            let found = there.and_then(|item| item.get(attribute)).and_then(|value| value.as_ss().ok());
            found.map(|entries| entries.iter().map(String::as_str).collect()).unwrap_or_default()
        };
        let (known, ended, dead) = (set("known"), set("ended"), set("dead"));
        self.notes.retain(|entry, noted| match noted.note {
            Note::Known => !known.contains(entry),
            Note::Done | Note::Dead | Note::Skipped => !ended.contains(entry),
            Note::Back => dead.contains(entry),
        });
        !self.notes.is_empty()
    }

    /// The write that makes all of its notes, or none if any of them is there already.
    pub(super) fn update(
        &self,
        table: &str,
        batch: &BatchId,
        expires: AttributeValue,
    ) -> Result<Update, BuildError> {
        let update = Update::builder().table_name(table).key(ID, self.key(batch));
        let update = update.expression_attribute_values(":expires", expires);
        let (mut barred, mut needed) = (Vec::new(), Vec::new());
        let mut values = Vec::new();
        for (number, (entry, noted)) in self.notes.iter().enumerate() {
            values.push((format!(":e{number}"), AttributeValue::S((*entry).to_owned())));
            match noted.note {
                Note::Known => barred.push(format!("contains(known, :e{number})")),
                Note::Back => needed.push(format!("contains(dead, :e{number})")),
                Note::Done | Note::Dead | Note::Skipped => {
                    barred.push(format!("contains(ended, :e{number})"));
                }
            }
        }
        if !barred.is_empty() {
            needed.push(format!("NOT ({})", barred.join(" OR ")));
        }
        let update = values
            .into_iter()
            .fold(update, |update, (name, value)| update.expression_attribute_values(name, value));
        self.changing(update).condition_expression(needed.join(" AND ")).build()
    }

    /// Says what becomes of the page's sets.
    fn changing(&self, mut update: UpdateBuilder) -> UpdateBuilder {
        let sets: [(&str, &[Note]); 3] = [
            ("known", &[Note::Known]),
            ("ended", &[Note::Done, Note::Dead, Note::Skipped]),
            ("dead", &[Note::Dead]),
        ];
        let mut added = Vec::new();
        for (set, notes) in sets {
            if let Some(entries) = self.entries(notes) {
                update = update.expression_attribute_values(format!(":{set}"), entries);
                added.push(format!("{set} :{set}"));
            }
        }
        let mut expression = format!("SET {EXPIRES} = :expires");
        if let Some(back) = self.entries(&[Note::Back]) {
            update = update.expression_attribute_values(":back", back);
            expression.push_str(" DELETE ended :back, dead :back");
        }
        if !added.is_empty() {
            expression.push_str(&format!(" ADD {}", added.join(", ")));
        }
        update.update_expression(expression)
    }

    /// The entries with any of these notes, where there are some: a set of the table is never empty.
    fn entries(&self, notes: &[Note]) -> Option<AttributeValue> {
        let entries = self.notes.iter().filter(|(_, noted)| notes.contains(&noted.note));
        let entries: Vec<String> = entries.map(|(entry, _)| (*entry).to_owned()).collect();
        (!entries.is_empty()).then_some(AttributeValue::Ss(entries))
    }
}

#[cfg(test)]
mod tests {
    //! Which page a task is noted on, and what is left of a page that others have written.

    use super::*;

    fn id(text: &str) -> TaskId {
        text.parse().unwrap()
    }

    /// The pages of tasks of one queue that all have the same note.
    fn pages_of<'a>(ids: &'a [TaskId], queue: &'a QueueName, note: Note) -> Vec<Page<'a>> {
        pages(ids.iter().map(|task| Noted { task, queue, note }))
    }

    #[test]
    fn ids_that_differ_in_two_digits_share_a_page() {
        for (task, page, entry) in [
            ("b-7", "b-", "7"),
            ("b-42", "b-", "42"),
            ("b-142", "b-1", "42"),
            ("b-100/1.9", "b-100/1.", "9"),
            ("7", "", "7"),
            ("b", "b", NO_DIGITS),
            ("b-", "b-", NO_DIGITS),
            ("3f9a", "3f9a", NO_DIGITS),
        ] {
            assert_eq!(place(task), (page, entry), "{task}");
        }
    }

    #[test]
    fn a_thousand_of_a_push_are_eleven_pages() {
        let ids: Vec<TaskId> = (1..=1_000).map(|line| id(&format!("b-{line}"))).collect();
        let queue = "q".parse().unwrap();
        let pages = pages_of(&ids, &queue, Note::Done);
        assert_eq!(pages.len(), 11);
        assert_eq!(pages.iter().flat_map(Page::notes).count(), 1_000);
    }

    #[test]
    fn the_largest_page_is_within_what_dynamodb_takes() {
        let digits = (0..10).map(|one| format!("b{one}")).chain((0..100).map(|two| format!("b{two:02}")));
        let ids: Vec<TaskId> = digits.chain(["b".to_owned()]).map(|text| id(&text)).collect();
        let queue = "q".parse().unwrap();
        let pages = pages_of(&ids, &queue, Note::Dead);
        let update = pages[0].update("t", &"b".parse().unwrap(), AttributeValue::N("1".into())).unwrap();
        let condition = update.condition_expression().unwrap();
        assert_eq!((pages.len(), condition.matches("contains").count()), (1, 111));
        assert!(condition.len() < 4_096, "{}", condition.len());
    }

    #[test]
    fn what_is_there_is_left_out() {
        let ids: Vec<TaskId> = ["b-1", "b-2", "b-3"].map(id).into();
        let set = |entries: &[&str]| AttributeValue::Ss(entries.iter().map(ToString::to_string).collect());
        let there: Item = [("ended".to_owned(), set(&["1", "2"])), ("dead".to_owned(), set(&["2"]))].into();
        let queue = "q".parse().unwrap();
        let left = |note: Note, there: Option<&Item>| {
            let mut page = pages_of(&ids, &queue, note).remove(0);
            let is_left = page.leave_out(there);
            assert_eq!(is_left, !page.notes.is_empty());
            page.notes.keys().copied().collect::<Vec<_>>()
        };
        assert_eq!(left(Note::Done, Some(&there)), ["3"]);
        assert_eq!(left(Note::Known, Some(&there)), ["1", "2", "3"]);
        assert_eq!(left(Note::Back, Some(&there)), ["2"]);
        assert_eq!(left(Note::Back, None), Vec::<&str>::new());
        assert_eq!(left(Note::Dead, None), ["1", "2", "3"]);
    }
}
