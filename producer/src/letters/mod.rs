//! Dead letters: looked through, sent back, dropped.
//!
//! A **line** is a letter as people and pipes see it: the keys of a task file, and its story beside them under `dead`.
//! An **order** says which letters are meant, by **filter** or **picked** from a file of lines, and what becomes of them:
//! they are dropped, or sent back with the **change** that a jq program or the file makes to their tasks. A **look**
//! judges every letter by it, and **carrying out** the order ends those that the look has chosen, and no others.

pub mod line;

pub mod filter;
pub mod groups;
pub mod oldest;

pub mod picked;

mod change;

pub mod order;

pub mod carry_out;
pub mod look;

#[cfg(test)]
mod tests;
