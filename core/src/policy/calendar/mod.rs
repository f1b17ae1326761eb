//! The limit's calendar: one small document, and the pure functions that write in it.

pub mod book;
pub mod state;
