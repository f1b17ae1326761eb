//! The end of a file of lines, to which several processes append.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How every line written here begins.
const OURS: &[u8] = br#"{"task":"#;

/// How much is read at once in search of the last line break.
const STEP: u64 = 64 << 10;

/// A file of lines, open at its end.
pub(super) struct Tail {
    path: PathBuf,
    file: File,
}

/// What became of an append.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Appended {
    /// It is on disk.
    Done,
    /// It would exceed the file's size; nothing was written.
    Full,
    /// The file is no longer where it was: deleted, or moved away. Nothing was written.
    Lost,
}

impl Tail {
    /// Opens a file, or makes it, so that it is still there after a power cut.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let fresh = !path.exists();
        let file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
        if let (true, Some(folder)) = (fresh, path.parent()) {
            sync_folder(folder)?;
        }
        Ok(Self { path, file })
    }

    /// Appends whole lines, durably, unless the file would grow beyond `most` bytes by it; an empty file takes
    /// them whatever their length.
    ///
    /// The lock keeps the processes apart that append here, and ends with a process that dies. So whatever
    /// stands after the last line break now was left by one that died, and is no record.
    pub(super) fn append(&mut self, lines: &[u8], most: u64) -> io::Result<Appended> {
        self.file.lock()?;
        let appended = self.append_locked(lines, most);
        let unlocked = self.file.unlock();
        appended.and_then(|appended| unlocked.map(|()| appended))
    }

    fn append_locked(&mut self, lines: &[u8], most: u64) -> io::Result<Appended> {
        if !self.is_in_place() {
            return Ok(Appended::Lost);
        }
        let end = self.cut_torn_line()?;
        let length = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        if end > 0 && end.saturating_add(length) > most {
            return Ok(Appended::Full);
        }
        let written = self.file.write_all(lines).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Half a line must not stay. Should this fail as well, the next append finds it and cuts it off;
            // whole lines that stay are records written twice, which is allowed.
            let _ = self.file.set_len(end);
            return Err(error);
        }
        Ok(Appended::Done)
    }

    /// Cuts off what stands after the last line break, and answers where the file ends now. What doesn't begin as our
    /// lines do is somebody's own last line: it is ended instead.
    fn cut_torn_line(&mut self) -> io::Result<u64> {
        let end = self.file.metadata()?.len();
        if end == 0 || self.read_at(end - 1, 1)? == b"\n" {
            return Ok(end);
        }
        let mut whole = end;
        while whole > 0 {
            let from = whole.saturating_sub(STEP);
            let piece = self.read_at(from, whole - from)?;
            if let Some(at) = piece.iter().rposition(|byte| *byte == b'\n') {
                whole = from + u64::try_from(at).unwrap_or(0) + 1;
                break;
            }
            whole = from;
        }
        let begins = self.read_at(whole, (end - whole).min(OURS.len() as u64))?;
        if !OURS.starts_with(&begins) {
            self.file.write_all(b"\n")?;
            return Ok(end + 1);
        }
        self.file.set_len(whole)?;
        Ok(whole)
    }

    fn read_at(&mut self, from: u64, length: u64) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(from))?;
        let mut piece = Vec::new();
        (&self.file).take(length).read_to_end(&mut piece)?;
        Ok(piece)
    }

    /// Whether the path still leads to the open file.
    #[cfg(unix)]
    fn is_in_place(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let place = |data: fs::Metadata| (data.dev(), data.ino());
        let (there, here) = (fs::metadata(&self.path), self.file.metadata());
        there.ok().map(place) == here.ok().map(place)
    }

    /// Elsewhere an open file can't be deleted or moved.
    #[cfg(not(unix))]
    fn is_in_place(&self) -> bool {
        self.path.exists()
    }
}

/// Makes a folder's new entries durable, where folders can be opened for that.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
