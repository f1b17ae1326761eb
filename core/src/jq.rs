//! Jobs for jq: programs one after another over one input, and what comes of them.

/// The variables that programs of a queue are given beside the answer.
pub const VARIABLES: [&str; 3] = ["$task", "$status", "$headers"];

/// Programs to run over one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// A JSON text; nothing at all is null.
    pub input: Vec<u8>,
    /// The variables' JSON texts, by name with the `$`.
    pub variables: Vec<(String, String)>,
    /// What is run over the input, each by itself.
    pub chains: Vec<Vec<Link>>,
    /// How many values any one link, and all chains together, may make.
    pub most: usize,
}

/// One program of a chain: it is run over each value that the one before it made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What becomes of its values.
    pub act: Act,
    /// The program.
    pub code: String,
}

/// What becomes of a program's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The next link is run over them.
    Makes,
    /// The input goes on as it came if the first of them is neither null nor false.
    Keeps,
}

/// The values that each chain made, as JSON texts.
pub type Made = Vec<Vec<String>>;

/// Why there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// They were more than asked for.
    TooMany,
    /// The input is no JSON that is read here.
    Input(String),
    /// A program failed.
    Program {
        /// The chain's number, from 0.
        chain: usize,
        /// The link's number in it, from 0.
        link: usize,
        /// Which of the values it was run over, from 0; none if that isn't known.
        item: Option<usize>,
        /// What it said.
        said: String,
        /// The beginning of what it was run over; empty if that isn't known.
        excerpt: String,
    },
    /// A program took too much of something, and was ended: the rest of the job was not looked at.
    BrokenOff {
        /// The chain's number, from 0.
        chain: usize,
        /// The link's number in it, from 0.
        link: usize,
        /// What it took too much of.
        said: String,
    },
}
