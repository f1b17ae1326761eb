//! The pipeline: a jobq.toml in a folder of its own, and the files that are pushed.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use jobq_core::name::BatchId;

use crate::failure::Failure;

/// Its queues, in the order in which tasks grow.
pub(super) const QUEUES: [&str; 4] = ["warriors", "troops", "groups", "data"];

/// How many tasks are urgent.
const URGENT: u32 = 5;

/// With words in place of what is known only when it runs.
const CONFIG: &str = include_str!("jobq.toml");

/// The files of the pipeline.
pub(crate) struct Pipeline {
    /// The configuration.
    pub(crate) config: PathBuf,
    /// The one call that all others grow from.
    pub(crate) start: PathBuf,
    /// Calls that can't wait.
    pub(super) urgent: PathBuf,
    /// Where the data goes.
    pub(crate) results: PathBuf,
    text: String,
}

impl Pipeline {
    /// Writes the files into a folder, for an API that is there and allows so many calls a second.
    pub(crate) fn write(folder: &Path, api: SocketAddr, rate: NonZeroU32) -> io::Result<Self> {
        let text = config(api, rate);
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).map(|()| path)
        };
        let urgent: String =
            (1..=URGENT).map(|number| format!("http://{api}/groups/urgent-{number}/data\n")).collect();
        Ok(Self {
            config: file("jobq.toml", &text)?,
            start: file("start.txt", &format!("http://{api}/warriors\n"))?,
            urgent: file("urgent.txt", &urgent)?,
            results: folder.join("results"),
            text,
        })
    }

    /// How one answer makes the tasks of the next queue: the middle of the configuration.
    pub(crate) fn excerpt(&self) -> impl Iterator<Item = &str> {
        self.text
            .split("\n\n")
            .find(|table| table.starts_with("[queues.troops.then]"))
            .into_iter()
            .flat_map(str::lines)
    }
}

/// A batch of this name.
pub(crate) fn batch(name: &str) -> Result<BatchId, Failure> {
    name.parse().map_err(|error| Failure::failed(format!("name a batch: {error}")))
}

fn config(api: SocketAddr, rate: NonZeroU32) -> String {
    CONFIG.replace("ADDRESS", &api.to_string()).replace("RATE", &rate.to_string())
}

#[cfg(test)]
mod tests {
    //! The configuration is one, and leads from each queue to the next.

    use jobq_core::config::Config;

    use super::*;

    #[test]
    fn each_queue_makes_the_tasks_of_the_next() {
        let text = config(([127, 0, 0, 1], 8080).into(), NonZeroU32::new(75).unwrap());
        let config = Config::parse("jobq.toml", &text).unwrap_or_else(|problems| panic!("{problems:?}"));
        let grows = QUEUES.map(|queue| {
            let queue = &config.queues[&queue.parse().unwrap()];
            queue.growth.then.iter().map(|then| then.queue.to_string()).collect::<Vec<_>>()
        });
        assert_eq!(grows, [vec!["troops"], vec!["groups"], vec!["data"], vec![]]);
        assert_eq!(config.limits.len(), 1);
    }
}
