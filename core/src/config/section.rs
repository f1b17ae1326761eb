//! Reads one table of the file by its known keys, and notes every problem on the way.
//!
//! The raw stage is toml's own tree with its spans rather than derived structs: serde stops at the first
//! thing that doesn't fit, and all problems are to be told at once.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Key, LATER, PLACES};
use super::nearest::{nearest, suggestion};
use super::problem::Problems;

/// One table of the file, with the keys it may hold.
pub(super) struct Section<'a> {
    path: String,
    at: usize,
    keys: &'static [Key],
    table: &'a DeTable<'a>,
}

/// One entry of a table whose keys are names of the user's own.
pub(super) struct Entry<'a> {
    /// The name, and where it stands.
    pub(super) name: &'a str,
    pub(super) at: usize,
    /// How the entry is called in a message: `limits.hermes`.
    pub(super) path: String,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(super) fn root(table: &'a DeTable<'a>, keys: &'static [Key], problems: &mut Problems) -> Self {
        Self::open(String::new(), 0, table, keys, problems)
    }

    /// The table behind `key`, if it is there.
    pub(super) fn table(
        &self,
        key: &str,
        keys: &'static [Key],
        problems: &mut Problems,
    ) -> Option<Section<'a>> {
        let (at, value) = self.get(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_kind(key, value, problems);
            return None;
        };
        Some(Self::open(self.place(key), at, table, keys, problems))
    }

    /// The tables behind `key`: one table, or a list of them.
    pub(super) fn tables(
        &self,
        key: &str,
        keys: &'static [Key],
        problems: &mut Problems,
    ) -> Vec<Section<'a>> {
        let Some((at, value)) = self.get(key) else {
            return Vec::new();
        };
        let Some(list) = value.get_ref().as_array() else {
            return self.table(key, keys, problems).into_iter().collect();
        };
        let mut tables = Vec::with_capacity(list.len());
        for (number, item) in list.iter().enumerate() {
            let path = format!("{}[{}]", self.place(key), number + 1);
            match item.get_ref().as_table() {
                Some(table) => {
                    tables.push(Self::open(path, at.max(item.span().start), table, keys, problems))
                }
                None => self.wrong_kind(key, item, problems),
            }
        }
        tables
    }

    /// Whether `key` is written.
    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The entries of the table behind `key`, whose keys are names of the user's own.
    pub(super) fn entries(&self, key: &str, problems: &mut Problems) -> Vec<Entry<'a>> {
        let Some((_, value)) = self.get(key) else {
            return Vec::new();
        };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_kind(key, value, problems);
            return Vec::new();
        };
        let mut entries = Vec::with_capacity(table.len());
        for (name, value) in table {
            entries.push(Entry {
                name: name.get_ref(),
                at: name.span().start,
                path: format!("{}.{}", self.place(key), name.get_ref()),
                value,
            });
        }
        entries
    }

    /// The text behind `key`.
    pub(super) fn text(&self, key: &str, problems: &mut Problems) -> Option<&'a str> {
        let (_, value) = self.get(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_kind(key, value, problems);
        }
        text
    }

    /// The name behind `key`, of one of those that the file has: of the `kind` that the problem says. Whether it is a good name
    /// is told where it is made.
    pub(super) fn name_of<T: FromStr>(
        &self,
        key: &str,
        kind: &'static str,
        known: &[&str],
        problems: &mut Problems,
    ) -> Option<T> {
        let given = self.text(key, problems)?;
        if !known.contains(&given) {
            let message = format!("{}: there is no {kind} '{given}'", self.place(key));
            problems.add_with_hint(self.at(key), message, suggestion(given, kind, known));
        }
        given.parse().ok()
    }

    /// The text behind `key`, as what `parse` makes of it.
    pub(super) fn parsed<T, E: fmt::Display>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
        problems: &mut Problems,
    ) -> Option<T> {
        let text = self.text(key, problems)?;
        self.noted(key, self.at(key), parse(text), problems)
    }

    /// Each text of the list behind `key`, as what `parse` makes of it.
    pub(super) fn parsed_list<T, E: fmt::Display>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
        problems: &mut Problems,
    ) -> Option<Vec<T>> {
        let (_, value) = self.get(key)?;
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_kind(key, value, problems);
            return None;
        };
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => list.extend(self.noted(key, item.span().start, parse(text), problems)),
                None => self.wrong_kind(key, item, problems),
            }
        }
        Some(list)
    }

    /// Whether `key` is there, whatever it holds.
    pub(super) fn is_written(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether `key` holds a list, and nothing is in it.
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        let list = self.get(key).and_then(|(_, value)| value.get_ref().as_array());
        list.is_some_and(|list| list.is_empty())
    }

    /// The number behind `key`. Zero is a problem wherever a count is asked for.
    pub(super) fn count(&self, key: &str, problems: &mut Problems) -> Option<NonZeroU32> {
        let (_, value) = self.get(key)?;
        let Some(number) = value.get_ref().as_integer() else {
            self.wrong_kind(key, value, problems);
            return None;
        };
        let count = u32::from_str_radix(number.as_str(), number.radix()).ok();
        let count = count.and_then(NonZeroU32::new);
        if count.is_none() {
            let message = format!("{}: {number} is not a number from 1 to {}", self.place(key), u32::MAX);
            problems.add(value.span().start, message);
        }
        count
    }

    /// The number behind `key`, or none in it where the file says "never".
    pub(super) fn count_or_never(&self, key: &str, problems: &mut Problems) -> Option<Option<NonZeroU32>> {
        let (_, value) = self.get(key)?;
        if value.get_ref().as_str() == Some("never") {
            Some(None)
        } else {
            self.count(key, problems).map(Some)
        }
    }

    /// The truth value behind `key`.
    pub(super) fn flag(&self, key: &str, problems: &mut Problems) -> Option<bool> {
        let (_, value) = self.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_kind(key, value, problems);
        }
        flag
    }

    /// Where the value of `key` stands; where it isn't written, the table's own place.
    pub(super) fn at(&self, key: &str) -> usize {
        self.get(key).map_or(self.at, |(_, value)| value.span().start)
    }

    /// How `key` of this table is called in a message: `limits.hermes.rate`.
    pub(super) fn place(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn open(
        path: String,
        at: usize,
        table: &'a DeTable<'a>,
        keys: &'static [Key],
        problems: &mut Problems,
    ) -> Self {
        let section = Self { path, at, keys, table };
        for name in table.keys() {
            if !keys.iter().any(|key| key.name == name.get_ref()) {
                section.unknown(name.get_ref(), name.span().start, problems);
            }
        }
        for key in keys {
            if key.default.is_none() && section.get(key.name).is_none() {
                section.missing(key, problems);
            }
        }
        section
    }

    /// Where the key stands, and its value.
    fn get(&self, key: &str) -> Option<(usize, &'a Spanned<DeValue<'a>>)> {
        let found = self.table.iter().find(|(name, _)| name.get_ref() == key);
        found.map(|(name, value)| (name.span().start, value))
    }

    fn noted<T, E: fmt::Display>(
        &self,
        key: &str,
        at: usize,
        parsed: Result<T, E>,
        problems: &mut Problems,
    ) -> Option<T> {
        parsed.map_err(|why| problems.add(at, format!("{}: {why}", self.place(key)))).ok()
    }

    fn wrong_kind(&self, key: &str, value: &Spanned<DeValue<'_>>, problems: &mut Problems) {
        let Some(key) = self.keys.iter().find(|known| known.name == key) else {
            return;
        };
        let found = value.get_ref().type_str();
        let message = format!("{}: expected {}, found {found}", self.place(key.name), key.kind);
        problems.add_with_hint(value.span().start, message, write_it_like(key));
    }

    fn missing(&self, key: &Key, problems: &mut Problems) {
        let message = format!("{} is missing", self.place(key.name));
        problems.add_with_hint(self.at, message, write_it_like(key));
    }

    fn unknown(&self, name: &str, at: usize, problems: &mut Problems) {
        let place = self.place(name);
        if LATER.contains(&name) {
            return problems.add(at, format!("{place} is not in this version yet"));
        }
        let known: Vec<&str> = self.keys.iter().map(|key| key.name).collect();
        let elsewhere = PLACES.iter().find(|(_, keys)| keys.iter().any(|key| key.name == name));
        let hint = match (nearest(name, known.iter().copied()), elsewhere) {
            (Some(near), _) => format!("did you mean '{near}'?"),
            (None, Some((there, _))) => format!("'{name}' is a key of {there}"),
            (None, None) => format!("the keys here are {}", known.join(", ")),
        };
        problems.add_with_hint(at, format!("{place} is not a known key"), hint);
    }
}

impl<'a> Entry<'a> {
    /// The entry as a table, as each limit and each queue is one.
    pub(super) fn table(&self, keys: &'static [Key], problems: &mut Problems) -> Option<Section<'a>> {
        let Some(table) = self.value.get_ref().as_table() else {
            let found = self.value.get_ref().type_str();
            let message = format!("{}: expected a table, found {found}", self.path);
            let outer = self.path.split('.').next().unwrap_or_default();
            problems.add_with_hint(self.at, message, format!("give it a name: [{outer}.NAME]"));
            return None;
        };
        Some(Section::open(self.path.clone(), self.at, table, keys, problems))
    }

    /// The entry's name, checked.
    pub(super) fn parsed_name<T, E: fmt::Display>(
        &self,
        parse: impl Fn(&str) -> Result<T, E>,
        problems: &mut Problems,
    ) -> Option<T> {
        parse(self.name).map_err(|why| problems.add(self.at, why)).ok()
    }

    /// The entry as text, as each header is one.
    pub(super) fn text(&self, problems: &mut Problems) -> Option<&'a str> {
        let text = self.value.get_ref().as_str();
        if text.is_none() {
            let found = self.value.get_ref().type_str();
            problems.add(self.at, format!("{}: expected text, found {found}", self.path));
        }
        text
    }
}

fn write_it_like(key: &Key) -> String {
    format!("write it like {} = {}", key.name, key.like)
}
