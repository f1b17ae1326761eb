//! What the command line shows of a store beside what the ports tell.

use jobq_core::batch::{BatchSummary, Tally};
use jobq_core::fault::Fault;
use jobq_core::name::{BatchId, LimitName, QueueName};
use jobq_core::time::Timestamp;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row};

use super::number::read;
use super::store::LocalStore;

/// A batch's columns, in the order that [`summary`] reads them.
pub(super) const COLUMNS: &str = "name, queue, source, created_at, complete, known, done, dead, skipped, canceled_at, finished_at, unfollowed";

impl<C> LocalStore<C> {
    /// The queues that were ever used, by name.
    pub async fn queues(&self) -> Result<Vec<QueueName>, Fault> {
        self.read("list the queues".to_owned(), |db| {
            db.prepare_cached("SELECT name FROM queues ORDER BY name")?
                .query_map([], |row| name(row, 0))?
                .collect()
        })
        .await
    }

    /// All batches, the latest first.
    pub async fn batches(&self) -> Result<Vec<BatchSummary>, Fault> {
        self.read("list the batches".to_owned(), |db| {
            let sql = format!("SELECT {COLUMNS} FROM batches ORDER BY created_at DESC, id DESC");
            db.prepare_cached(&sql)?.query_map([], summary)?.collect()
        })
        .await
    }

    /// One batch; none if nobody has opened it.
    pub async fn batch(&self, id: &BatchId) -> Result<Option<BatchSummary>, Fault> {
        let own = id.clone();
        self.read(format!("read batch '{id}'"), move |db| {
            let sql = format!("SELECT {COLUMNS} FROM batches WHERE name = ?1");
            db.prepare_cached(&sql)?.query_row([own.as_str()], summary).optional()
        })
        .await
    }

    /// The limits that were ever booked on, by name.
    pub async fn limits(&self) -> Result<Vec<LimitName>, Fault> {
        self.read("list the limits".to_owned(), |db| {
            db.prepare_cached("SELECT name FROM limits ORDER BY name")?
                .query_map([], |row| name(row, 0))?
                .collect()
        })
        .await
    }
}

/// A batch, from its columns.
pub(super) fn summary(row: &Row<'_>) -> rusqlite::Result<BatchSummary> {
    Ok(BatchSummary {
        id: name(row, 0)?,
        queue: name(row, 1)?,
        source: row.get(2)?,
        created_at: Timestamp::from_nanos(read(row.get(3)?)),
        complete: row.get(4)?,
        canceled_at: moment(row, 9)?,
        finished_at: moment(row, 10)?,
        unfollowed: row.get(11)?,
        tally: Tally {
            known: read(row.get(5)?),
            done: read(row.get(6)?),
            dead: read(row.get(7)?),
            skipped: read(row.get(8)?),
        },
    })
}

fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(|at| Timestamp::from_nanos(read(at))))
}

/// A name or id from a column; checked again, for the file may have been edited.
pub(super) fn name<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text = row.get_ref(column)?.as_str()?;
    text.parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}
