//! The configuration and the state folder that a command works with.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jobq_adapters::clock::SystemClock;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_core::config::Config;
use jobq_core::config::backend::Backend;
use jobq_core::limit::Limit;
use jobq_core::place::Place;
use jobq_core::queue::Queue;

use crate::args::Global;
use crate::env_vars;
use crate::failure::Failure;

/// The queue, the ledger and the dead letters of the local backend.
pub(crate) type Store = LocalStore<SystemClock>;

/// The file in the state folder that holds them.
const DATABASE: &str = "jobq.db";

/// What a command works with.
pub(crate) struct Project {
    /// The configuration; an empty one where there is no file.
    pub(crate) config: Config,
    /// Where jobq.toml lies, or would.
    config_path: PathBuf,
    has_config: bool,
    state: PathBuf,
}

impl Project {
    /// Reads the configuration if there is one. A file that was named must be there.
    pub(crate) fn open(global: &Global) -> Result<Self, Failure> {
        let config_path = config_path(global);
        let named = global.config.is_some() || env_vars::read(env_vars::CONFIG).is_some();
        let (config, has_config) = match fs::read_to_string(&config_path) {
            Ok(text) => (Config::parse(&config_path.display().to_string(), &text)?, true),
            Err(error) if error.kind() == ErrorKind::NotFound && !named => (Config::default(), false),
            Err(error) => return Err(Failure::usage(format!("read {}: {error}", config_path.display()))),
        };
        check_backend(global)?;
        let beside = config_path.parent().unwrap_or(Path::new(""));
        let state = global.state.clone().unwrap_or_else(|| beside.join(&config.state));
        Ok(Self { config, config_path, has_config, state })
    }

    /// A project without configuration.
    pub(crate) fn without_config(global: &Global) -> Result<Self, Failure> {
        check_backend(global)?;
        let config = Config::default();
        let state = global.state.clone().unwrap_or_else(|| config.state.clone());
        Ok(Self { config, config_path: config_path(global), has_config: false, state })
    }

    /// A project in this state folder, without configuration.
    pub(crate) fn in_folder(state: PathBuf) -> Self {
        Self { config: Config::default(), config_path: PathBuf::new(), has_config: false, state }
    }

    /// Opens the store, making the folder and the file where they are missing.
    pub(crate) fn store(&self) -> Result<Store, Failure> {
        fs::create_dir_all(&self.state).map_err(|error| {
            Failure::failed(format!("make the state folder {}: {error}", self.state.display()))
                .hint("choose another folder with --state DIR")
        })?;
        Ok(LocalStore::open(&self.state.join(DATABASE), SystemClock::new())?)
    }

    /// Opens the store if there is one: looking must not make it.
    pub(crate) fn existing_store(&self) -> Result<Store, Failure> {
        if !self.state.join(DATABASE).exists() {
            return Err(Failure::usage(format!("there is no queue in {}", self.state.display()))
                .hint("push something first: jobq run FILE --rate 50/s, or jobq push QUEUE FILE")
                .hint("or say where it is: --state DIR"));
        }
        self.store()
    }

    /// Where secrets lie that aren't in the environment.
    pub(crate) fn secrets(&self) -> PathBuf {
        self.state.join("secrets")
    }

    /// A configured queue.
    pub(crate) fn queue(&self, name: &str) -> Result<&Queue, Failure> {
        let found = self.config.queues.values().find(|queue| queue.name.as_str() == name);
        found.ok_or_else(|| self.missing(self.config.unknown_queue(name)))
    }

    /// A configured limit; without a name, the only one.
    pub(crate) fn limit(&self, name: Option<&str>) -> Result<&Limit, Failure> {
        let mut limits = self.config.limits.values();
        match (name, limits.next(), limits.next()) {
            (Some(name), ..) => {
                let found = self.config.limits.values().find(|limit| limit.name.as_str() == name);
                found.ok_or_else(|| self.missing(self.config.unknown_limit(name)))
            }
            (None, Some(only), None) => Ok(only),
            (None, None, _) => Err(self.missing("there is no limit to drain".to_owned())),
            (None, Some(_), Some(_)) => {
                let names: Vec<_> = self.config.limits.keys().map(ToString::to_string).collect();
                Err(Failure::usage("there are several limits: say which to drain")
                    .hint(format!("jobq drain {}", names.join(" | "))))
            }
        }
    }

    /// Where a queue's results go, as seen from where jobq.toml lies.
    pub(crate) fn results_of(&self, queue: &Queue) -> Result<Option<PathBuf>, Failure> {
        let beside = self.config_path.parent().unwrap_or(Path::new(""));
        match &queue.results {
            None => Ok(None),
            Some(Place::Path(path)) => Ok(Some(beside.join(path))),
            Some(bucket) => Err(Failure::usage(format!("results in {bucket} need the aws backend"))),
        }
    }

    fn missing(&self, message: String) -> Failure {
        if self.has_config {
            return Failure::usage(message);
        }
        let shown = self.config_path.display();
        Failure::usage(format!("{message}: there is no {shown}"))
            .hint("write one: jobq init")
            .hint("or run a file without one: jobq run FILE --rate 50/s")
    }
}

/// Where the configuration lies, or would.
pub(crate) fn config_path(global: &Global) -> PathBuf {
    let named = global.config.clone().or_else(|| env_vars::read(env_vars::CONFIG).map(PathBuf::from));
    named.unwrap_or_else(|| PathBuf::from("jobq.toml"))
}

fn check_backend(global: &Global) -> Result<Backend, Failure> {
    let named = global.backend.clone().or_else(|| env_vars::read(env_vars::BACKEND));
    let backend = named.as_deref().unwrap_or("local").parse::<Backend>();
    backend.map_err(|error| Failure::usage(error.to_string()))
}
