//! The push flow: a task file becomes tasks in a queue.
//!
//! A **source** (a file or a stream, read in one of three formats) is read as **lines**; each line becomes a
//! **draft**, checked as far as a line alone allows, or is **refused** with a reason. A draft becomes a
//! task with its id and defaults, an envelope, and a parcel (`pack`); parcels are grouped into **loads**,
//! each with the mark that says how far the source was read; `push` sends load after load, `traced`
//! says where each task stands in a trace, and `dedupe` which tasks are alike. Nothing ever holds more of the source than two loads,
//! and digests of its tasks where duplicates are left out.
//!
//! Read in this order: what a line can be refused for, the formats, then the flow. `survey` is the pass
//! that only looks: for dry runs, strict pushes and the hosts of a file. `letters` is the way back: what died
//! is looked through, changed, and sent to its queue again. `follow_ups` makes the tasks that go on from the ends of batches;
//! `finished` tells those ends.
#![warn(missing_docs)]

pub mod draft;

mod json_line;

pub mod template;

mod filler;
mod row;

pub mod format;

mod lines;
mod rows;

pub mod reader;

pub mod fingerprint;
pub mod source;

pub mod counts;

pub mod traced;

pub mod dedupe;

mod large;
mod pack;
mod start;

mod load;

mod courier;

pub mod push;
pub mod survey;

pub mod finished;
pub mod follow_ups;
pub mod letters;
