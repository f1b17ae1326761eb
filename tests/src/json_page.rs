//! `docs/json.md`, read so that a test can hold the page against what `--json` prints.
//!
//! A section with a table is an object: of the commands that its heading names, or one that stands within others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

/// The page, and which of its keys were printed so far.
#[derive(Debug)]
pub struct JsonPage {
    /// By heading; an object of several commands stands here once for each.
    objects: BTreeMap<String, Vec<Row>>,
    seen: BTreeSet<(String, String)>,
}

/// A row of a table.
#[derive(Debug, Clone)]
enum Row {
    Key {
        name: String,
        kind: Kind,
        or_null: bool,
        optional: bool,
    },
    /// The keys of another object.
    AllOf(String),
}

/// What a value is.
#[derive(Debug, Clone)]
enum Kind {
    String,
    Integer,
    Number,
    Truth,
    Any,
    List(Box<Kind>),
    /// Names that nobody knows before, each with a value of this kind.
    Map(Box<Kind>),
    Object(String),
}

impl JsonPage {
    /// The page as it stands.
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/json.md");
        Self::of(&fs::read_to_string(path).unwrap())
    }

    /// A page with this text.
    pub fn of(text: &str) -> Self {
        let mut objects: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for section in text.split("\n## ").skip(1) {
            let (heading, body) = section.split_once('\n').unwrap();
            let rows = body.lines().filter(|line| line.starts_with("| "));
            // The first is the head of the table.
            let rows: Vec<Row> = rows.skip(1).map(Row::read).collect();
            for name in heading.split(", ") {
                let twice = objects.insert(name.trim_matches('`').to_owned(), rows.clone());
                assert!(twice.is_none(), "{name} stands on the page twice");
            }
        }
        Self { objects, seen: BTreeSet::new() }
    }

    /// Holds what a command has printed against its section. The section is the one with the most words that all were
    /// typed: `jobq push --dry-run` for `push calls calls.txt --dry-run`.
    #[track_caller]
    pub fn hold(&mut self, typed: &[&str], printed: &Value) {
        let problems = self.problems(typed, printed);
        assert!(problems.is_empty(), "{typed:?}: {problems:#?}\nin {printed:#}");
    }

    /// Where what a command has printed isn't what its section says.
    pub fn problems(&mut self, typed: &[&str], printed: &Value) -> Vec<String> {
        let words = |command: &str| command.split(' ').skip(1).map(str::to_owned).collect::<Vec<_>>();
        let commands = self.commands().filter(|command| {
            words(command).iter().all(|word| typed.contains(&word.as_str())) && words(command)[0] == typed[0]
        });
        let section = commands.max_by_key(|command| words(command).len()).map(str::to_owned);
        let section = section.unwrap_or_else(|| panic!("docs/json.md has no section for {typed:?}"));
        let mut problems = Vec::new();
        self.hold_object(&section, printed, &mut problems);
        problems
    }

    /// The commands that have a section.
    fn commands(&self) -> impl Iterator<Item = &str> {
        self.objects.keys().map(String::as_str).filter(|name| name.starts_with("jobq "))
    }

    /// The keys that nothing held against the page has had: the section and the key.
    pub fn unseen(&self) -> Vec<(String, String)> {
        let keys = self.objects.iter().flat_map(|(section, rows)| {
            rows.iter().filter_map(move |row| match row {
                Row::Key { name, .. } => Some((section.clone(), name.clone())),
                Row::AllOf(_) => None,
            })
        });
        keys.filter(|key| !self.seen.contains(key)).collect()
    }

    fn hold_object(&mut self, section: &str, printed: &Value, problems: &mut Vec<String>) {
        let Some(object) = printed.as_object() else {
            return problems.push(format!("{section}: {printed} is no object"));
        };
        let mut known = BTreeSet::new();
        for (own, row) in self.rows(section) {
            let Row::Key { name, kind, or_null, optional } = row else { continue };
            match object.get(&name) {
                None if optional => {}
                None => problems.push(format!("{own}: `{name}` isn't printed")),
                Some(Value::Null) if or_null => _ = self.seen.insert((own, name.clone())),
                Some(value) => {
                    self.seen.insert((own.clone(), name.clone()));
                    self.hold_value(&format!("{own}: `{name}`"), &kind, value, problems);
                }
            }
            known.insert(name);
        }
        let unknown = object.keys().filter(|key| !known.contains(*key));
        problems.extend(unknown.map(|key| format!("{section}: `{key}` isn't on the page")));
    }

    /// The rows of a section and of the objects whose keys it has, each with the section that it stands in.
    fn rows(&self, section: &str) -> Vec<(String, Row)> {
        let rows = self.objects.get(section).unwrap_or_else(|| panic!("the page has no section '{section}'"));
        let with_section = |row: &Row| match row {
            Row::Key { .. } => vec![(section.to_owned(), row.clone())],
            Row::AllOf(other) => self.rows(other),
        };
        rows.iter().flat_map(with_section).collect()
    }

    fn hold_value(&mut self, place: &str, kind: &Kind, value: &Value, problems: &mut Vec<String>) {
        let fits = match kind {
            Kind::String => value.is_string(),
            Kind::Integer => value.is_i64() || value.is_u64(),
            Kind::Number => value.is_number(),
            Kind::Truth => value.is_boolean(),
            Kind::Any => true,
            Kind::List(_) => value.is_array(),
            Kind::Map(_) | Kind::Object(_) => value.is_object(),
        };
        match (kind, value) {
            _ if !fits => problems.push(format!("{place}: {value} is not: {kind:?}")),
            (Kind::List(item), Value::Array(values)) => {
                values.iter().for_each(|value| self.hold_value(place, item, value, problems));
            }
            (Kind::Map(item), Value::Object(values)) => {
                values.values().for_each(|value| self.hold_value(place, item, value, problems));
            }
            (Kind::Object(section), _) => self.hold_object(section, value, problems),
            _ => {}
        }
    }
}

impl Row {
    fn read(line: &str) -> Self {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [key, kind, _meaning] = cells[..] else { panic!("{line} has not three cells") };
        if key == "and all of" {
            return Self::AllOf(linked(kind).unwrap_or_else(|| panic!("{line} names no object")));
        }
        let (kind, optional) = kind.strip_suffix(", optional").map_or((kind, false), |kind| (kind, true));
        let (kind, or_null) = kind.strip_suffix(" or null").map_or((kind, false), |kind| (kind, true));
        Self::Key { name: key.trim_matches('`').to_owned(), kind: Kind::read(kind), or_null, optional }
    }
}

impl Kind {
    fn read(text: &str) -> Self {
        let within = |text: &str| Box::new(Self::read(text));
        match text {
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "true/false" => Self::Truth,
            "any" => Self::Any,
            _ => match (text.strip_prefix("list of "), text.strip_prefix("object of "), linked(text)) {
                (Some(item), ..) => Self::List(within(item)),
                (_, Some(item), _) => Self::Map(within(item)),
                (.., Some(section)) => Self::Object(section),
                _ => panic!("'{text}' is no type that the page explains"),
            },
        }
    }
}

/// What a link's text says, where the cell is a link.
fn linked(cell: &str) -> Option<String> {
    Some(cell.strip_prefix('[')?.split_once("](#")?.0.to_owned())
}
