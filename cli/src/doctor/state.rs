//! The state folder and the file in it.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use indicatif::HumanBytes;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::sqlite::checkup::{Checkup, Extent, LAYOUT, checkup};

use super::access::{self, Obstacle, this_user, typed};
use super::finding::Finding;
use crate::project::Project;

/// For how long a file is looked at.
const PATIENCE: Duration = Duration::from_secs(5);

const INSTEAD: &str = "use another folder: --state DIR";

/// What was found, and whether the file can be used as it is.
pub(super) struct State {
    pub(super) findings: Vec<Finding>,
    pub(super) is_usable: bool,
}

/// Looks at the state folder and the file in it. Neither need be there.
pub(super) fn examine(project: &Project) -> State {
    let folder = project.state_folder();
    if let Some(obstacle) = access::folder(folder, INSTEAD) {
        return State { findings: vec![in_the_way("state folder", obstacle)], is_usable: false };
    }
    let path = project.database();
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let what = format!("nothing was pushed yet: jobq push and jobq run make {}", path.display());
            return State { findings: vec![Finding::ok("state", what)], is_usable: false };
        }
        Err(error) => {
            let what = format!("look at {}: {error}", path.display());
            return State { findings: vec![Finding::wrong("state", what, INSTEAD)], is_usable: false };
        }
    };
    if let Some(obstacle) = access::file(&path, &metadata, INSTEAD) {
        return State { findings: vec![in_the_way("state", obstacle)], is_usable: false };
    }
    let found = checkup(&path, SystemClock::new(), PATIENCE);
    let is_usable = matches!(found, Ok(Checkup::Whole { layout: LAYOUT, .. }));
    let mut findings = vec![match found {
        Ok(found) => judge(found, &path, metadata.len()),
        Err(fault) => Finding::wrong("state", fault.chain(), "try again: jobq doctor"),
    }];
    findings.extend(owner(metadata.uid(), &path, folder));
    State { findings, is_usable }
}

fn in_the_way(subject: &str, obstacle: Obstacle) -> Finding {
    Finding::wrong(subject, obstacle.what, obstacle.remedy)
}

fn judge(found: Checkup, path: &Path, bytes: u64) -> Finding {
    let (subject, shown, size) = ("state", path.display(), HumanBytes(bytes));
    match found {
        Checkup::Whole { layout, .. } if layout < LAYOUT => {
            let what = format!(
                "{shown} has layout {layout}; the next command makes it {LAYOUT}, which an older jobq can't read"
            );
            Finding::note(subject, what, "upgrade every jobq that works here")
        }
        Checkup::Whole { layout, extent: Extent::All } => {
            Finding::ok(subject, format!("{shown} is whole: {size}, layout {layout}"))
        }
        Checkup::Whole { extent: Extent::Part, .. } => {
            let what = format!("{shown} is large, {size}: no damage was found in {} s", PATIENCE.as_secs());
            let remedy = format!("look at all of it: sqlite3 {} 'PRAGMA quick_check'", typed(path));
            Finding::note(subject, what, remedy)
        }
        Checkup::Empty => Finding::ok(subject, format!("{shown} is empty: the next push fills it")),
        Checkup::Foreign => Finding::wrong(
            subject,
            format!("{shown} is no file of jobq's"),
            format!("move it away, or {INSTEAD}"),
        ),
        Checkup::Newer { layout } => {
            let what =
                format!("{shown} was written by a newer jobq: layout {layout}, and this one knows {LAYOUT}");
            Finding::wrong(subject, what, "upgrade jobq")
        }
        Checkup::Damaged(told) => {
            let what = format!("{shown} is damaged: {}", told.join("; "));
            let folder = typed(path.parent().unwrap_or(path));
            let remedy = format!(
                "stop every jobq that uses it, mkdir {folder}/damaged && mv {folder}/jobq.db* {folder}/damaged/, and push \
                 again: the results tell what was done"
            );
            Finding::wrong(subject, what, remedy)
        }
    }
}

/// What belongs to somebody else can be used, and locks one of the two out sooner or later: files beside it are made
/// by whoever comes first.
fn owner(owner: u32, path: &Path, folder: &Path) -> Option<Finding> {
    let user = this_user();
    (owner != user).then(|| {
        let what = format!("{} belongs to user {owner}, and you are user {user}", path.display());
        let remedy = format!("run jobq as that user, or: sudo chown -R {user} {}", typed(folder));
        Finding::look("state", what, remedy)
    })
}

#[cfg(test)]
mod tests {
    //! What is said of a file in each state.

    use super::*;

    #[test]
    fn every_state_has_its_level_and_what_to_type() {
        for (found, expected) in [
            (
                Checkup::Whole { layout: LAYOUT, extent: Extent::All },
                format!("ok     state: s/jobq.db is whole: 2.00 KiB, layout {LAYOUT}\n"),
            ),
            (
                Checkup::Whole { layout: LAYOUT, extent: Extent::Part },
                "note   state: s/jobq.db is large, 2.00 KiB: no damage was found in 5 s\n       \
                 -> look at all of it: sqlite3 s/jobq.db 'PRAGMA quick_check'\n"
                    .to_owned(),
            ),
            (
                Checkup::Whole { layout: 1, extent: Extent::All },
                format!(
                    "note   state: s/jobq.db has layout 1; the next command makes it {LAYOUT}, which an older jobq \
                     can't read\n       -> upgrade every jobq that works here\n"
                ),
            ),
            (Checkup::Empty, "ok     state: s/jobq.db is empty: the next push fills it\n".to_owned()),
        ] {
            assert_eq!(judge(found, Path::new("s/jobq.db"), 2_048).to_string(), expected);
        }
    }
}
