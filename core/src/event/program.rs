//! What a program says to people, where what it says is a log. No flow records these.

use super::telling::{Key, Level, Telling, Told, beginning};

/// Something people may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteTold {
    /// In one line.
    pub text: String,
}

/// Something people should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarningTold {
    /// In one line.
    pub text: String,
}

/// A command could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandFailed {
    /// Why.
    pub error: String,
    /// What to type or change, one after the other; empty if that isn't known.
    pub hint: String,
}

impl Telling for NoteTold {
    fn name(&self) -> &'static str {
        "note_told"
    }

    fn level(&self) -> Level {
        Level::Info
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![(Key::Text, beginning(&self.text))]
    }
}

impl Telling for WarningTold {
    fn name(&self) -> &'static str {
        "warning_told"
    }

    fn level(&self) -> Level {
        Level::Warn
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![(Key::Text, beginning(&self.text))]
    }
}

impl Telling for CommandFailed {
    fn name(&self) -> &'static str {
        "command_failed"
    }

    fn level(&self) -> Level {
        Level::Error
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        let hint = (!self.hint.is_empty()).then(|| (Key::Hint, beginning(&self.hint)));
        hint.into_iter().chain([(Key::Error, beginning(&self.error))]).collect()
    }
}
