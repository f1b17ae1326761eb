//! jq programs, run where they can do no harm.
//!
//! They come from jobq.toml and from the command line, and what they are run over comes from an API. `language` is the
//! language without what reaches beyond it, `work` runs a job with it, and can't be interrupted: so `child` does that in
//! a process of its own, bounded by the system, and `sandbox` keeps such processes, asks them, and ends those that take
//! too long. Both speak by `frame`s.

mod bounds;
pub mod child;
mod frame;
pub mod language;
pub mod sandbox;
pub mod work;
