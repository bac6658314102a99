//! Returns: what customers said they send back, so that a warehouse expects it.

use super::lines::Line;
use crate::api::{
    input::{Json, Part, field, names},
    problem::Problem,
};
use axum::extract::State;
use inventory::{Done, ExpectError, ExpectedReturn as Expected, Inventory};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Goods of an order that will come back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedReturn {
    /// Your name for it. Told again under it, nothing is expected twice.
    #[schema(schema_with = names::id)]
    id: Uuid,
    /// The order that they were sent with.
    #[schema(schema_with = names::id)]
    order: Uuid,
    /// The code of the warehouse they will come to.
    #[schema(schema_with = names::warehouse)]
    warehouse: String,
    /// What will come; of a bundle its components.
    #[schema(min_items = 1, max_items = 1000)]
    lines: Vec<Line>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExpectedOutcome)]
enum Outcome {
    /// The warehouse is told.
    Expected,
    /// It was told before.
    AlreadyExpected,
    /// So many pieces were not sent with that order, or are expected already: nobody is told anything.
    NotSent,
    /// No warehouse has this code.
    UnknownWarehouse,
    /// Another return has this name.
    Conflict,
}

/// The answer to a return that is to be expected.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExpectedAnswer {
    /// Your name for it.
    #[schema(schema_with = names::id)]
    id: Uuid,
    /// What became of it.
    outcome: Outcome,
    /// Of which SKU too few were sent, if that is the matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sku: Option<String>,
    /// How many of it can come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    left: Option<i64>,
}

/// Have a warehouse expect what comes back.
///
/// It is told by an instruction, `return.expected`. No more can be expected than was sent to that order. What comes
/// in the end is told as a movement, `returned`, whether it was expected or not.
#[utoipa::path(
    post,
    path = "/api/v1/inventory/expected-returns",
    operation_id = "expect_return",
    tag = "inventory",
    request_body = ExpectedReturn,
    responses((status = 200, description = "What became of it.", body = ExpectedAnswer)),
)]
pub async fn expect(
    State(inventory): State<Inventory>,
    Json(told): Json<ExpectedReturn>,
) -> Result<axum::Json<ExpectedAnswer>, Problem> {
    let ExpectedReturn { id, order, warehouse, lines } = told;
    let lines = lines.into_iter().map(|line| (line.sku, line.quantity)).collect();
    let expected = Expected { id, order, warehouse, lines };
    let answer = |outcome| ExpectedAnswer { id, outcome, sku: None, left: None };
    Ok(axum::Json(match inventory.expect_return(&expected).await {
        Ok(Done::Now) => answer(Outcome::Expected),
        Ok(Done::Before) => answer(Outcome::AlreadyExpected),
        Err(ExpectError::NotShipped { sku, left }) => {
            ExpectedAnswer { sku: Some(sku.into()), left: Some(left), ..answer(Outcome::NotSent) }
        }
        Err(ExpectError::UnknownWarehouse { .. }) => answer(Outcome::UnknownWarehouse),
        Err(ExpectError::Conflict { .. }) => answer(Outcome::Conflict),
        Err(ExpectError::NoPieces) => {
            let words = "No pieces are named.".to_owned();
            return Err(Problem::invalid(vec![field(Part::Body, "/lines", "too_few", words)]));
        }
        Err(ExpectError::Storage(error)) => return Err(Problem::of_error(&error)),
    }))
}
