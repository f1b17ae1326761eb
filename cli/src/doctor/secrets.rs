//! Whether the secrets are there, and nobody else's to read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jobq_core::fault::Fault;
use jobq_core::name::SecretName;
use jobq_core::ports::secrets::Secrets;

use super::access::typed;
use super::finding::Finding;
use crate::project::Project;
use crate::secrets::SecretSource;

/// What others than the owner may do with a file.
const OTHERS: u32 = 0o077;

/// Looks every secret of the limits up, and at the files that some are in.
pub(super) async fn examine(project: &Project) -> Vec<Finding> {
    let named = || project.config.limits.values().flat_map(|limit| &limit.secrets);
    if named().next().is_none() {
        return Vec::new();
    }
    let mut findings = match project.secrets().await {
        Ok(source) => there(project, &source).await,
        Err(failure) => vec![Finding::wrong("secrets", failure.message, "try again: jobq doctor")],
    };
    let folder = project.secrets_folder();
    let mut files: Vec<&SecretName> = named().collect();
    files.sort_unstable();
    files.dedup();
    findings.extend(open_to_others(&folder, "700"));
    findings.extend(files.into_iter().filter_map(|name| open_to_others(&folder.join(name.as_str()), "600")));
    findings
}

async fn there(project: &Project, source: &SecretSource) -> Vec<Finding> {
    let mut findings = Vec::new();
    for limit in project.config.limits.values() {
        for name in &limit.secrets {
            let subject = format!("secret {name}");
            findings.push(match source.resolve(name).await {
                Ok(_) => Finding::ok(subject, format!("there, for {}", limit.name)),
                Err(fault) => missing(subject, &fault),
            });
        }
    }
    findings
}

/// A missing secret's fault says itself what to type.
fn missing(subject: String, fault: &Fault) -> Finding {
    let chain = fault.chain();
    match chain.split_once("; type ") {
        Some((what, remedy)) => Finding::wrong(subject, what, remedy),
        None => Finding::wrong(subject, chain, "put it there, or take it out of jobq.toml"),
    }
}

fn open_to_others(path: &Path, mode: &str) -> Option<Finding> {
    let permissions = fs::metadata(path).ok()?.permissions().mode();
    (permissions & OTHERS != 0).then(|| {
        let what =
            format!("others than you may look into {}: mode {:03o}", path.display(), permissions & 0o777);
        Finding::look("secrets", what, format!("chmod {mode} {}", typed(path)))
    })
}
