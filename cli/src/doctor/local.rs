//! What can be wrong on this machine.

use jobq_core::ports::secrets::Secrets;

use super::finding::Finding;
use crate::args::Global;
use crate::project::{Project, config_path, config_text};

/// Looks at the configuration, the state folder and the secrets.
pub(crate) async fn examine(project: &Project, global: &Global) -> Vec<Finding> {
    let mut findings = vec![config(project, global), state(project).await];
    findings.extend(secrets(project).await);
    findings
}

fn config(project: &Project, global: &Global) -> Finding {
    let path = config_path(global).display().to_string();
    if config_text(global).is_err() {
        return Finding::look("configuration", format!("there is no {path}"), "jobq init");
    }
    let (limits, queues) = (project.config.limits.len(), project.config.queues.len());
    Finding::ok("configuration", format!("{path}: {limits} limits, {queues} queues"))
}

/// Looking must not make it, so where nothing is there is nothing to find.
async fn state(project: &Project) -> Finding {
    if !project.has_state() {
        return Finding::ok("state", "nothing was pushed yet");
    }
    match project.store().await {
        Ok(_) => Finding::ok("state", "the queues and limits can be read and written"),
        Err(failure) => {
            let hint = failure.hints.first().cloned();
            Finding::wrong(
                "state",
                failure.message,
                hint.unwrap_or_else(|| "mend that, or use --state DIR".to_owned()),
            )
        }
    }
}

async fn secrets(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for limit in project.config.limits.values() {
        for name in &limit.secrets {
            let subject = format!("secret {name}");
            let found = match project.secrets().await {
                Ok(secrets) => secrets.resolve(name).await.map_err(|fault| fault.chain()),
                Err(failure) => Err(failure.message),
            };
            findings.push(match found {
                Ok(_) => Finding::ok(subject, format!("there, for {}", limit.name)),
                Err(why) => Finding::wrong(subject, why, "put it there, or take it out of jobq.toml"),
            });
        }
    }
    findings
}
