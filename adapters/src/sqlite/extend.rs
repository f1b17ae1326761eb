//! Hides deliveries for longer.

use jobq_core::delivery::Receipt;
use jobq_core::settlement::Settled;
use jobq_core::time::Timestamp;
use rusqlite::{Connection, params};

use super::number::instant;
use super::receipt::Stub;

/// Hides each delivery until then, if it is still the latest of its message. One whose time had run out but
/// that nobody else was given is hidden again.
pub(super) fn extend(
    db: &Connection,
    receipts: &[Receipt],
    until: Timestamp,
) -> rusqlite::Result<Vec<Settled>> {
    let mut update =
        db.prepare_cached("UPDATE messages SET state = 1, visible_at = ?3 WHERE id = ?1 AND token = ?2")?;
    receipts
        .iter()
        .map(|receipt| {
            let Some(stub) = Stub::of(receipt) else {
                return Ok(Settled::Stale);
            };
            let changed = update.execute(params![stub.message, stub.token, instant(until)])?;
            Ok(if changed > 0 { Settled::Held } else { Settled::Stale })
        })
        .collect()
}
