//! `jobq deploy`, `destroy` and `doctor` as somebody types them, against MiniStack.
//!
//! Where MiniStack isn't AWS: a missing capability isn't refused, and some settings of a template are ignored
//! (lifecycle, point-in-time recovery, reserved concurrency, a table's time to live). Queues that outlived a stack are
//! made anew and emptied instead of being taken up, and tables and buckets that did end in a rollback: that a stack
//! takes up what an earlier one left is tested by what is asked of CloudFormation (`adopting`).

mod adopting;
mod deployed;
mod destroyed;
mod examined;
mod project;
mod refused;
