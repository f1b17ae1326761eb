//! Which files a place's results are in: one after the other, by number.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files of one place: `results-00001.jsonl`, `results-00002.jsonl`, ... in a folder, or `NAME.jsonl`,
/// `NAME-00002.jsonl`, ... for a named file.
#[derive(Debug)]
pub(super) struct Series {
    place: PathBuf,
    folder: PathBuf,
    stem: String,
    /// Whether the first file has no number, because somebody has given its name.
    first_is_named: bool,
}

impl Series {
    /// The series of a place: a file if it ends with `.jsonl`, else a folder.
    pub(super) fn at(place: &Path) -> Self {
        let name = place.file_name().and_then(|name| name.to_str());
        let stem = name.and_then(|name| name.strip_suffix(".jsonl"));
        let folder = match (stem, place.parent()) {
            (None, _) => place,
            (Some(_), Some(parent)) if !parent.as_os_str().is_empty() => parent,
            (Some(_), _) => Path::new("."),
        };
        Self {
            place: place.to_owned(),
            folder: folder.to_owned(),
            stem: stem.unwrap_or("results").to_owned(),
            first_is_named: stem.is_some(),
        }
    }

    /// The place as it was given.
    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    /// The folder the files are in.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of a number, counted from 1.
    pub(super) fn file(&self, number: u32) -> PathBuf {
        if self.first_is_named && number == 1 {
            self.folder.join(format!("{}.jsonl", self.stem))
        } else {
            self.folder.join(format!("{}-{number:05}.jsonl", self.stem))
        }
    }

    /// The highest number there is a file of; 1 if there is none.
    pub(super) fn latest(&self) -> io::Result<u32> {
        let mut latest = 1;
        for entry in fs::read_dir(&self.folder)? {
            let number = entry?.file_name().to_str().and_then(|name| self.number(name));
            latest = latest.max(number.unwrap_or(1));
        }
        Ok(latest)
    }

    /// Whether a file of this name in the folder is one of the series.
    pub(super) fn has(&self, name: &str) -> bool {
        let is_first = name.strip_suffix(".jsonl") == Some(&self.stem);
        (is_first && self.first_is_named) || self.number(name).is_some()
    }

    fn number(&self, name: &str) -> Option<u32> {
        let numbered = name.strip_prefix(&self.stem)?.strip_prefix('-')?;
        numbered.strip_suffix(".jsonl")?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    //! Names of files, there and back.

    use super::*;

    #[test]
    fn a_folder_numbers_all_its_files_and_a_named_file_those_after_it() {
        let files = |place: &str| {
            let series = Series::at(Path::new(place));
            [1, 2].map(|number| series.file(number).display().to_string())
        };
        assert_eq!(files("out/x"), ["out/x/results-00001.jsonl", "out/x/results-00002.jsonl"]);
        assert_eq!(files("out/x.jsonl"), ["out/x.jsonl", "out/x-00002.jsonl"]);
        assert_eq!(files("x.jsonl"), ["./x.jsonl", "./x-00002.jsonl"]);
    }

    #[test]
    fn the_latest_is_the_highest_number_whatever_lies_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let series = Series::at(&folder.path().join("x.jsonl"));
        assert_eq!(series.latest().unwrap(), 1);
        for name in ["x.jsonl", "x-00002.jsonl", "x-123456.jsonl", "x-y.jsonl", "xx-999999.jsonl", "x-9.gz"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(series.latest().unwrap(), 123_456);
        let own = |names: [&str; 3]| names.map(|name| series.has(name));
        assert_eq!(own(["x.jsonl", "x-00002.jsonl", "x-123456.jsonl"]), [true; 3]);
        assert_eq!(own(["x-y.jsonl", "xx-999999.jsonl", "x-9.gz"]), [false; 3]);
    }
}
