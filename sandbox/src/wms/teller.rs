//! What the store is told: movements, counts, and that it was heard.
//!
//! Each is told until the store has said what became of it, and under the same name each time: lost requests, lost
//! answers and restarts lead to repetitions, and to nothing else.

use std::time::Duration;

use super::book::{Book, Untold};
use super::record::{Pieces, Place, Record};
use super::refusals::Topic;
use super::store::{ACKNOWLEDGED_AT_ONCE, BATCH, Outcome, StoreError, ToldMovement};
use super::warehouse::Warehouse;

/// While the store does not answer it is asked ever more rarely, at most after this time.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Tells movements, for as long as the software runs.
pub async fn tell_movements(warehouse: Warehouse) {
    let mut failures = 0;
    loop {
        pause(&warehouse, failures).await;
        let untold = warehouse.read(|book, _| -> Vec<_> {
            let due = book.untold.values();
            let due = due.filter(|one| !warehouse.refusals().has(Topic::Movement(one.number)));
            due.map(|one| (one.clone(), told(book, one))).collect()
        });
        let Ok(mut untold) = untold.await else { return };
        choose(&warehouse, &mut untold);
        if untold.is_empty() {
            continue;
        }
        let batch: Vec<_> = untold.iter().map(|(_, movement)| movement.clone()).collect();
        let answered = send(&warehouse, "movements", || warehouse.store().tell(&batch)).await;
        let noted = answered.map(|outcomes| {
            let rows: Vec<_> = untold.iter().map(|(one, _)| one).zip(outcomes).collect();
            note_movements(&warehouse, &rows)
        });
        match noted {
            Ok(Err(_)) => return,
            outcome => failures = counted(failures, &outcome, "movements"),
        }
    }
}

/// What the store said of movements.
fn note_movements(
    warehouse: &Warehouse,
    rows: &[(&Untold, Outcome)],
) -> Result<(), crate::journal::Unwritable> {
    let numbers = |rows: &[&(&Untold, Outcome)]| -> Vec<i64> {
        rows.iter().map(|(one, _)| one.number).collect()
    };
    let (done, refused): (Vec<_>, Vec<_>) = rows.iter().partition(|(_, outcome)| outcome.is_done());
    let done = numbers(&done);
    warehouse.refusals().forget(done.iter().copied().map(Topic::Movement));
    warehouse.change(|_, _| (!done.is_empty()).then_some(Record::Told { numbers: done }))?;
    let (first, mut in_vain) = (first_wait(warehouse), Vec::new());
    for row in refused {
        let (one, outcome) = row;
        if *outcome == Outcome::NotAllocated && !one.too_late {
            in_vain.push(row);
        }
        if *outcome == Outcome::Other {
            tracing::error!(number = one.number, "the store says what was not expected of it");
        }
        warehouse.refusals().note(Topic::Movement(one.number), *outcome, first);
    }
    // The order has no such pieces any more. Once it is known why, it is told what the parcel was: pieces that
    // left the house for nobody. Until then it may be that the cancellation is still on its way.
    let numbers = numbers(&in_vain);
    let late = |book: &Book| -> Vec<i64> {
        let is_late = |number: &i64| {
            let one = book.untold.get(number);
            one.is_some_and(|one| !one.too_late && was_in_vain(book, one))
        };
        numbers.iter().copied().filter(is_late).collect()
    };
    warehouse.change(|book, _| {
        let numbers = late(book);
        warehouse.refusals().forget(numbers.iter().copied().map(Topic::Movement));
        (!numbers.is_empty()).then_some(Record::CameTooLate { numbers })
    })?;
    Ok(())
}

fn was_in_vain(book: &Book, one: &Untold) -> bool {
    let key = one.movement.order.map(|order| (order, one.movement.place.warehouse.clone()));
    let job = key.and_then(|key| book.jobs.get(&key));
    let line = job.and_then(|job| job.lines.get(&one.movement.place.sku));
    line.is_some_and(|line| line.in_vain() >= one.movement.quantity)
}

fn told(book: &Book, one: &Untold) -> ToldMovement {
    let movement = &one.movement;
    ToldMovement {
        external_id: book.external_id(one),
        sequence: one.number,
        place: movement.place.clone(),
        kind: movement.kind,
        quantity: movement.quantity,
        order: if one.too_late { None } else { movement.order },
        occurred_at: one.at,
    }
}

/// Tells counts, for as long as the software runs: the oldest first, a batch of its places at a time.
pub async fn tell_counts(warehouse: Warehouse) {
    let mut failures = 0;
    loop {
        pause(&warehouse, failures).await;
        let due = warehouse.read(|book, _| {
            let due = |as_of| !warehouse.refusals().has(Topic::Count(as_of));
            let count = book.counts.iter().find(|count| due(count.as_of))?;
            let pieces = |(place, on_hand): (&Place, &i64)| Pieces {
                place: place.clone(),
                on_hand: *on_hand,
            };
            Some((count.as_of, count.counted.iter().take(BATCH).map(pieces).collect::<Vec<_>>()))
        });
        let Ok(due) = due.await else { return };
        let Some((as_of, levels)) = due else { continue };
        let answered = send(&warehouse, "counts", || warehouse.store().count(as_of, &levels)).await;
        let noted = answered.map(|outcomes| {
            let answered = || levels.iter().zip(&outcomes);
            let done = answered().filter(|(_, outcome)| outcome.is_done());
            let places: Vec<_> = done.map(|(pieces, _)| pieces.place.clone()).collect();
            match answered().find(|(_, outcome)| !outcome.is_done()) {
                Some((_, outcome)) => {
                    let first = first_wait(&warehouse);
                    warehouse.refusals().note(Topic::Count(as_of), *outcome, first);
                }
                None => warehouse.refusals().forget([Topic::Count(as_of)]),
            }
            warehouse
                .change(|_, _| (!places.is_empty()).then_some(Record::CountTold { as_of, places }))
        });
        match noted {
            Ok(Err(_)) => return,
            outcome => failures = counted(failures, &outcome, "counts"),
        }
    }
}

/// Acknowledges what was heard, for as long as the software runs.
pub async fn acknowledge(warehouse: Warehouse) {
    let mut failures = 0;
    loop {
        pause(&warehouse, failures).await;
        let ids = warehouse.read(|book, _| -> Vec<_> {
            let unknown = book.heard.iter().filter(|(_, is_known)| !**is_known);
            unknown.map(|(id, _)| *id).take(ACKNOWLEDGED_AT_ONCE).collect()
        });
        let Ok(ids) = ids.await else { return };
        if ids.is_empty() {
            continue;
        }
        let answered =
            send(&warehouse, "acknowledgements", || warehouse.store().acknowledge(&ids)).await;
        let noted = answered
            .map(|()| warehouse.change(|_, _| Some(Record::Acknowledged { ids: ids.clone() })));
        match noted {
            Ok(Err(_)) => return,
            outcome => failures = counted(failures, &outcome, "acknowledgements"),
        }
    }
}

/// Which of what is untold is told now: the oldest, or by a fault any of them.
fn choose<T>(warehouse: &Warehouse, untold: &mut Vec<T>) {
    let (faults, chance) = (warehouse.faults(), warehouse.chance());
    if chance.happens(faults.disorder, "disorder") {
        let mut mixed = Vec::with_capacity(untold.len());
        while !untold.is_empty() {
            let which = chance.below(untold.len() as u64, "mixed");
            mixed.push(untold.swap_remove(usize::try_from(which).unwrap_or_default()));
        }
        let some = 1 + chance.below(mixed.len() as u64, "some");
        mixed.truncate(usize::try_from(some).unwrap_or(BATCH));
        *untold = mixed;
    }
    untold.truncate(BATCH);
}

/// Sends a request, unless a fault has it lost, held back, sent twice, or its answer lost.
async fn send<T, F: Future<Output = Result<T, StoreError>>>(
    warehouse: &Warehouse,
    what: &str,
    request: impl Fn() -> F,
) -> Result<T, StoreError> {
    let (faults, chance) = (warehouse.faults(), warehouse.chance());
    let happens = |rate, fault: &str| chance.happens(rate, &format!("{what}: {fault}"));
    if happens(faults.delays, "delay") {
        let wait = chance.below(faults.delay_ms.saturating_add(1), "delay");
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    if happens(faults.lost_requests, "lost request") {
        return Err(StoreError::Lost);
    }
    let answer = if happens(faults.duplicates, "duplicate") {
        tokio::join!(request(), request()).1
    } else {
        request().await
    };
    if happens(faults.lost_answers, "lost answer") {
        return Err(StoreError::Lost);
    }
    answer
}

/// How many times in a row the store has failed by now.
fn counted<T>(failures: u32, outcome: &Result<T, StoreError>, what: &str) -> u32 {
    match outcome {
        Ok(_) => 0,
        Err(StoreError::Lost) => 1,
        Err(error) => {
            tracing::warn!(%error, what, "the store was not told; it will be");
            failures.saturating_add(1)
        }
    }
}

fn first_wait(warehouse: &Warehouse) -> Duration {
    Duration::from_millis(warehouse.habits().retry_ms)
}

async fn pause(warehouse: &Warehouse, failures: u32) {
    let turn = Duration::from_millis(warehouse.habits().tell_every_ms);
    tokio::time::sleep(turn.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_PAUSE))
        .await;
}
