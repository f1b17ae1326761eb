//! What is wrong with a setup, and what to type.
//!
//! `cloud` asks AWS about the stack and `local` looks at this machine, each thing in a file of its own; both end in
//! `finding`s, and share what is to be said of jobq.toml and of what was done by hand (`configured`). What the stack's
//! parts should be is read from the template that would be deployed (`expected`), so nothing is said twice, and
//! `parts` compares it with what they are.

pub(crate) mod cloud;
pub(crate) mod finding;
pub(crate) mod local;

mod configured;
mod pushes;

mod access;
mod hosts;
mod places;
mod room;
mod secrets;
mod state;

mod account;
mod expected;
mod parts;
