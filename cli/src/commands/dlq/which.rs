//! Which letters are meant: the filters that all of `jobq dlq` have.

use jobq_core::host::HostPattern;
use jobq_core::letter::Kind;
use jobq_core::name::BatchId;
use jobq_core::time::Timestamp;
use jobq_producer::letters::filter::{Filter, StatusPattern};
use regex::Regex;

use crate::args::instant;
use crate::pushing::parse;

/// Of each flag alone: as a heading of the whole it would hold for the flags after these too.
const HEADING: &str = "Filters";

/// Filters. All that are given must fit; of several words for one flag, one must.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// Died for this reason: rejected, exhausted, too_old, forbidden, too_large, redirect, unreadable, poison; moved
    /// by the backend itself, or foreign
    #[arg(long, help_heading = HEADING, value_name = "REASON", value_delimiter = ',', value_parser = parse::<Kind>)]
    reason: Vec<Kind>,
    /// Answered with this status at last: 422, 4xx, or none
    #[arg(long, help_heading = HEADING, value_name = "STATUS", value_delimiter = ',', value_parser = parse::<StatusPattern>)]
    status: Vec<StatusPattern>,
    /// Calls this host: api.example.com, *.example.com, either with a :port
    #[arg(long, help_heading = HEADING, value_name = "HOST", value_delimiter = ',', value_parser = parse::<HostPattern>)]
    host: Vec<HostPattern>,
    /// Is of this batch
    #[arg(long, help_heading = HEADING, value_name = "BATCH", value_delimiter = ',', value_parser = parse::<BatchId>)]
    batch: Vec<BatchId>,
    /// Died since then: 2h ago, or 2026-11-21T14:00:00Z
    #[arg(long, help_heading = HEADING, value_name = "TIME", value_parser = instant)]
    since: Option<Timestamp>,
    /// Died before then: 10m ago, or 2026-11-21T14:00:00Z
    #[arg(long, help_heading = HEADING, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,
    /// Has this regular expression anywhere in its exported line
    #[arg(long, help_heading = HEADING, value_name = "REGEX", value_parser = regex)]
    grep: Option<Regex>,
}

impl Which {
    /// The filter of these flags, for letters or tasks of these ids.
    pub(super) fn filter(self, ids: Vec<String>) -> Filter {
        Filter {
            ids,
            reasons: self.reason,
            statuses: self.status,
            hosts: self.host,
            batches: self.batch,
            since: self.since,
            until: self.until,
            grep: self.grep,
        }
    }
}

/// The first line of what is wrong with it: the rest draws where.
fn regex(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| {
        let told = error.to_string();
        told.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}
