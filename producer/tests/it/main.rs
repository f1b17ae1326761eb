//! The push flow from outside: bytes in, text out; then whole pushes against an outbox that records them.
#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in tests, and helpers of tests are tests")]

mod drafts;
mod large;
mod recording;
mod refused;
mod resume;
mod sources;
mod strict;
mod tables;
mod told;
