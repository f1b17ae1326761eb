//! The drainers' processes, found and killed as a machine that fails would.

use std::fs;
use std::process::Command;

/// The drainers at work whose AWS is at `url`, by their process ids.
pub(crate) fn drainers(url: &str) -> Vec<u32> {
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes.filter(|process| is_drainer(*process, url)).collect()
}

/// Kills every drainer at work, without a chance to tidy up, and answers how many there were.
pub(crate) fn kill_all(url: &str) -> usize {
    let drainers = drainers(url);
    for drainer in &drainers {
        let _ = Command::new("kill").args(["-9", &drainer.to_string()]).status();
    }
    drainers.len()
}

fn is_drainer(process: u32, url: &str) -> bool {
    let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
    let environment = String::from_utf8_lossy(&environment);
    let has = |variable: &str| environment.split('\0').any(|own| own == variable);
    has(&format!("AWS_ENDPOINT_URL={url}"))
        && environment.split('\0').any(|own| own.starts_with("AWS_LAMBDA_FUNCTION_NAME=jobq-drain-"))
}
