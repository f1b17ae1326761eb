//! `jobq deploy`, `destroy` and `doctor` as somebody types them, against MiniStack.
//!
//! Where MiniStack isn't AWS: a missing capability isn't refused, and some settings of a template are ignored
//! (lifecycle, point-in-time recovery, reserved concurrency, a table's time to live). A queue of a name that is taken is
//! made anew and emptied instead of being refused.

mod adopting;
mod deployed;
mod destroyed;
mod examined;
mod project;
mod refused;
mod screens;
