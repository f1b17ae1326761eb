//! The Markdown pages of the workspace.

use std::fs;
use std::path::Path;

use crate::manifests::root;

/// A Markdown page.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// Seen from the workspace's folder, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every page, hidden folders and what is built left out.
pub(crate) fn all() -> Vec<Page> {
    let mut found = Vec::new();
    collect(&root(), &mut found);
    found
}

/// One page, which must be there.
pub(crate) fn one(path: &str) -> Page {
    Page { path: path.to_owned(), text: fs::read_to_string(root().join(path)).expect(path) }
}

impl Page {
    /// Its lines outside fenced code.
    pub(crate) fn prose(&self) -> impl Iterator<Item = &str> {
        let mut fenced = false;
        self.text.lines().filter(move |line| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fence && !fenced
        })
    }

    /// What stands between single backticks.
    pub(crate) fn code_spans(&self) -> impl Iterator<Item = &str> {
        self.prose().flat_map(|line| line.split('`').skip(1).step_by(2))
    }

    /// The targets of its links.
    pub(crate) fn links(&self) -> impl Iterator<Item = &str> {
        self.prose().flat_map(|line| {
            line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|link| link.0)
        })
    }

    /// The anchors of its headings, as GitHub makes them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let headings = self.prose().filter(|line| line.starts_with('#'));
        headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
    }
}

fn anchor(heading: &str) -> String {
    let kept = heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .collect::<String>();
    kept.replace(' ', "-")
}

fn collect(folder: &Path, found: &mut Vec<Page>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            collect(&path, found);
        } else if name.ends_with(".md") {
            let shown = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            found.push(Page { text: fs::read_to_string(&path).unwrap(), path: shown });
        }
    }
}
