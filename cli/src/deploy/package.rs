//! Zips as Lambda takes them, called by what is in them: the same program with the same configuration is the same zip,
//! and what hasn't changed is neither uploaded nor deployed.

use std::io::{Cursor, Write};

use jobq_adapters::aws::bundled::CONFIGURATION;
use sha2::{Digest, Sha256};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::bootstraps::{Bootstrap, Program};
use crate::failure::Failure;

/// What Lambda starts.
const BOOTSTRAP: &str = "bootstrap";

/// A zip for a function.
pub(crate) struct Package {
    pub(crate) program: Program,
    /// How large the program is, in bytes.
    pub(crate) unzipped: usize,
    pub(crate) zip: Vec<u8>,
    /// The SHA-256 of the zip, in hexadecimal.
    pub(crate) sha256: String,
}

impl Package {
    /// Puts a program and a configuration into a zip.
    pub(crate) fn make(bootstrap: &Bootstrap, config: &str) -> Result<Self, Failure> {
        let name = bootstrap.program.name();
        let zip = zip(&bootstrap.bytes, config);
        let zip = zip.map_err(|error| Failure::failed(format!("zip the program {name}: {error}")))?;
        let sha256 = Sha256::digest(&zip).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { program: bootstrap.program, unzipped: bootstrap.bytes.len(), zip, sha256 })
    }

    /// Where it lies in the bucket.
    pub(crate) fn key(&self) -> String {
        format!("{}-{}.zip", self.program.name(), self.sha256)
    }
}

/// Nothing of when or where it was made is in it.
fn zip(bootstrap: &[u8], config: &str) -> Result<Vec<u8>, ZipError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(BOOTSTRAP, options.unix_permissions(0o755))?;
    zip.write_all(bootstrap)?;
    zip.start_file(CONFIGURATION, options.unix_permissions(0o644))?;
    zip.write_all(config.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    //! What a zip is called, and what is in it.

    use std::io::Read;

    use super::*;

    fn package(bytes: &[u8], config: &str) -> Package {
        let bootstrap = Bootstrap { program: Program::Drainer, bytes: bytes.to_vec() };
        Package::make(&bootstrap, config).unwrap()
    }

    #[test]
    fn the_name_says_what_is_in_it() {
        let key = |bytes: &[u8], config: &str| package(bytes, config).key();
        assert_eq!(key(b"program", "a = 1"), key(b"program", "a = 1"));
        assert_ne!(key(b"program", "a = 1"), key(b"program", "a = 2"));
        assert_ne!(key(b"program", "a = 1"), key(b"another", "a = 1"));
        assert!(key(b"program", "").starts_with("drainer-") && key(b"program", "").len() == 8 + 64 + 4);
    }

    #[test]
    fn the_program_may_be_run() {
        let packed = package(b"program", "a = 1");
        let mut zip = zip::ZipArchive::new(Cursor::new(packed.zip)).unwrap();
        let mut text = String::new();
        zip.by_name("jobq.toml").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "a = 1");
        assert_eq!(zip.by_name("bootstrap").unwrap().unix_mode().unwrap() & 0o777, 0o755);
    }
}
