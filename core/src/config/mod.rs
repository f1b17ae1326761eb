//! jobq.toml.
