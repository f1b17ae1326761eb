//! The drain flow: receive, lease, call, record, settle.
//!
//! One engine owns everything a drainer holds and is driven by steps: each operation in progress is a
//! future that ends in one step, the engine takes the step in and starts whatever can be done next. No
//! future that owns a task is ever dropped half way, but for calls at the end of a stop's grace.
//!
//! Read in the order of a task's way: `received` tasks lie in the `hand`, `booked` slots wait in the
//! `pacer`, `called` tasks have an outcome and are `rendered` where they make others, `settled` ones are gone; `kept`
//! ones stay hidden meanwhile. `suspects` are called alone, and `traced` tasks tell what becomes of them.

mod alone;
mod booked;
mod called;
mod canceled;
mod endings;
mod engine;
mod hand;
mod kept;
mod lanes;
pub mod manner;
mod opened;
mod pacer;
mod persist;
pub mod plan;
mod received;
mod rendered;
mod settled;
mod step;
pub mod summary;
mod suspects;
mod traced;
mod under_way;
pub mod world;

pub use engine::drain;
