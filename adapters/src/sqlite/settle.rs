//! Ends deliveries. The message, its copy or letter and its batch's counts change in one transaction.

use std::collections::BTreeMap;
use std::time::Duration;

use jobq_core::dead_letter::DeadLetter;
use jobq_core::name::QueueName;
use jobq_core::settlement::{Child, End, Parcel, Settled, Settlement};
use jobq_core::time::Timestamp;
use rusqlite::{Connection, params};

use super::batch::Ended;
use super::flow::{Flows, Lane};
use super::minutes::What;
use super::number::instant;
use super::outbox::insert;
use super::receipt::Stub;
use super::{minutes, queue};

/// Ends each delivery that is still the latest of its message.
pub(super) fn settle(
    db: &Connection,
    settlements: &[Settlement],
    now: Timestamp,
) -> rusqlite::Result<Vec<Settled>> {
    let mut ended = Ended::default();
    let settled: Vec<Settled> = settlements
        .iter()
        .map(|settlement| {
            let holds = match Stub::of(&settlement.receipt) {
                Some(stub) => end(db, settlement, stub, now, &mut ended)?,
                None => false,
            };
            Ok(if holds { Settled::Held } else { Settled::Stale })
        })
        .collect::<rusqlite::Result<_>>()?;
    ended.save(db, now)?;
    count_ended(db, settlements, &settled, now)?;
    Ok(settled)
}

/// Counts the tasks that have ended for good, each queue's at once.
fn count_ended(
    db: &Connection,
    settlements: &[Settlement],
    settled: &[Settled],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let mut queues: BTreeMap<&QueueName, usize> = BTreeMap::new();
    for (settlement, settled) in settlements.iter().zip(settled) {
        let is_end = matches!(settlement.end, End::Done { .. } | End::Dead { .. });
        if is_end && *settled == Settled::Held {
            *queues.entry(&settlement.queue).or_default() += 1;
        }
    }
    for (queue, count) in queues {
        minutes::count(db, queue::find_or_make(db, queue)?, What::Settled, count, now)?;
    }
    Ok(())
}

/// False if the delivery is no longer the latest.
fn end<'a>(
    db: &Connection,
    settlement: &'a Settlement,
    stub: Stub,
    now: Timestamp,
    ended: &mut Ended<'a>,
) -> rusqlite::Result<bool> {
    let queue = &settlement.queue;
    let holds = match &settlement.end {
        End::Done { .. } | End::Dead { .. } | End::Skipped { .. } => delete(db, stub)?,
        End::Retry { copy, delay } => replace(db, queue, stub, copy, now.plus(*delay))?,
        End::Release => release(db, stub, now)?,
    };
    match &settlement.end {
        End::Done { of, children } if holds => {
            grow(db, children, now)?;
            children.iter().for_each(|child| ended.of(&of.batch, &child.queue).known += 1);
            ended.of(&of.batch, queue).done += 1;
        }
        End::Dead { letter, of } if holds => {
            bury(db, queue, letter)?;
            of.iter().for_each(|of| ended.of(&of.batch, queue).dead += 1);
        }
        End::Skipped { of } if holds => ended.of(&of.batch, queue).skipped += 1,
        _ => {}
    }
    Ok(holds)
}

/// Sends children, in the transaction that deletes their parent: a delivery that was stale sends none.
fn grow(db: &Connection, children: &[Child], now: Timestamp) -> rusqlite::Result<()> {
    let mut queues: BTreeMap<&QueueName, Vec<(Parcel, Duration)>> = BTreeMap::new();
    for child in children {
        queues.entry(&child.queue).or_default().push((child.parcel.clone(), child.delay));
    }
    queues.into_iter().try_for_each(|(queue, parcels)| insert(db, queue, &parcels, now))
}

fn delete(db: &Connection, stub: Stub) -> rusqlite::Result<bool> {
    let mut delete = db.prepare_cached("DELETE FROM messages WHERE id = ?1 AND token = ?2")?;
    Ok(delete.execute([stub.message, stub.token])? > 0)
}

/// Puts the copy into the original's place: to everybody else that is a new message and a deleted one. It
/// is delayed even by no time at all, for it gets its turn when its delay ends.
fn replace(
    db: &Connection,
    queue: &QueueName,
    stub: Stub,
    copy: &Parcel,
    visible_at: Timestamp,
) -> rusqlite::Result<bool> {
    let queue = queue::find_or_make(db, queue)?;
    let flow = Flows::of(queue).find(db, &copy.batch, Lane::retry(copy.priority))?;
    let mut update = db.prepare_cached(
        "UPDATE messages SET flow = ?3, state = 2, visible_at = ?4, token = token + 1, receives = 0, body = ?5
         WHERE id = ?1 AND token = ?2",
    )?;
    let row = params![stub.message, stub.token, flow.0, instant(visible_at), copy.body];
    Ok(update.execute(row)? > 0)
}

/// Makes a message ready again, in its old turn. The token changes, so that the receipt is used up. The receive
/// is uncounted: it led to nothing, and who released it is alive.
fn release(db: &Connection, stub: Stub, now: Timestamp) -> rusqlite::Result<bool> {
    let mut update = db.prepare_cached(
        "UPDATE messages SET state = 0, visible_at = ?3, token = token + 1, receives = max(receives - 1, 0)
         WHERE id = ?1 AND token = ?2",
    )?;
    Ok(update.execute([stub.message, stub.token, instant(now)])? > 0)
}

fn bury(db: &Connection, queue: &QueueName, letter: &[u8]) -> rusqlite::Result<()> {
    let queue = queue::find_or_make(db, queue)?;
    let decoded = DeadLetter::decode(letter);
    let task = decoded.as_ref().and_then(DeadLetter::task_id);
    db.prepare_cached("INSERT INTO letters (queue, task, body) VALUES (?1, ?2, ?3)")?
        .execute(params![queue.0, task, letter])
        .map(drop)
}
