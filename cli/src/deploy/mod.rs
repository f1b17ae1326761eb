//! Making, changing and ending the stack, step by step: `commands/deploy.rs` and `commands/destroy.rs` put the steps
//! in order.
//!
//! The programs come first: `bootstraps` finds and checks them, `package` makes zips of them. Then the stack:
//! `situation` says what can be done to it as it stands, `adoption` what an earlier one has left for it, `proposal` what
//! would change, `changes` shows that, and `watch` follows CloudFormation while it does it. `hints` turns its reasons
//! into what to type, and `outcome` tells what came of it.

pub(crate) mod account;
pub(crate) mod adoption;
pub(crate) mod bootstraps;
pub(crate) mod changes;
pub(crate) mod ending;
pub(crate) mod hints;
pub(crate) mod outcome;
pub(crate) mod package;
pub(crate) mod patience;
pub(crate) mod proposal;
pub(crate) mod situation;
pub(crate) mod watch;

mod elf;
