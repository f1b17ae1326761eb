//! Secrets from the environment, or from files.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::SecretName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::secrets::{Secret, Secrets};

use crate::clock::SystemClock;

/// What a secret's variable starts with.
pub const PREFIX: &str = "JOBQ_SECRET_";

/// How long a value is used before it is read again: a changed file is noticed, and a thousand calls a second
/// don't read it a thousand times.
const FRESH: Duration = Duration::from_secs(5);

/// Secrets from environment variables, else from one file each in a folder.
pub struct EnvOrFileSecrets<C = SystemClock> {
    folder: PathBuf,
    clock: C,
    /// What was read, and when.
    read: Mutex<HashMap<SecretName, (Duration, Secret)>>,
}

impl EnvOrFileSecrets {
    /// Secrets from `JOBQ_SECRET_<NAME>`, else from the files of `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self::with_clock(folder, SystemClock::new())
    }
}

impl<C: Clock> EnvOrFileSecrets<C> {
    /// The same, by another clock.
    pub fn with_clock(folder: impl Into<PathBuf>, clock: C) -> Self {
        Self { folder: folder.into(), clock, read: Mutex::default() }
    }

    fn lookup(&self, name: &SecretName) -> Result<Secret, Fault> {
        let now = self.clock.uptime();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, secret)) = read.get(name)
            && now.saturating_sub(*at) < FRESH
        {
            return Ok(secret.clone());
        }
        let secret = find(&self.folder, name)?;
        read.insert(name.clone(), (now, secret.clone()));
        Ok(secret)
    }
}

impl<C: Clock> Secrets for EnvOrFileSecrets<C> {
    async fn resolve(&self, name: &SecretName) -> Result<Secret, Fault> {
        self.lookup(name)
    }
}

#[allow(clippy::disallowed_methods, reason = "the environment is what this adapter adapts")]
fn find(folder: &Path, name: &SecretName) -> Result<Secret, Fault> {
    match std::env::var(variable(name)) {
        Ok(value) if !value.is_empty() => Ok(Secret::new(value)),
        // An error here holds the value, so it is left out.
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Fault::new(FaultKind::Lasting, format!("read {}: it is not UTF-8", variable(name))))
        }
        _ => from_file(folder, name),
    }
}

/// The variable of a secret: its name in capitals, with `_` for what a shell doesn't take in a variable's name.
fn variable(name: &SecretName) -> String {
    let name = name.as_str().to_ascii_uppercase();
    format!("{PREFIX}{}", name.replace(['-', '.'], "_"))
}

/// A small local file, read so seldom that the runtime can wait for it.
fn from_file(folder: &Path, name: &SecretName) -> Result<Secret, Fault> {
    let path = folder.join(name.as_str());
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing(name, &path)),
        Err(error) => {
            let operation = format!("read the secret '{name}' from {}", path.display());
            return Err(Fault::new(FaultKind::Lasting, operation).caused_by(error));
        }
    };
    // Editors and `echo` end a file with a line break; it isn't part of the value.
    let value = text.strip_suffix('\n').unwrap_or(&text);
    let value = value.strip_suffix('\r').unwrap_or(value);
    if value.is_empty() {
        return Err(missing(name, &path));
    }
    Ok(Secret::new(value.to_owned()))
}

fn missing(name: &SecretName, path: &Path) -> Fault {
    let (variable, path) = (variable(name), path.display());
    Fault::new(
        FaultKind::Lasting,
        format!(
            "find the secret '{name}': neither {variable} nor the file {path} is set; \
             type 'export {variable}=...', or write the value into the file"
        ),
    )
}

#[cfg(test)]
mod tests {
    //! Where a secret is looked for, and what is said if it isn't there.

    use std::cell::Cell;
    use std::fs;

    use jobq_core::time::Timestamp;

    use super::*;

    thread_local!(static UPTIME: Cell<Duration> = const { Cell::new(Duration::ZERO) });

    struct HandClock;

    impl Clock for HandClock {
        fn now(&self) -> Timestamp {
            Timestamp::EPOCH
        }

        fn uptime(&self) -> Duration {
            UPTIME.get()
        }

        async fn sleep(&self, _: Duration) {}
    }

    fn name(text: &str) -> SecretName {
        text.parse().unwrap()
    }

    #[test]
    fn a_variable_is_the_name_in_capitals() {
        assert_eq!(variable(&name("hermes-eu.v2_x")), "JOBQ_SECRET_HERMES_EU_V2_X");
    }

    #[test]
    fn a_file_is_read_without_its_last_line_break_and_again_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = EnvOrFileSecrets::with_clock(folder.path(), HandClock);
        let token = name("token-of-a-test");
        let path = folder.path().join("token-of-a-test");
        let read = || secrets.lookup(&token).map(|secret| secret.reveal().to_owned());

        fs::write(&path, "one\r\n").unwrap();
        assert_eq!(read().unwrap(), "one");
        fs::write(&path, " two\n\n").unwrap();
        assert_eq!(read().unwrap(), "one");
        UPTIME.set(FRESH);
        assert_eq!(read().unwrap(), " two\n");
    }

    #[test]
    fn p6_a_missing_secret_says_both_places_and_no_value() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = EnvOrFileSecrets::new(folder.path());
        let said = secrets.lookup(&name("no-such")).unwrap_err().chain();
        assert!(said.contains("JOBQ_SECRET_NO_SUCH"), "{said}");
        assert!(said.contains(&folder.path().join("no-such").display().to_string()), "{said}");

        fs::write(folder.path().join("latin"), b"s\xe9cret").unwrap();
        let said = secrets.lookup(&name("latin")).unwrap_err().chain();
        assert!(!said.contains("cret\u{fffd}") && !said.contains("s\u{e9}"), "{said}");
        fs::write(folder.path().join("empty"), "\n").unwrap();
        assert!(secrets.lookup(&name("empty")).is_err());
    }
}
