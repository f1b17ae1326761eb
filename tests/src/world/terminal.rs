//! A real terminal: tmux, which others wrote, draws what a program sends and sends what keys do.

use std::path::Path;
use std::process::{Command, Stdio};

use super::patience;

/// A terminal with a shell's command in it. It is gone with the test.
pub struct Terminal {
    folder: tempfile::TempDir,
}

impl Terminal {
    /// A terminal of this size, in which `command` runs in `folder`.
    pub fn start(folder: &Path, (width, height): (u16, u16), command: &str) -> Self {
        let own = Self { folder: tempfile::tempdir().unwrap() };
        let (width, height) = (width.to_string(), height.to_string());
        let mut tmux = own.tmux(["new-session", "-d", "-x", &width, "-y", &height, command]);
        assert!(
            tmux.current_dir(folder)
                .status()
                .expect("tmux is missing: run the tests with ./test.sh")
                .success()
        );
        own
    }

    /// What is on the screen, without blanks at the ends of lines.
    pub fn text(&self) -> String {
        let shown = self.ask(["capture-pane", "-p"]);
        let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
        lines.join("\n").trim_end().to_owned()
    }

    /// The same with the sequences that make colours.
    pub fn styled(&self) -> String {
        self.ask(["capture-pane", "-p", "-e"])
    }

    /// Waits until this is on the screen, and answers all that is.
    #[track_caller]
    pub fn shows(&self, text: &str) -> String {
        patience::until(&format!("{text:?} is on the screen"), || self.text().contains(text));
        self.text()
    }

    /// Presses a key, by tmux's name for it.
    pub fn press(&self, key: &str) {
        self.ask(["send-keys", key]);
    }

    /// Makes the terminal as large as this.
    pub fn resize(&self, width: u16, height: u16) {
        self.ask(["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// Whether a program has the screen for itself, in place of what was there before.
    pub fn is_taken(&self) -> bool {
        self.ask(["display-message", "-p", "#{alternate_on}"]).trim() == "1"
    }

    fn ask<const N: usize>(&self, args: [&str; N]) -> String {
        let output = self.tmux(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// tmux with a server of its own and nobody's settings.
    fn tmux<const N: usize>(&self, args: [&str; N]) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.arg("-u").arg("-S").arg(self.folder.path().join("socket")).args(["-f", "/dev/null"]).args(args);
        tmux.env_remove("TMUX").env_remove("NO_COLOR").env("LC_ALL", "C.UTF-8");
        tmux.env_remove("JOBQ_CONFIG").env_remove("JOBQ_BACKEND").env_remove("JOBQ_LOG");
        tmux.stdin(Stdio::null());
        tmux
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.tmux(["kill-server"]).output();
    }
}
