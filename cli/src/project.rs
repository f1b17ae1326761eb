//! The configuration and the state folder that a command works with.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jobq_adapters::aws::account::caller;
use jobq_adapters::aws::results::S3Results;
use jobq_adapters::aws::sdk::Sdk;
use jobq_adapters::aws::secrets::AwsSecrets;
use jobq_adapters::aws::store::AwsStore;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::jq::sandbox::Sandbox;
use jobq_adapters::secrets::EnvOrFileSecrets;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_core::config::Config;
use jobq_core::config::backend::{Backend, BackendError};
use jobq_core::limit::Limit;
use jobq_core::place::Place;
use jobq_core::queue::Queue;
use jobq_producer::follow_ups::FollowUps;
use tokio::sync::OnceCell;

use crate::args::Global;
use crate::draining::{drainer_id, process_name};
use crate::env_vars;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::programs;
use crate::pushing::longest_delay;
use crate::results::{Files, Results};
use crate::secrets::SecretSource;
use crate::store::Store;

/// The file in the state folder that holds them.
const DATABASE: &str = "jobq.db";

/// What a command works with.
pub(crate) struct Project {
    /// The configuration; an empty one where there is no file.
    pub(crate) config: Config,
    /// Where its queues live.
    pub(crate) backend: Backend,
    /// Where jobq.toml lies, or would.
    config_path: PathBuf,
    has_config: bool,
    state: PathBuf,
    /// The SDK's settings, once they were asked for: reading them may ask a server for credentials.
    sdk: OnceCell<Sdk>,
    /// Tells what happens in the store beside what is asked of it.
    printer: Printer,
}

/// What goes on from the ends of a project's batches.
pub(crate) type ProjectFollowUps = FollowUps<Sandbox, Printer, SystemClock>;

impl Project {
    /// Reads the configuration if there is one. A file that was named must be there.
    pub(crate) fn open(global: &Global, printer: Printer) -> Result<Self, Failure> {
        let config_path = config_path(global);
        let named = global.config.is_some() || env_vars::read(env_vars::CONFIG).is_some();
        let (config, has_config) = match fs::read_to_string(&config_path) {
            Ok(text) => (checked(&config_path.display().to_string(), &text)?, true),
            Err(error) if error.kind() == ErrorKind::NotFound && !named => (Config::default(), false),
            Err(error) => return Err(Failure::usage(format!("read {}: {error}", config_path.display()))),
        };
        let backend = backend(global, &config)?;
        let beside = config_path.parent().unwrap_or(Path::new(""));
        let state = global.state.clone().unwrap_or_else(|| beside.join(&config.state));
        Ok(Self { config, backend, config_path, has_config, state, sdk: OnceCell::new(), printer })
    }

    /// A project without limits and queues: what jobq.toml says of the backend holds, if there is one.
    pub(crate) fn without_config(global: &Global, printer: Printer) -> Result<Self, Failure> {
        let mut own = Self::open(global, printer)?;
        own.config.limits.clear();
        own.config.queues.clear();
        Ok(own)
    }

    /// The project of a configuration that was written just now, its state beside it.
    pub(crate) fn written(config_path: PathBuf, printer: Printer) -> Result<Self, Failure> {
        let text = fs::read_to_string(&config_path)
            .map_err(|error| Failure::failed(format!("read {}: {error}", config_path.display())))?;
        let config = checked(&config_path.display().to_string(), &text)?;
        let state = config_path.with_file_name(&config.state);
        let (backend, sdk) = (Backend::Local, OnceCell::new());
        Ok(Self { config, backend, config_path, has_config: true, state, sdk, printer })
    }

    /// Opens the store; the local one's folder and file are made where they are missing.
    pub(crate) async fn store(&self) -> Result<Store, Failure> {
        match self.backend {
            Backend::Local => self.local_store(),
            Backend::Aws => {
                let sdk = self.sdk().await?;
                let store = AwsStore::open(&sdk, self.config.stack.clone(), SystemClock::new());
                Ok(Store::Aws(store.going_on(Arc::new(self.follow_ups()?))))
            }
        }
    }

    /// What goes on from the ends of batches, as the configuration says.
    pub(crate) fn follow_ups(&self) -> Result<ProjectFollowUps, Failure> {
        let (jq, printer) = (Arc::new(programs::sandbox()?), Arc::new(self.printer));
        let (clock, longest) = (SystemClock::new(), longest_delay(self.backend));
        Ok(FollowUps::of(self.config.queues.values(), jq, printer, clock, longest))
    }

    /// Opens the store if there is one: looking must not make it.
    pub(crate) async fn existing_store(&self) -> Result<Store, Failure> {
        if !self.has_store() {
            return Err(Failure::usage(format!("there is no queue in {}", self.state.display()))
                .hint("push something first: jobq run FILE --rate 50/s, or jobq push QUEUE FILE")
                .hint("or say where it is: --state DIR"));
        }
        self.store().await
    }

    /// Whether there is a store to look into: on AWS always.
    pub(crate) fn has_store(&self) -> bool {
        self.backend == Backend::Aws || self.has_state()
    }

    /// Whether there is a local store: looking must not make it.
    pub(crate) fn has_state(&self) -> bool {
        self.database().exists()
    }

    /// The folder of the local backend's files.
    pub(crate) fn state_folder(&self) -> &Path {
        &self.state
    }

    /// The local backend's file, whether it is there or not.
    pub(crate) fn database(&self) -> PathBuf {
        self.state.join(DATABASE)
    }

    /// The folder in which secrets are files.
    pub(crate) fn secrets_folder(&self) -> PathBuf {
        self.state.join("secrets")
    }

    fn local_store(&self) -> Result<Store, Failure> {
        fs::create_dir_all(&self.state).map_err(|error| {
            Failure::failed(format!("make the state folder {}: {error}", self.state.display()))
                .hint("choose another folder with --state DIR")
        })?;
        Ok(Store::Local(LocalStore::open(&self.database(), SystemClock::new())?))
    }

    /// The SDK's settings for the stack's region.
    pub(crate) async fn sdk(&self) -> Result<Sdk, Failure> {
        let load = || Sdk::load(self.config.stack.region.as_deref());
        Ok(self.sdk.get_or_try_init(load).await?.clone())
    }

    /// Where secrets are looked up.
    pub(crate) async fn secrets(&self) -> Result<SecretSource, Failure> {
        Ok(match self.backend {
            Backend::Local => SecretSource::Local(EnvOrFileSecrets::new(self.secrets_folder())),
            Backend::Aws => {
                let (sdk, stack) = (self.sdk().await?, self.config.stack.clone());
                SecretSource::Aws(AwsSecrets::open(&sdk, stack, SystemClock::new()))
            }
        })
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
            (None, None, _) => Err(self.missing("there is no limit".to_owned())),
            (None, Some(_), Some(_)) => {
                let names: Vec<_> = self.config.limits.keys().map(ToString::to_string).collect();
                Err(Failure::usage("there are several limits: say which to drain")
                    .hint(format!("jobq drain {}", names.join(" | "))))
            }
        }
    }

    /// Opens the places that the results of these queues go to.
    pub(crate) async fn results(&self, queues: &[Queue]) -> Result<Results, Failure> {
        match self.backend {
            Backend::Local => self.result_files(queues),
            Backend::Aws => self.result_objects(queues).await,
        }
    }

    fn result_files(&self, queues: &[Queue]) -> Result<Results, Failure> {
        let beside = self.beside();
        let mut files = Files::default();
        for queue in queues {
            match &queue.results {
                None => {}
                Some(Place::Path(path)) => files.add(queue.name.clone(), &beside.join(path))?,
                Some(bucket) => {
                    return Err(Failure::usage(format!("results in {bucket} need the aws backend"))
                        .hint("add --backend aws, or name a folder"));
                }
            }
        }
        Ok(Results::Files(files))
    }

    async fn result_objects(&self, queues: &[Queue]) -> Result<Results, Failure> {
        let (sdk, own) = (self.sdk().await?, self.stack_bucket().await?);
        let mut objects = S3Results::open(&sdk, own, drainer_id(&process_name())?, SystemClock::new());
        for queue in queues {
            if let Some(place) = &queue.results {
                objects.add(queue.name.clone(), place);
            }
        }
        Ok(Results::Objects(objects))
    }

    /// The bucket that a place on AWS is in.
    pub(crate) async fn bucket_of(&self, place: &Place) -> Result<String, Failure> {
        match place {
            Place::Path(_) => self.stack_bucket().await,
            Place::Bucket { bucket, .. } => Ok(bucket.clone()),
        }
    }

    async fn stack_bucket(&self) -> Result<String, Failure> {
        let sdk = self.sdk().await?;
        Ok(self.config.stack.results_bucket(&caller(&sdk).await?.account, sdk.region()))
    }

    /// The folder that paths of jobq.toml begin at.
    pub(crate) fn beside(&self) -> &Path {
        self.config_path.parent().unwrap_or(Path::new(""))
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

/// That there is nothing to drain under a limit.
pub(crate) fn no_queue_of(limit: &Limit) -> Failure {
    Failure::usage(format!("no queue has the limit '{}'", limit.name))
        .hint(format!("add one: [queues.NAME] with limit = \"{}\"", limit.name))
}

/// Where the configuration lies, or would.
pub(crate) fn config_path(global: &Global) -> PathBuf {
    let named = global.config.clone().or_else(|| env_vars::read(env_vars::CONFIG).map(PathBuf::from));
    named.unwrap_or_else(|| PathBuf::from("jobq.toml"))
}

/// The configuration as it is written, which there must be.
pub(crate) fn config_text(global: &Global) -> Result<String, Failure> {
    let path = config_path(global);
    fs::read_to_string(&path).map_err(|error| {
        let failure = Failure::usage(format!("read {}: {error}", path.display()));
        if error.kind() == ErrorKind::NotFound { failure.hint("write one: jobq init") } else { failure }
    })
}

fn backend(global: &Global, config: &Config) -> Result<Backend, Failure> {
    let named = global.backend.clone().or_else(|| env_vars::read(env_vars::BACKEND));
    let backend = named.map_or(Ok(config.backend), |named| named.parse());
    backend.map_err(|error: BackendError| Failure::usage(error.to_string()))
}

/// The configuration in a text, its programs looked at too.
fn checked(file: &str, text: &str) -> Result<Config, Failure> {
    let config = Config::parse(file, text)?;
    let problems = programs::problems(&config, file);
    if problems.is_empty() { Ok(config) } else { Err(problems.into()) }
}
