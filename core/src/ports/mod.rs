//! What the flows ask of the outside world. Each method has a contract; one suite in `tests/` holds every
//! adapter to it. No vendor's type crosses a port.

pub mod clock;
pub mod completions;
pub mod depth;
pub mod fleet;
pub mod history;
pub mod hook;
pub mod inbox;
pub mod jq;
pub mod ledger;
pub mod metrics;
pub mod morgue;
pub mod outbox;
pub mod result_sink;
pub mod secrets;
pub mod sequels;
pub mod singles;
pub mod spans;
pub mod target;
