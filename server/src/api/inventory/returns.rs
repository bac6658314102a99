//! Returns: what customers said they send back, so that a warehouse expects it.

use crate::api::{
    input::{Json, Part, field, names},
    problem::Problem,
};
use axum::extract::State;
use domain::Sku;
use inventory::{Done, ExpectError, ExpectedReturn as Expected, Inventory};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// So many pieces of a SKU.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExpectedLine)]
struct Line {
    /// The SKU, of a bundle that of a component.
    #[schema(schema_with = names::sku)]
    sku: Sku,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    quantity: u32,
}

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
    /// What will come.
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
}

/// The answer to a return that is to be expected.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExpectedAnswer {
    /// Your name for it.
    #[schema(schema_with = names::id)]
    id: Uuid,
    /// What became of it.
    outcome: Outcome,
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
    responses((status = 200, description = "It is expected.", body = ExpectedAnswer)),
)]
pub async fn expect(
    State(inventory): State<Inventory>,
    Json(told): Json<ExpectedReturn>,
) -> Result<axum::Json<ExpectedAnswer>, Problem> {
    let ExpectedReturn { id, order, warehouse, lines } = told;
    let lines = lines.into_iter().map(|line| (line.sku, line.quantity)).collect();
    let expected = Expected { id, order, warehouse, lines };
    let done = inventory.expect_return(&expected).await;
    let outcome = match done.map_err(|error| refusal(&error, &expected))? {
        Done::Now => Outcome::Expected,
        Done::Before => Outcome::AlreadyExpected,
    };
    Ok(axum::Json(ExpectedAnswer { id, outcome }))
}

fn refusal(error: &ExpectError, expected: &Expected) -> Problem {
    let wrong =
        |at: &str, code, words: String| Problem::invalid(vec![field(Part::Body, at, code, words)]);
    match error {
        ExpectError::NoPieces => wrong("/lines", "too_few", "No pieces are named.".to_owned()),
        ExpectError::UnknownWarehouse { .. } => {
            wrong("/warehouse", "unknown_value", "No warehouse has this code.".to_owned())
        }
        ExpectError::NotShipped { sku, left } => {
            let line = expected.lines.iter().position(|(named, _)| named == sku);
            let at = format!("/lines/{}/quantity", line.unwrap_or_default());
            let words = format!("Of what was sent with the order {left} can come back.");
            wrong(&at, "too_large", words)
        }
        ExpectError::Conflict { .. } => {
            wrong("/id", "repeated", "Another return has this name.".to_owned())
        }
        ExpectError::Storage(error) => Problem::of_error(error),
    }
}
