//! A folder of a test's own, with the files a user would have in it.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder that is gone with the test.
pub struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    #[allow(clippy::new_without_default, reason = "a folder is made, not assumed")]
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).unwrap()
    }

    /// The answers in a results file, one JSON value a line.
    pub fn records(&self, name: &str) -> Vec<serde_json::Value> {
        self.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
