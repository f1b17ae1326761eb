//! Whether this user may write somewhere. The kernel is asked: permissions, lists of them and read-only disks are its
//! business.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use rustix::io::Errno;

/// Why something can't be written, and what to type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Obstacle {
    pub(super) what: String,
    pub(super) remedy: String,
}

/// The user this program runs as.
pub(super) fn this_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Why files can't be made in this folder, or the folder itself where it is missing. `instead` is what to do where
/// nothing helps.
pub(super) fn folder(path: &Path, instead: &str) -> Option<Obstacle> {
    let (there, metadata) = nearest(path)?;
    if !metadata.is_dir() {
        let what = format!("{} is no folder", there.display());
        return Some(Obstacle { what, remedy: format!("move it away, or {instead}") });
    }
    refused(&there, &metadata, Access::WRITE_OK | Access::EXEC_OK, instead)
}

/// Why this file, which is there, can't be read and written.
pub(super) fn file(path: &Path, metadata: &Metadata, instead: &str) -> Option<Obstacle> {
    if !metadata.is_file() {
        let what = format!("{} is no file", path.display());
        return Some(Obstacle { what, remedy: format!("move it away, or {instead}") });
    }
    refused(path, metadata, Access::READ_OK | Access::WRITE_OK, instead)
}

/// The path itself or what is there of it.
pub(super) fn nearest(path: &Path) -> Option<(PathBuf, Metadata)> {
    path.ancestors().find_map(|part| {
        // The parent of `.jobq` is the folder we are in.
        let part = if part.as_os_str().is_empty() { Path::new(".") } else { part };
        Some((part.to_owned(), fs::metadata(part).ok()?))
    })
}

/// A path as a shell takes it.
pub(super) fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(plain) && !text.starts_with('-') {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn refused(path: &Path, metadata: &Metadata, access: Access, instead: &str) -> Option<Obstacle> {
    let refusal = rustix::fs::access(path, access).err()?;
    let (shown, user) = (path.display(), this_user());
    Some(match refusal {
        Errno::ROFS => {
            let what = format!("{shown} is on a disk that is read-only");
            Obstacle { what, remedy: format!("mount it writable, or {instead}") }
        }
        Errno::ACCESS | Errno::PERM if metadata.uid() == user => {
            let mode = if metadata.is_dir() { "u+rwx" } else { "u+rw" };
            let what = format!("{shown} may not be written, not even by you, who own it");
            Obstacle { what, remedy: format!("chmod {mode} {}", typed(path)) }
        }
        Errno::ACCESS | Errno::PERM => {
            let what =
                format!("{shown} belongs to user {}, and you, user {user}, may not write it", metadata.uid());
            Obstacle { what, remedy: format!("sudo chown -R {user} {}, or {instead}", typed(path)) }
        }
        other => Obstacle { what: format!("{shown}: {other}"), remedy: instead.to_owned() },
    })
}

#[cfg(test)]
mod tests {
    //! Paths as they are typed.

    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        for (path, expected) in [
            (".jobq/jobq.db", ".jobq/jobq.db"),
            ("/srv/my jobs", "'/srv/my jobs'"),
            ("a'b", r"'a'\''b'"),
            ("-rf", "'-rf'"),
            ("$HOME", "'$HOME'"),
        ] {
            assert_eq!(typed(Path::new(path)), expected);
        }
    }

    #[test]
    fn what_is_missing_is_judged_by_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a/b/c");
        assert_eq!(nearest(&missing).unwrap().0, folder.path());
        assert_eq!(super::folder(&missing, ""), None);
        assert_eq!(nearest(Path::new("no-such-folder")).unwrap().0, Path::new("."));
        fs::write(folder.path().join("a"), "").unwrap();
        assert!(super::folder(&missing, "").unwrap().what.ends_with("/a is no folder"));
    }
}
