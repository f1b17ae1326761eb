//! Reading results back from files, for those who ask what was called and when.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use jobq_core::fault::{Fault, FaultKind};

use super::series::Series;
use crate::result_log::{Line, Lines, Unpacking};

/// How much of a file is read at once.
const STEP: usize = 256 << 10;

/// Tells of each line of the results in `place`, and answers how many files they are in.
///
/// A file that ends with `.jsonl` goes on in those with a number after its name. Of a folder every `.jsonl` and
/// `.jsonl.gz` is read, also in the folders within: results of S3 that were copied lie in a folder a day. Where nothing
/// is, nothing was written yet.
pub fn read(place: &Path, each: &mut dyn FnMut(Line)) -> Result<u64, Fault> {
    let files = files(place).map_err(|error| fault(place, error))?;
    for file in &files {
        read_file(file, each).map_err(|error| fault(file, error))?;
    }
    Ok(u64::try_from(files.len()).unwrap_or(u64::MAX))
}

fn fault(place: &Path, error: io::Error) -> Fault {
    Fault::new(FaultKind::Lasting, format!("read results in {}", place.display())).caused_by(error)
}

fn files(place: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if place.is_dir() {
        collect(place, &mut found)?;
    } else if is_named(place, ".jsonl") {
        let series = Series::at(place);
        let entries = match fs::read_dir(series.folder()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
            entries => entries?,
        };
        for entry in entries {
            let name = entry?.file_name();
            if name.to_str().is_some_and(|name| series.has(name)) {
                found.push(series.folder().join(name));
            }
        }
    } else if place.exists() {
        found.push(place.to_owned());
    }
    found.sort();
    Ok(found)
}

/// The result files of a folder and of those within it. Links to folders are not followed: they may lead in circles.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(&path, found)?;
        } else if is_named(&path, ".jsonl") || is_named(&path, ".jsonl.gz") {
            found.push(path);
        }
    }
    Ok(())
}

fn is_named(path: &Path, ending: &str) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(ending))
}

fn read_file(path: &Path, each: &mut dyn FnMut(Line)) -> io::Result<()> {
    let place = path.display().to_string();
    let mut file = File::open(path)?;
    let mut unpacking = Unpacking::of(Lines::new(&place, each));
    let mut piece = vec![0; STEP];
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 || !unpacking.take(&piece[..length]) {
            break;
        }
    }
    unpacking.finish();
    Ok(())
}
