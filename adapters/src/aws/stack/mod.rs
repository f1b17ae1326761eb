//! The stack as a whole: making, changing, deleting and examining it, for the command line alone.
//!
//! `formation` is CloudFormation's hold on the stack, with `change_set` and `event` for what it is about to do and
//! what it has done; `artifacts` is where the programs lie; `leftovers` is what outlives a stack. The rest reads what
//! AWS says of the parts: whether it is what the template says is for the caller to judge.

pub mod artifacts;
pub mod change_set;
pub mod concurrency;
pub mod drift;
pub mod event;
pub mod explanation;
pub mod formation;
pub mod function;
pub mod leftovers;
pub mod queue_settings;
pub mod refusal;
pub mod rule;
pub mod schedule;

mod bucket;
