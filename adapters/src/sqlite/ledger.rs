//! Limits' documents, by compare-and-swap.

use jobq_core::batch::{Stage, Tally};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::{BatchId, LimitName};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::ledger::{Ledger, Swap, Version, Versioned};
use rusqlite::{Connection, OptionalExtension, params};

use super::batch;
use super::number::{read, stored};
use super::store::LocalStore;

impl<C: Clock> Ledger for LocalStore<C> {
    async fn load(&self, limit: &LimitName) -> Result<Versioned, Fault> {
        let operation = format!("load limit '{limit}'");
        let name = limit.clone();
        let row = self.read(operation, move |db| row(db, &name)).await?;
        versioned(limit, row)
    }

    async fn swap(&self, limit: &LimitName, expected: Version, next: &LimitState) -> Result<Swap, Fault> {
        let operation = format!("write limit '{limit}'");
        let document = serde_json::to_string(next)
            .map_err(|error| Fault::new(FaultKind::Lasting, operation.clone()).caused_by(error))?;
        let name = limit.clone();
        let work = move |db: &Connection| {
            let found = row(db, &name)?;
            if found.version != expected {
                return Ok(Err(found));
            }
            write(db, &name, expected, &document).map(Ok)
        };
        match self.write(operation, work).await? {
            Ok(version) => Ok(Swap::Written(version)),
            Err(found) => versioned(limit, found).map(Swap::Conflict),
        }
    }

    async fn tally(&self, batch: &BatchId) -> Result<Option<Tally>, Fault> {
        let id = batch.clone();
        self.read(format!("count batch '{batch}'"), move |db| batch::tally(db, &id)).await
    }

    async fn stages(&self, batch: &BatchId) -> Result<Vec<Stage>, Fault> {
        let id = batch.clone();
        self.read(format!("count batch '{batch}' by queue"), move |db| batch::stages(db, &id)).await
    }
}

/// A document as it lies there, not parsed yet; none at version 0.
struct Row {
    version: Version,
    document: Option<String>,
}

fn row(db: &Connection, limit: &LimitName) -> rusqlite::Result<Row> {
    let found = db
        .prepare_cached("SELECT version, document FROM limits WHERE name = ?1")?
        .query_row([limit.as_str()], |row| {
            Ok(Row { version: Version(read(row.get(0)?)), document: row.get(1)? })
        })
        .optional()?;
    Ok(found.unwrap_or(Row { version: Version(0), document: None }))
}

fn write(db: &Connection, limit: &LimitName, last: Version, document: &str) -> rusqlite::Result<Version> {
    let version = Version(last.0.saturating_add(1));
    db.prepare_cached("INSERT OR REPLACE INTO limits (name, version, document) VALUES (?1, ?2, ?3)")?
        .execute(params![limit.as_str(), stored(version.0), document])?;
    Ok(version)
}

fn versioned(limit: &LimitName, row: Row) -> Result<Versioned, Fault> {
    let state = match row.document {
        None => LimitState::default(),
        Some(document) => serde_json::from_str(&document).map_err(|error| {
            Fault::new(FaultKind::Lasting, format!("read the document of limit '{limit}'")).caused_by(error)
        })?,
    };
    Ok(Versioned { version: row.version, state })
}
