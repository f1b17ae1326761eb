//! People's own programs that are told: commands and urls.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use jobq_core::completion::OnComplete;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::ports::hook::Hook;
use reqwest::Url;
use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::http::tls::tls;

/// How long a command or a call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much of what a command says is shown, in characters, and how much is kept, in bytes.
const SHOWN: usize = 300;
const SAID: usize = 4_096;

/// Tells programs on this machine and urls.
pub struct Hooks {
    folder: PathBuf,
    client: reqwest::Client,
}

impl Hooks {
    /// Hooks whose commands are run in this folder.
    ///
    /// # Errors
    /// The HTTP client can't be set up.
    pub fn new(folder: PathBuf) -> Result<Self, Fault> {
        let failed = || Fault::new(FaultKind::Lasting, "set up the client that calls urls of hooks");
        let (tls, _) = tls().map_err(|error| failed().caused_by(error))?;
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls).timeout(PATIENCE);
        let client = client.redirect(Policy::none()).build().map_err(|error| failed().caused_by(error))?;
        Ok(Self { folder, client })
    }

    async fn run(&self, command: &[String], summary: &Value) -> Result<(), Fault> {
        let Some((program, arguments)) = command.split_first() else { return Ok(()) };
        let failed = |cause: String| {
            Fault::new(FaultKind::Passing, format!("run '{program}', which is to be told")).caused_by(cause)
        };
        let mut run = Command::new(program);
        run.args(arguments).current_dir(&self.folder).kill_on_drop(true);
        run.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = run.spawn().map_err(|error| failed(error.to_string()))?;
        if let Some(mut input) = child.stdin.take() {
            // It may not care for what it is told.
            let _ = input.write_all(format!("{summary}\n").as_bytes()).await;
        }
        let mut said = Vec::new();
        let status = match timeout(PATIENCE, ended(&mut child, &mut said)).await {
            Ok(status) => status.map_err(|error| failed(error.to_string()))?,
            Err(_) => return Err(failed(format!("it was broken off after {PATIENCE:?}"))),
        };
        if status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&said);
        let said: String = said.trim().chars().take(SHOWN).collect();
        Err(failed(format!("{status}: {said}")))
    }

    async fn call(&self, url: &str, summary: &Value) -> Result<(), Fault> {
        // The whole url may be a secret by itself, as those of chat rooms are.
        let host = Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        let failed = || Fault::new(FaultKind::Passing, format!("call a url of {host}, which is to be told"));
        let request =
            self.client.post(url).header("content-type", "application/json").body(summary.to_string());
        let answer = request.send().await.map_err(|error| failed().caused_by(error.without_url()))?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(failed().caused_by(format!("it answered {}", answer.status())))
    }
}

/// Waits for a program's end, and takes in what it says before. What it has left behind may go on.
async fn ended(child: &mut Child, said: &mut Vec<u8>) -> std::io::Result<ExitStatus> {
    let Some(mut errors) = child.stderr.take() else { return child.wait().await };
    let mut piece = [0; 1_024];
    loop {
        tokio::select! {
            // First what it said: it is there when the program has ended.
            biased;
            read = errors.read(&mut piece) => match read {
                Ok(0) | Err(_) => return child.wait().await,
                Ok(length) if said.len() < SAID => said.extend(&piece[..length]),
                Ok(_) => {}
            },
            status = child.wait() => return status,
        }
    }
}

impl Hook for Hooks {
    async fn tell(&self, on: &OnComplete, summary: &Value) -> Result<(), Fault> {
        self.run(&on.command, summary).await?;
        match &on.url {
            Some(url) => self.call(url, summary).await,
            None => Ok(()),
        }
    }
}
