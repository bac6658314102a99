//! Movements: what the software of warehouses tells that has happened.

use super::{BatchMode, NewSkus, refusal};
use crate::api::{
    input::{Json, Part, names},
    problem::Problem,
};
use axum::extract::State;
use inventory::{Answer, Inventory, ToldKind, ToldMovement};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What happened to pieces.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MovementKind)]
enum Kind {
    /// Goods came in.
    Received,
    /// So many more were found than were known, or fewer: the one kind whose quantity may be below zero.
    Adjusted,
    /// Pieces left the house; with `order`, out of what that order has.
    Shipped,
    /// Pieces came back.
    Returned,
    /// Pieces were thrown away.
    Scrapped,
    /// Pieces left for another warehouse.
    TransferredOut,
    /// Pieces came from another warehouse.
    TransferredIn,
}

impl From<Kind> for ToldKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Received => Self::Received,
            Kind::Adjusted => Self::Adjusted,
            Kind::Shipped => Self::Shipped,
            Kind::Returned => Self::Returned,
            Kind::Scrapped => Self::Scrapped,
            Kind::TransferredOut => Self::TransferredOut,
            Kind::TransferredIn => Self::TransferredIn,
        }
    }
}

/// One movement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Movement)]
struct ToldRow {
    /// Your name for it. Told again under it, it is not done again.
    #[schema(schema_with = names::external_id)]
    external_id: String,
    /// Its place in your own order, if you count.
    #[serde(default)]
    sequence: Option<i64>,
    /// The warehouse's code.
    #[schema(schema_with = names::warehouse)]
    warehouse: String,
    /// The SKU.
    #[schema(schema_with = names::sku)]
    sku: String,
    /// What happened.
    kind: Kind,
    /// Pieces; below zero only for `adjusted`, never zero.
    #[schema(minimum = -1_000_000_000, maximum = 1_000_000_000)]
    quantity: i64,
    /// Of what was shipped, the order it was for.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "uuid")]
    order: Option<Uuid>,
    /// When it happened, by your clock.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Timestamp>,
}

/// A batch of movements.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Movements {
    /// Who tells it: your names and your order are your own.
    #[schema(schema_with = names::source)]
    source: String,
    /// What happens if not all rows are right; `each` if left out.
    #[serde(default)]
    mode: BatchMode,
    /// What happens to a SKU that never lay in the warehouse; `refuse` if left out.
    #[serde(default)]
    new_skus: NewSkus,
    /// In any order.
    #[schema(min_items = 1, max_items = 10_000)]
    movements: Vec<ToldRow>,
}

impl From<ToldRow> for ToldMovement {
    fn from(row: ToldRow) -> Self {
        Self {
            external_id: row.external_id,
            sequence: row.sequence,
            warehouse: row.warehouse,
            sku: row.sku,
            kind: row.kind.into(),
            quantity: row.quantity,
            order: row.order,
            occurred_at: row.occurred_at,
        }
    }
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MovementOutcome)]
enum Outcome {
    /// It was written.
    Applied,
    /// It was written, and had been in your last count of the level already.
    AppliedBeforeCount,
    /// The same was written before.
    AlreadyApplied,
    /// Something else was written under the same name before.
    Conflict,
    /// No warehouse has this code.
    UnknownWarehouse,
    /// The SKU never lay in this warehouse, or is a bundle.
    UnknownSku,
    /// It would take pieces that are not there, or that are promised.
    WouldTakePromised,
    /// The order has fewer pieces there.
    NotAllocated,
    /// No pieces, or fewer than none.
    AbsurdQuantity,
    /// The name cannot be kept.
    BadExternalId,
    /// It was right, but another row was not, and `mode` is `all`.
    Withheld,
}

/// The answer to one row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MovementAnswer)]
struct RowAnswer {
    /// Your name for it.
    external_id: String,
    /// What became of it.
    outcome: Outcome,
    /// Pieces that lie there, if they are too few.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    on_hand: Option<i64>,
    /// Pieces that have to stay for what is promised, if what lies there is too few.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    needed: Option<i64>,
    /// Pieces that the order has there and that were not sent, if they are too few.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    open: Option<i64>,
}

/// The answers to a batch, in the order of its rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct MovementAnswers {
    /// How many rows are in the ledger now, whether by this batch or before.
    applied: usize,
    /// How many are not.
    refused: usize,
    /// One for each row, in its place.
    items: Vec<RowAnswer>,
}

impl RowAnswer {
    fn new(external_id: String, answer: Answer) -> Self {
        let (mut on_hand, mut needed, mut open) = (None, None, None);
        let outcome = match answer {
            Answer::Applied => Outcome::Applied,
            Answer::AppliedBeforeCount => Outcome::AppliedBeforeCount,
            Answer::AlreadyApplied => Outcome::AlreadyApplied,
            Answer::Conflict => Outcome::Conflict,
            Answer::UnknownWarehouse => Outcome::UnknownWarehouse,
            Answer::UnknownSku => Outcome::UnknownSku,
            Answer::WouldTakePromised { on_hand: there, needed: promised } => {
                (on_hand, needed) = (Some(there), Some(promised));
                Outcome::WouldTakePromised
            }
            Answer::NotAllocated { open: there } => {
                open = Some(there);
                Outcome::NotAllocated
            }
            Answer::AbsurdQuantity => Outcome::AbsurdQuantity,
            Answer::BadExternalId => Outcome::BadExternalId,
            Answer::Withheld => Outcome::Withheld,
        };
        Self { external_id, outcome, on_hand, needed, open }
    }
}

/// Tell what has moved.
///
/// Up to ten thousand movements, each answered in its place. Each carries your own name for it: what is told
/// twice is done once, so a batch may be sent again as it is, and rows may come in any order. A row that
/// would take what is promised to orders is refused with what there is, and can be told again later.
#[utoipa::path(
    post,
    path = "/api/v1/inventory/movements",
    operation_id = "tell_movements",
    tag = "inventory",
    request_body = Movements,
    responses((status = 200, description = "An answer for each row.", body = MovementAnswers)),
)]
pub async fn tell(
    State(inventory): State<Inventory>,
    Json(batch): Json<Movements>,
) -> Result<axum::Json<MovementAnswers>, Problem> {
    let rows: Vec<ToldMovement> = batch.movements.into_iter().map(ToldMovement::from).collect();
    let (mode, unknown) = (batch.mode.into(), batch.new_skus.into());
    let answers = inventory.apply_movements(&batch.source, mode, unknown, &rows).await;
    let answers = answers.map_err(|error| refusal(&error, Part::Body, "/movements"))?;
    let applied = answers.iter().filter(|answer| answer.is_in()).count();
    let items = rows.into_iter().map(|row| row.external_id).zip(answers);
    let items: Vec<_> = items.map(|(id, answer)| RowAnswer::new(id, answer)).collect();
    Ok(axum::Json(MovementAnswers { applied, refused: items.len() - applied, items }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_has_the_name_that_it_has_everywhere() {
        let answers = [
            Answer::Applied,
            Answer::AppliedBeforeCount,
            Answer::AlreadyApplied,
            Answer::Conflict,
            Answer::UnknownWarehouse,
            Answer::UnknownSku,
            Answer::WouldTakePromised { on_hand: 1, needed: 2 },
            Answer::NotAllocated { open: 1 },
            Answer::AbsurdQuantity,
            Answer::BadExternalId,
            Answer::Withheld,
        ];
        for answer in answers {
            let told = serde_json::to_value(RowAnswer::new(String::new(), answer)).unwrap();
            assert_eq!(told["outcome"], answer.code());
        }
    }
}
