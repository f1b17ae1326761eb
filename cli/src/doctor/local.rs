//! What can be wrong on this machine: the state folder, disks, secrets, results and hosts, beside what jobq.toml says.

use jobq_adapters::clock::SystemClock;
use jobq_adapters::sqlite::checkup::{LAYOUT, sqlite_version};
use jobq_core::human::counted;
use jobq_core::ports::clock::Clock;

use super::finding::Finding;
use super::{configured, hosts, places, pushes, room, secrets, state};
use crate::args::Global;
use crate::project::{Project, config_path, config_text};

/// Looks at everything. Nothing is made, changed or called.
pub(crate) async fn examine(project: &Project, global: &Global) -> Vec<Finding> {
    let now = SystemClock::new().now();
    let mut findings = vec![program(), config(project, global)];
    findings.extend(configured::settings(&project.config, None, now));
    findings.extend(pushes::examine(project, now));
    let state = state::examine(project);
    findings.extend(state.findings);
    findings.extend(room::examine(project));
    findings.extend(secrets::examine(project).await);
    findings.extend(places::examine(project));
    findings.extend(hosts::examine(&project.config).await);
    // Opening any other file would change it, or fail as was told already.
    if state.is_usable {
        findings.extend(match project.store().await {
            Ok(store) => configured::limits(&project.config, &store, now).await,
            Err(failure) => vec![Finding::wrong("state", failure.message, "try again: jobq doctor")],
        });
    }
    findings
}

fn program() -> Finding {
    let version = env!("CARGO_PKG_VERSION");
    Finding::ok("program", format!("jobq {version}, layout {LAYOUT}, SQLite {}", sqlite_version()))
}

fn config(project: &Project, global: &Global) -> Finding {
    let path = config_path(global).display().to_string();
    if config_text(global).is_err() {
        return Finding::look("configuration", format!("there is no {path}"), "jobq init");
    }
    let (limits, queues) = (&project.config.limits, &project.config.queues);
    let told = [counted(limits.len(), "limit"), counted(queues.len(), "queue")];
    Finding::ok("configuration", format!("{path}: {}", told.join(", ")))
}
