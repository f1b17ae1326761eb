//! Changes of a stack as they are shown before they are made.

use std::fmt;

use jobq_adapters::aws::stack::change_set::{Action, Change, Setting};
use serde::Serialize;

use crate::readings::{row, table};

/// The longest value of a setting that is shown; the rest are documents.
const LONGEST_VALUE: usize = 40;

/// What holds something that would be missed.
const HOLDERS: [&str; 3] = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue"];

/// All changes, by what is done.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(crate) struct Changes {
    changes: Vec<ChangeReport>,
}

#[derive(Debug, Clone, Serialize)]
struct ChangeReport {
    action: &'static str,
    resource: String,
    kind: String,
    /// What its service calls it, if it is there already.
    name: Option<String>,
    /// What changes of it.
    settings: Vec<String>,
}

impl Changes {
    /// Changes in the order in which they are shown: what is lost first.
    pub(crate) fn new(changes: &[Change]) -> Self {
        let mut sorted: Vec<&Change> = changes.iter().collect();
        sorted.sort_by_key(|change| (rank(change.action), &change.id));
        Self { changes: sorted.into_iter().map(ChangeReport::from).collect() }
    }

    /// No changes.
    pub(crate) fn none() -> Self {
        Self { changes: Vec::new() }
    }

    /// These, and after them others.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.changes.extend(others.changes);
        self
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.changes.len()
    }

    /// What must be said loudly: something that holds tasks, limits or results, and in whose place another one comes
    /// with nothing in it.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let lost = self.changes.iter().filter(|change| change.is_lost());
        let warning = |change: &ChangeReport| {
            let name = change.name.as_deref().unwrap_or("it");
            let ChangeReport { action, resource, kind, .. } = change;
            format!("{action} {resource} ({kind}): what {name} holds doesn't come along")
        };
        lost.map(warning).collect()
    }
}

impl ChangeReport {
    fn is_lost(&self) -> bool {
        self.action.contains("replace") && HOLDERS.contains(&self.kind.as_str())
    }
}

impl From<&Change> for ChangeReport {
    fn from(change: &Change) -> Self {
        Self {
            action: word(change.action),
            resource: change.id.clone(),
            kind: change.kind.clone(),
            name: change.name.clone().filter(|name| !name.is_empty()),
            settings: change.settings.iter().map(setting).collect(),
        }
    }
}

fn setting(setting: &Setting) -> String {
    match &setting.values {
        Some((before, after)) if before.len() <= LONGEST_VALUE && after.len() <= LONGEST_VALUE => {
            format!("{}: {before} -> {after}", setting.name)
        }
        _ => setting.name.clone(),
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Add => "add",
        Action::Adopt => "adopt",
        Action::Modify => "change",
        Action::Replace => "replace",
        Action::MayReplace => "may replace",
        Action::Remove => "delete",
        Action::Release => "let go",
    }
}

fn rank(action: Action) -> u8 {
    match action {
        Action::Replace => 0,
        Action::MayReplace => 1,
        Action::Remove => 2,
        Action::Release => 3,
        Action::Modify => 4,
        Action::Adopt => 5,
        Action::Add => 6,
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            return writeln!(f, "nothing to change");
        }
        let mut rows = vec![row(["ACTION", "RESOURCE", "KIND", "WHAT"])];
        for change in &self.changes {
            let what = if change.settings.is_empty() {
                change.name.clone().unwrap_or_default()
            } else {
                change.settings.join(", ")
            };
            let action =
                if change.is_lost() { change.action.to_uppercase() } else { change.action.to_owned() };
            rows.push(row([&action, &change.resource, &change.kind, &what]));
        }
        table(f, &rows)
    }
}

#[cfg(test)]
mod tests {
    //! What people are shown.

    use super::*;

    #[test]
    fn what_is_lost_stands_first_and_is_loud() {
        let change = |action, id: &str, name: Option<&str>, settings| Change {
            action,
            id: id.to_owned(),
            kind: "AWS::SQS::Queue".to_owned(),
            name: name.map(str::to_owned),
            settings,
        };
        let memory =
            Setting { name: "MemorySize".to_owned(), values: Some(("128".to_owned(), "256".to_owned())) };
        let long = Setting { name: "Policies".to_owned(), values: Some(("x".repeat(41), String::new())) };
        let changes = Changes::new(&[
            change(Action::Add, "A", None, Vec::new()),
            change(Action::Modify, "B", Some("b"), vec![memory, long]),
            change(Action::Replace, "C", Some("c"), Vec::new()),
        ]);
        let text = changes.to_string();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["REPLACE", "C", "AWS::SQS::Queue", "c"]);
        assert_eq!(lines[2][3..].join(" "), "MemorySize: 128 -> 256, Policies");
        assert_eq!(lines[3], ["add", "A", "AWS::SQS::Queue"]);
        assert_eq!(changes.warnings().len(), 1);
    }
}
