//! One thing that was looked at, and all of them together.

use std::fmt;

use jobq_adapters::aws::stack::refusal::refusal;
use jobq_core::fault::Fault;
use serde::Serialize;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    level: Level,
    /// What was looked at.
    subject: String,
    /// How it is.
    what: String,
    /// What to type or do.
    #[serde(rename = "type")]
    remedy: Option<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// As it should be.
    Ok,
    /// It is well to know it.
    Note,
    /// Somebody should have a look.
    Look,
    /// It doesn't work, or not as jobq.toml says.
    Wrong,
}

impl Finding {
    /// Something that is as it should be.
    pub(crate) fn ok(subject: impl Into<String>, what: impl Into<String>) -> Self {
        Self { level: Level::Ok, subject: subject.into(), what: what.into(), remedy: None }
    }

    /// Something that is well to know; the remedy is for whom it doesn't suit.
    pub(crate) fn note(
        subject: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { level: Level::Note, ..Self::look(subject, what, remedy) }
    }

    /// Something that somebody should have a look at.
    pub(crate) fn look(
        subject: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { level: Level::Look, remedy: Some(remedy.into()), ..Self::ok(subject, what) }
    }

    /// Something that doesn't work.
    pub(crate) fn wrong(
        subject: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { level: Level::Wrong, ..Self::look(subject, what, remedy) }
    }

    /// Something that couldn't be looked at; `action` is what one must be allowed to.
    pub(crate) fn hidden(subject: impl Into<String>, action: &str, fault: &Fault) -> Self {
        match refusal(fault) {
            Some(refusal) => {
                let action = refusal.action.unwrap_or_else(|| action.to_owned());
                Self::wrong(subject, fault.chain(), format!("have {action} allowed to you"))
            }
            None => Self::wrong(subject, fault.chain(), "try again: jobq doctor"),
        }
    }

    pub(crate) fn is_wrong(&self) -> bool {
        self.level == Level::Wrong
    }
}

/// All that was found.
#[derive(Debug, Serialize)]
pub(crate) struct Findings {
    backend: &'static str,
    /// How many things are wrong.
    wrong: usize,
    findings: Vec<Finding>,
}

impl Findings {
    pub(crate) fn new(backend: &'static str, findings: Vec<Finding>) -> Self {
        let wrong = findings.iter().filter(|finding| finding.is_wrong()).count();
        Self { backend, wrong, findings }
    }

    pub(crate) fn are_wrong(&self) -> bool {
        self.wrong > 0
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Look => "look",
            Level::Wrong => "WRONG",
        };
        writeln!(f, "{level:<6} {}: {}", self.subject, self.what)?;
        self.remedy.as_ref().map_or(Ok(()), |remedy| writeln!(f, "       -> {remedy}"))
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.findings.iter().try_for_each(|finding| finding.fmt(f))?;
        match self.wrong {
            0 => write!(f, "nothing is wrong")?,
            1 => write!(f, "one thing is wrong")?,
            wrong => write!(f, "{wrong} things are wrong")?,
        }
        match self.findings.iter().filter(|finding| finding.level == Level::Look).count() {
            0 => writeln!(f),
            1 => writeln!(f, ", and one should be looked at"),
            looks => writeln!(f, ", and {looks} should be looked at"),
        }
    }
}
