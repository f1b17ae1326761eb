//! What every adapter of a port must do: one suite a port, generic over the adapter. Which adapters there are
//! stands in `tests/contract.rs`.

pub mod ledger;
pub mod morgue;
pub mod queue;
pub mod result_sink;
pub mod singles;
pub mod subject;
