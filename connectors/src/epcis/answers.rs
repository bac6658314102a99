//! What became of a document, event by event.

use crate::{Became, Delivered, ItemAnswer, RowAnswer, Tally};
use inventory::ToldKind;
use serde::Serialize;
use utoipa::ToSchema;

/// The answers to a document's events, in their order.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EpcisAnswers)]
pub struct Answers {
    /// How many rows are in the books now, whether by this document or before.
    applied: usize,
    /// How many are not, with the events that cannot be read.
    refused: usize,
    /// How many events are not about stock.
    skipped: usize,
    /// One for each event, in its place.
    events: Vec<EventAnswer>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventOutcome {
    /// All that it says of stock is in the books.
    Applied,
    /// Some of it is.
    PartlyApplied,
    /// Nothing of it is.
    Refused,
    /// It says nothing of stock.
    Skipped,
}

/// The answer to an event.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventAnswer {
    /// Its name; empty if it has none.
    event_id: String,
    /// Where it stands, as a JSON pointer in a fragment.
    place: String,
    /// What became of it.
    outcome: EventOutcome,
    /// What kind of thing is wrong with it, or it is about instead of stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    code: Option<&'static str>,
    /// The same in words, and where in the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<String>,
    /// What became of each kind of goods in it.
    rows: Vec<EventRow>,
}

/// What became of a kind of goods in an event.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventRow {
    /// The warehouse's code, or the event's name for it if nobody knows what that is.
    warehouse: String,
    /// The SKU, or the event's name for it if nobody knows what that is.
    sku: String,
    /// What moved, by its name in `MovementKind`; it is not there if pieces were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    kind: Option<&'static str>,
    /// Pieces.
    quantity: i64,
    /// What became of it: by the names that movements and counts have, and besides `taken_back`,
    /// `already_taken_back`, `not_yet` (a count of the future) and `part_of_a_warehouse` (a count of a place within one).
    outcome: &'static str,
    /// The same in words.
    detail: String,
}

impl Answers {
    /// The answers to what was delivered.
    pub fn new(delivered: &Delivered) -> Self {
        let Tally { applied, refused, skipped } = delivered.tally();
        let events = delivered.items.iter().map(EventAnswer::new).collect();
        Self { applied, refused, skipped, events }
    }
}

impl EventAnswer {
    fn new(item: &ItemAnswer) -> Self {
        let bare = |outcome| Self {
            event_id: item.name.clone(),
            place: item.place.clone(),
            outcome,
            code: None,
            detail: None,
            rows: Vec::new(),
        };
        match &item.became {
            Became::Told(rows) => {
                let outcome = match rows.iter().filter(|row| row.outcome.is_in()).count() {
                    0 => EventOutcome::Refused,
                    all if all == rows.len() => EventOutcome::Applied,
                    _ => EventOutcome::PartlyApplied,
                };
                Self { rows: rows.iter().map(EventRow::new).collect(), ..bare(outcome) }
            }
            Became::Skipped { code, words } => Self {
                code: Some(code),
                detail: Some(words.clone()),
                ..bare(EventOutcome::Skipped)
            },
            Became::Refused(fault) => Self {
                code: Some(fault.code),
                detail: Some(format!("{}: {}", fault.place, fault.words)),
                ..bare(EventOutcome::Refused)
            },
        }
    }
}

impl EventRow {
    fn new(row: &RowAnswer) -> Self {
        Self {
            warehouse: row.warehouse.clone(),
            sku: row.sku.clone(),
            kind: row.kind.map(ToldKind::as_str),
            quantity: row.quantity,
            outcome: row.outcome.code(),
            detail: row.outcome.words(),
        }
    }
}
