//! The limit's calendar: one small document, and the pure functions that write in it.
//!
//! Slots lie one interval apart on one line of time. A lease is the next few of them and belongs to one
//! drainer; leases never overlap, so the calls of all drainers together are one evenly spaced sequence
//! without any drainer knowing of another. Why no window is passed is told in `design.md` beside this file.

pub mod alone;
pub mod book;
pub mod cool;
pub mod courtesy;
pub mod holders;
pub mod pace;
pub mod phases;
pub mod state;
pub mod steer;
pub mod traffic;
pub mod windows;
