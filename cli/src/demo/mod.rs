//! `jobq demo`: the pipeline that jobq was made for, against a mock API that enforces its limit.
//!
//! `hermes` is what the API knows, `mock_api` serves it. `pipeline` is a jobq.toml and the tasks that are pushed. What is
//! pushed and drained goes the way of `jobq push` and `jobq drain`; `watching` looks on meanwhile: it takes `depths`,
//! pushes the `urgent` tasks in the middle, and shows it in a `view`. A `chart` is drawn of the depths, and `report` tells
//! what came of it.

mod chart;
mod depths;
mod hermes;
pub(crate) mod mock_api;
pub(crate) mod pipeline;
pub(crate) mod report;
mod urgent;
mod view;
pub(crate) mod watching;
