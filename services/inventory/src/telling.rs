//! What is decided about a batch of told movements, from levels that are locked.

use crate::{
    Error, MovementKind, queries,
    told::{Answer, EARLIEST, LONGEST_EXTERNAL_ID, MOST_PIECES, Mode, ToldMovement},
};
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap, hash_map::Entry};
use uuid::Uuid;

/// A row of a batch.
#[derive(Debug, Clone)]
pub(crate) struct Row<'a> {
    pub external_id: &'a str,
    pub sequence: Option<i64>,
    pub warehouse: &'a str,
    pub sku: &'a str,
    pub kind: MovementKind,
    /// Pieces, as they were told.
    pub quantity: i64,
    /// The order, transfer, purchase or return it belongs to.
    pub reference: Option<Uuid>,
    pub occurred_at: Option<Timestamp>,
    pub cause: &'a str,
}

impl<'a> Row<'a> {
    pub fn told(row: &'a ToldMovement, source: &'a str) -> Self {
        Self {
            external_id: &row.external_id,
            sequence: row.sequence,
            warehouse: &row.warehouse,
            sku: &row.sku,
            kind: row.kind.into(),
            quantity: row.quantity,
            reference: row.order,
            occurred_at: row.occurred_at.map(|at| at.max(EARLIEST)),
            cause: source,
        }
    }

    /// What it adds to what is on hand.
    pub fn on_hand(&self) -> i64 {
        match self.kind {
            MovementKind::Shipped | MovementKind::Scrapped | MovementKind::TransferredOut => {
                self.quantity.saturating_neg()
            }
            MovementKind::Cancelled => 0,
            _ => self.quantity,
        }
    }

    /// What it adds to what orders have.
    pub fn allocated(&self) -> i64 {
        match self.kind {
            MovementKind::Shipped if self.reference.is_some() => self.quantity.saturating_neg(),
            MovementKind::Cancelled => self.quantity.saturating_neg(),
            _ => 0,
        }
    }

    /// What is wrong with it, whatever there is.
    fn fault(&self) -> Option<Answer> {
        let least = if self.kind == MovementKind::Adjusted { -MOST_PIECES } else { 1 };
        if !(least..=MOST_PIECES).contains(&self.quantity) || self.quantity == 0 {
            return Some(Answer::AbsurdQuantity);
        }
        // PostgreSQL's text holds every character but this one.
        let readable = |text: &str| !text.contains('\0');
        let named = (1..=LONGEST_EXTERNAL_ID).contains(&self.external_id.chars().count());
        if !named || !readable(self.external_id) {
            return Some(Answer::BadExternalId);
        }
        if !readable(self.warehouse) {
            return Some(Answer::UnknownWarehouse);
        }
        domain::Sku::parse(self.sku).is_err().then_some(Answer::UnknownSku)
    }

    fn level(&self) -> (&'a str, &'a str) {
        (self.sku, self.warehouse)
    }

    fn is(&self, told: &Known) -> bool {
        told.sku == self.sku
            && told.warehouse == self.warehouse
            && told.kind == self.kind.as_str()
            && told.on_hand == self.on_hand()
            && told.reference == self.reference
    }
}

/// What was told under a name before.
#[derive(Debug)]
pub(crate) struct Known {
    pub sku: String,
    pub warehouse: String,
    pub kind: String,
    pub on_hand: i64,
    pub reference: Option<Uuid>,
}

/// A level under lock, as the rows that were decided already leave it.
#[derive(Debug)]
pub(crate) struct Locked {
    pub on_hand: i64,
    pub promised: i64,
    pub back_order_limit: i64,
    /// As of when anybody counted it last, and as of when the source did.
    pub counted: Option<Timestamp>,
    pub counted_by_source: Option<Timestamp>,
}

impl Locked {
    pub fn needed(&self, allocated: i64) -> i64 {
        (self.promised + allocated - self.back_order_limit).max(0)
    }
}

/// What the levels of a batch are named by: SKU and warehouse.
pub(crate) type Names = (String, String);

/// All that a batch is decided from.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub levels: HashMap<Names, Locked>,
    pub known: HashMap<String, Known>,
    /// What each order has at a level that was neither sent nor cancelled.
    pub open: HashMap<(Uuid, String, String), i64>,
    pub warehouses: BTreeSet<String>,
}

/// The levels that rows without fault are about.
pub(crate) fn levels<'a>(rows: &[Row<'a>]) -> BTreeSet<(&'a str, &'a str)> {
    rows.iter().filter(|row| row.fault().is_none()).map(Row::level).collect()
}

/// Locks the levels, and reads them with when they were counted.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    source: &str,
    levels: &BTreeSet<(&str, &str)>,
) -> Result<Facts, sqlx::Error> {
    let mut locked = queries::told::lock(connection, levels).await?;
    // A statement of its own: it sees the count that whoever had the levels before has written.
    for (names, counted, by_source) in queries::told::counted(connection, source, levels).await? {
        if let Some(level) = locked.get_mut(&names) {
            (level.counted, level.counted_by_source) = (Some(counted), by_source);
        }
    }
    Ok(Facts { levels: locked, ..Facts::default() })
}

/// Locks the levels, decides each row and writes what is to be written, in the caller's transaction: it is to be
/// rolled back after an error.
pub(crate) async fn tell_locked(
    connection: &mut PgConnection,
    source: &str,
    mode: Mode,
    rows: &[Row<'_>],
) -> Result<Vec<Answer>, Error> {
    let mut facts = lock(connection, source, &levels(rows)).await?;
    let right: Vec<_> = rows.iter().filter(|row| row.fault().is_none()).collect();
    let ids: Vec<_> = right.iter().map(|row| row.external_id).collect();
    facts.known = queries::told::known(connection, source, &ids).await?;
    let orders = right.iter().filter(|row| row.allocated() != 0).filter_map(|row| row.reference);
    let orders: Vec<_> = orders.collect::<BTreeSet<_>>().into_iter().collect();
    if !orders.is_empty() {
        facts.open = queries::told::open_pieces(connection, &orders).await?;
    }
    let is_nowhere = |row: &&&Row<'_>| !facts.levels.contains_key(&names(row));
    if right.iter().any(|row| is_nowhere(&row)) {
        facts.warehouses = queries::told::warehouses(connection).await?;
    }
    let mut answers = decide(rows, &mut facts);
    if mode == Mode::All && !answers.iter().all(|answer| answer.is_in()) {
        for (row, answer) in rows.iter().zip(&mut answers) {
            let is_written_before = facts.known.contains_key(row.external_id);
            match answer {
                Answer::Applied | Answer::AppliedBeforeCount => *answer = Answer::Withheld,
                // The repetition of a row of this very batch.
                Answer::AlreadyApplied if !is_written_before => *answer = Answer::Withheld,
                _ => {}
            }
        }
        return Ok(answers);
    }
    let applied: Vec<_> = rows
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| matches!(answer, Answer::Applied | Answer::AppliedBeforeCount))
        .map(|(row, answer)| (row, *answer == Answer::AppliedBeforeCount))
        .collect();
    // A batch that was told before changes nothing, not even how far the source is.
    if !applied.is_empty() {
        let wanted = applied.len()
            + applied.iter().filter(|(row, counted)| *counted && row.on_hand() != 0).count();
        if queries::told::write(connection, source, &applied).await? != wanted {
            return Err(Error::Outrun);
        }
    }
    Ok(answers)
}

fn names(row: &Row<'_>) -> Names {
    (row.sku.to_owned(), row.warehouse.to_owned())
}

/// Answers the rows: those that add pieces before those that take some, each by sequence and place.
fn decide(rows: &[Row<'_>], facts: &mut Facts) -> Vec<Answer> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|at| (rows[*at].on_hand() < 0, rows[*at].sequence, *at));
    let mut answers = vec![Answer::Withheld; rows.len()];
    // Of a name that comes twice in a batch the first row counts, the others are repetitions of it.
    let mut first = HashMap::<&str, usize>::new();
    for (at, row) in rows.iter().enumerate() {
        first.entry(row.external_id).or_insert(at);
    }
    for at in order {
        if first[rows[at].external_id] == at || rows[at].fault().is_some() {
            answers[at] = answer(&rows[at], facts);
        }
    }
    for (at, row) in rows.iter().enumerate() {
        let original = first[row.external_id];
        if original == at || row.fault().is_some() {
            continue;
        }
        let same = row.level() == rows[original].level()
            && (row.kind, row.quantity, row.reference)
                == (rows[original].kind, rows[original].quantity, rows[original].reference);
        answers[at] = match answers[original] {
            _ if !same => Answer::Conflict,
            Answer::Applied | Answer::AppliedBeforeCount => Answer::AlreadyApplied,
            other => other,
        };
    }
    answers
}

fn answer(row: &Row<'_>, facts: &mut Facts) -> Answer {
    if let Some(fault) = row.fault() {
        return fault;
    }
    if let Some(known) = facts.known.get(row.external_id) {
        return if row.is(known) { Answer::AlreadyApplied } else { Answer::Conflict };
    }
    let Some(level) = facts.levels.get_mut(&names(row)) else {
        let is_known = facts.warehouses.contains(row.warehouse);
        return if is_known { Answer::UnknownSku } else { Answer::UnknownWarehouse };
    };
    if let Some(reference) = row.reference.filter(|_| row.allocated() != 0) {
        let names = (reference, row.sku.to_owned(), row.warehouse.to_owned());
        match facts.open.entry(names) {
            Entry::Occupied(mut open) if *open.get() >= row.quantity => {
                *open.get_mut() -= row.quantity
            }
            Entry::Occupied(open) => return Answer::NotAllocated { open: *open.get() },
            Entry::Vacant(_) => return Answer::NotAllocated { open: 0 },
        }
    }
    let is_counted = level.counted.zip(row.occurred_at).is_some_and(|(counted, at)| at <= counted);
    let on_hand = if is_counted { 0 } else { row.on_hand() };
    let needed = level.needed(row.allocated());
    if on_hand < 0 && level.on_hand + on_hand < needed {
        if let Some(reference) = row.reference.filter(|_| row.allocated() != 0) {
            let names = (reference, row.sku.to_owned(), row.warehouse.to_owned());
            facts.open.entry(names).and_modify(|open| *open += row.quantity);
        }
        return Answer::WouldTakePromised { on_hand: level.on_hand, needed };
    }
    level.on_hand += on_hand;
    level.promised += row.allocated();
    if is_counted { Answer::AppliedBeforeCount } else { Answer::Applied }
}
