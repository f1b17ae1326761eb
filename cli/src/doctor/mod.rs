//! What is wrong with a setup, and what to type.
//!
//! `cloud` asks AWS about the stack and `local` looks at this machine; both end in `finding`s. What the stack's parts
//! should be is read from the template that would be deployed (`expected`), so nothing is said twice, and `parts`
//! compares it with what they are.

pub(crate) mod cloud;
pub(crate) mod finding;
pub(crate) mod local;

mod account;
mod expected;
mod parts;
