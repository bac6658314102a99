//! What of a batch is told to the inventory, line by line, with names that are ours.

use crate::{Batch, CountRow, Item, MovementRow, Name, Outcome, Row, Said};
use inventory::{Count, Error, Identifiers, Inventory, ToldKind, ToldMovement};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What the names of other systems in a document stand for.
pub async fn look_up(inventory: &Inventory, batch: &Batch) -> Result<Identifiers, Error> {
    let (mut skus, mut warehouses) = (BTreeSet::new(), BTreeSet::new());
    fn note<'b>(set: &mut BTreeSet<&'b str>, name: &'b Name) {
        if let Name::Theirs(identifiers) = name {
            set.extend(identifiers.iter().map(String::as_str));
        }
    }
    for movement in batch.items.iter().flat_map(|item| movements(&item.said)) {
        movement.elsewhere.iter().for_each(|elsewhere| note(&mut warehouses, elsewhere));
        note(&mut warehouses, &movement.warehouse);
        note(&mut skus, &movement.sku);
    }
    for count in batch.items.iter().flat_map(|item| counts(&item.said)) {
        note(&mut warehouses, &count.warehouse);
        note(&mut skus, &count.sku);
    }
    if skus.is_empty() && warehouses.is_empty() {
        return Ok(Identifiers::default());
    }
    let (skus, warehouses): (Vec<_>, Vec<_>) =
        (skus.into_iter().collect(), warehouses.into_iter().collect());
    inventory.find_identified(&skus, &warehouses).await
}

fn movements(said: &Said) -> Vec<&MovementRow> {
    match said {
        Said::Rows(rows) => rows.iter().filter_map(Row::movement).collect(),
        Said::TakenBack(rows) => rows.iter().collect(),
        Said::Nothing { .. } | Said::Wrong(_) => Vec::new(),
    }
}

fn counts(said: &Said) -> Vec<&CountRow> {
    match said {
        Said::Rows(rows) => rows.iter().filter_map(Row::count).collect(),
        Said::TakenBack(_) | Said::Nothing { .. } | Said::Wrong(_) => Vec::new(),
    }
}

/// One thing that is told.
pub struct Line {
    /// Of which item.
    pub item: usize,
    /// As it is answered.
    pub warehouse: String,
    /// As it is answered.
    pub sku: String,
    /// What is told.
    pub told: Told,
    /// What for.
    pub role: Role,
    /// What became of it.
    pub outcome: Outcome,
}

/// As the inventory takes it.
pub enum Told {
    /// Something has moved.
    Movement(ToldMovement),
    /// Something was counted, as of then.
    Count(Timestamp, Count),
    /// So many were counted in a part of a warehouse: that is no count of the whole, and nobody is told.
    Part(i64),
}

/// What a line is told for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It is told for itself.
    Itself,
    /// It is told so that it can be taken back by the next line, and not answered.
    Undone,
    /// It takes the line before back.
    Undoes,
}

/// All that is to be told, in the order of the document.
pub fn lines(batch: &Batch, known: &Identifiers) -> Vec<Line> {
    let mut lines = Vec::with_capacity(batch.rows());
    for (item, Item { said, .. }) in batch.items.iter().enumerate() {
        let mut line = |role, (warehouse, sku): (&Name, &Name), told| {
            let sku = shown(sku, known, false);
            let (warehouse, outcome) = match told {
                Told::Part(_) => (warehouse.as_told().to_owned(), Outcome::Part),
                _ => (shown(warehouse, known, true), Outcome::Withheld),
            };
            lines.push(Line { item, warehouse, sku, told, role, outcome });
        };
        match said {
            Said::Rows(rows) => {
                for row in rows {
                    line(Role::Itself, row.names(), told(row, known));
                }
            }
            Said::TakenBack(rows) => {
                for row in rows {
                    let names = (&row.warehouse, &row.sku);
                    let original = movement(row, known);
                    let opposite = opposite(&original);
                    line(Role::Undone, names, Told::Movement(original));
                    line(Role::Undoes, names, Told::Movement(opposite));
                }
            }
            Said::Nothing { .. } | Said::Wrong(_) => {}
        }
    }
    lines
}

/// Our name for it, if there is one.
fn ours<'a>(name: &'a Name, known: &'a Identifiers, is_warehouse: bool) -> Option<&'a str> {
    let of = if is_warehouse { &known.warehouses } else { &known.skus };
    match name {
        Name::Ours(name) => Some(name),
        Name::Theirs(identifiers) => {
            identifiers.iter().find_map(|one| of.get(one)).map(String::as_str)
        }
    }
}

fn shown(name: &Name, known: &Identifiers, is_warehouse: bool) -> String {
    ours(name, known, is_warehouse).unwrap_or(name.as_told()).to_owned()
}

/// As it is told. What nobody knows has a name that nothing can have, so that the inventory says so; and two things that
/// nobody knows have two, so that they are not taken for the same.
fn bound(name: &Name, known: &Identifiers, is_warehouse: bool) -> String {
    let ours = ours(name, known, is_warehouse).map(str::to_owned);
    ours.unwrap_or_else(|| format!("\0{}", name.as_told()))
}

/// Whether it names a part of a warehouse of which no more is known than of what it is a part.
fn is_part(place: &Name, known: &Identifiers) -> bool {
    match place {
        Name::Ours(_) => false,
        Name::Theirs(identifiers) => {
            let exact = identifiers.first().and_then(|exact| known.warehouses.get(exact));
            exact.is_none() && ours(place, known, true).is_some()
        }
    }
}

fn told(row: &Row, known: &Identifiers) -> Told {
    match row {
        Row::Movement(row) => Told::Movement(movement(row, known)),
        Row::Count(row) if is_part(&row.warehouse, known) => Told::Part(row.on_hand),
        Row::Count(row) => {
            let (warehouse, sku) =
                (bound(&row.warehouse, known, true), bound(&row.sku, known, false));
            Told::Count(row.as_of, Count { warehouse, sku, on_hand: row.on_hand })
        }
    }
}

fn movement(row: &MovementRow, known: &Identifiers) -> ToldMovement {
    let comes_from_us =
        || row.elsewhere.as_ref().and_then(|place| ours(place, known, true)).is_some();
    let kind = match row.kind {
        ToldKind::Received if comes_from_us() => ToldKind::TransferredIn,
        ToldKind::Shipped if row.order.is_none() && comes_from_us() => ToldKind::TransferredOut,
        kind => kind,
    };
    ToldMovement {
        external_id: row.external_id.clone(),
        sequence: row.sequence,
        warehouse: bound(&row.warehouse, known, true),
        sku: bound(&row.sku, known, false),
        kind,
        quantity: row.quantity,
        order: row.order,
        occurred_at: row.occurred_at,
    }
}

/// What leaves nothing of a movement. It happened when that did not: a count that was made since has neither of them
/// in it.
fn opposite(row: &ToldMovement) -> ToldMovement {
    let takes =
        matches!(row.kind, ToldKind::Shipped | ToldKind::Scrapped | ToldKind::TransferredOut);
    let quantity = if takes { row.quantity } else { row.quantity.saturating_neg() };
    ToldMovement {
        external_id: format!("{}/taken-back", row.external_id),
        kind: ToldKind::Adjusted,
        quantity,
        order: None,
        ..row.clone()
    }
}
