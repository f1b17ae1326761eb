//! Whether the disks have room for what is to be written.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use indicatif::HumanBytes;
use jobq_adapters::sqlite::checkup::CHECKPOINT_ROOM;
use jobq_core::place::Place;

use super::access::nearest;
use super::finding::Finding;
use crate::project::Project;

/// A disk is low when less than this share of it is free, as a divisor: 5 %; within these bounds, for a twentieth of a
/// small disk is nothing, and that of a large one is plenty.
const LOW_SHARE: u64 = 20;
const LOW_AT_LEAST: u64 = 1 << 30;
const LOW_AT_MOST: u64 = 10 << 30;

/// How a disk is, in bytes.
#[derive(Debug, Clone, Copy)]
struct Disk {
    size: u64,
    /// What this user may still write.
    free: u64,
}

/// Looks at each disk that the state folder and the results are on, once.
pub(super) fn examine(project: &Project) -> Vec<Finding> {
    let results = project.config.queues.values().filter_map(|queue| match &queue.results {
        Some(Place::Path(path)) => Some(project.beside().join(path)),
        Some(Place::Bucket { .. }) | None => None,
    });
    let folders = [project.state_folder().to_owned()].into_iter().chain(results);
    let mut disks: BTreeMap<u64, PathBuf> = BTreeMap::new();
    for (there, metadata) in folders.filter_map(|folder| nearest(&folder)) {
        disks.entry(metadata.dev()).or_insert(there);
    }
    // What waits will be called, and its answers written: they are taken to be as large as the tasks.
    let waiting = fs::metadata(project.database()).map_or(0, |metadata| metadata.len());
    disks.values().map(|folder| disk(folder, waiting)).collect()
}

fn disk(folder: &Path, waiting: u64) -> Finding {
    match rustix::fs::statvfs(folder) {
        Ok(found) => {
            let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
            judge(folder, Disk { size: bytes(found.f_blocks), free: bytes(found.f_bavail) }, waiting)
        }
        Err(error) => {
            let what = format!("ask for the room on it: {error}");
            Finding::look(subject(folder), what, format!("df -h {}", super::access::typed(folder)))
        }
    }
}

fn subject(folder: &Path) -> String {
    format!("disk of {}", folder.display())
}

fn judge(folder: &Path, disk: Disk, waiting: u64) -> Finding {
    let (subject, free) = (subject(folder), HumanBytes(disk.free));
    let remedy = "make room on it; a drain that finds none waits, and loses nothing";
    if disk.free < CHECKPOINT_ROOM {
        let needed = HumanBytes(CHECKPOINT_ROOM);
        return Finding::wrong(
            subject,
            format!("{free} are free, and the queue's log alone may need {needed}"),
            remedy,
        );
    }
    if disk.free < waiting {
        let what = format!("{free} are free, and what is in the queues takes {}", HumanBytes(waiting));
        return Finding::look(subject, what, remedy);
    }
    if disk.free < (disk.size / LOW_SHARE).clamp(LOW_AT_LEAST, LOW_AT_MOST) {
        return Finding::look(subject, format!("{free} of {} are free", HumanBytes(disk.size)), remedy);
    }
    Finding::ok(subject, format!("{free} are free"))
}

#[cfg(test)]
mod tests {
    //! Disks large and small, full and empty.

    use super::*;

    const GIB: u64 = 1 << 30;
    const MIB: u64 = 1 << 20;

    #[test]
    fn room_is_judged_by_what_is_needed() {
        for (size, free, waiting, level) in [
            (100 * GIB, 60 * GIB, GIB, "ok"),
            (4_000 * GIB, 11 * GIB, GIB, "ok"),
            (4_000 * GIB, 9 * GIB, GIB, "look"),
            (100 * GIB, 4 * GIB, 0, "look"),
            (100 * GIB, 6 * GIB, 0, "ok"),
            (2 * GIB, 900 * MIB, 0, "look"),
            (100 * GIB, 20 * GIB, 21 * GIB, "look"),
            (2 * GIB, 60 * MIB, 0, "WRONG"),
            (16 * MIB, 16 * MIB, 0, "WRONG"),
        ] {
            let found = judge(Path::new("/srv"), Disk { size, free }, waiting).to_string();
            assert!(found.starts_with(level), "{size} {free} {waiting}: {found}");
            assert!(found.contains(" disk of /srv: "), "{found}");
            assert_eq!(found.contains("-> make room"), level != "ok", "{found}");
        }
    }
}
