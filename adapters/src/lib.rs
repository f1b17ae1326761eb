//! The outside things of jobq, one file each. Adapters import the core alone and decide nothing.

#[cfg(feature = "aws")]
pub mod aws;
pub mod clock;
#[cfg(feature = "hook")]
pub mod hook;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "jq")]
pub mod jq;
#[cfg(any(feature = "aws", feature = "log"))]
pub mod log;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(feature = "prometheus")]
pub mod prometheus;
#[cfg(feature = "results")]
pub mod result_file;
#[cfg(feature = "http")]
pub mod secrets;
#[cfg(feature = "local")]
pub mod sqlite;

#[cfg(any(feature = "aws", feature = "results"))]
mod result_line;
#[cfg(any(feature = "stack", feature = "results"))]
pub mod result_log;
