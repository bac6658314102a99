//! Rules: what is kept back of a level, and what may be promised beyond it.

use crate::api::{
    input::{Json, names},
    problem::Problem,
};
use axum::extract::State;
use domain::Sku;
use inventory::{Error, Inventory, LevelError, Rules};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The rules of one level.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LevelRules {
    /// The warehouse's code.
    #[schema(schema_with = names::warehouse)]
    warehouse: String,
    /// The SKU.
    #[schema(schema_with = names::sku)]
    sku: Sku,
    /// Pieces that are not sold, for counts are never quite right.
    #[serde(default)]
    #[schema(maximum = 1_000_000)]
    safety: u32,
    /// Pieces that may be promised beyond what is there.
    #[serde(default)]
    #[schema(maximum = 1_000_000)]
    back_order_limit: u32,
}

/// The rules of some levels.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ruled {
    /// In any order; of a level that comes twice the last row counts.
    #[schema(min_items = 1, max_items = 1_000)]
    rules: Vec<LevelRules>,
}

/// What became of a level's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RulesOutcome)]
enum Outcome {
    /// They are so now.
    Set,
    /// They were so.
    Agrees,
    /// No warehouse has this code.
    UnknownWarehouse,
    /// The SKU is a bundle, which lies nowhere.
    UnknownSku,
    /// More is promised beyond what is there than the limit allows: nothing was changed.
    BelowPromised,
}

/// The answer to one row.
#[derive(Debug, Serialize, ToSchema)]
struct RulesAnswer {
    /// The warehouse's code.
    #[schema(schema_with = names::warehouse)]
    warehouse: String,
    /// The SKU.
    #[schema(schema_with = names::sku)]
    sku: Sku,
    /// What became of it.
    outcome: Outcome,
}

/// The answers, in the order of the rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesAnswers {
    /// One for each row, in its place.
    items: Vec<RulesAnswer>,
}

/// Say what is kept back, and what may be promised.
///
/// Each row is answered in its place. A SKU that never lay in the warehouse has a place there from now on.
#[utoipa::path(
    put,
    path = "/api/v1/inventory/rules",
    operation_id = "set_rules",
    tag = "inventory",
    request_body = Ruled,
    responses((status = 200, description = "An answer for each row.", body = RulesAnswers)),
)]
pub async fn set(
    State(inventory): State<Inventory>,
    Json(ruled): Json<Ruled>,
) -> Result<axum::Json<RulesAnswers>, Problem> {
    let mut items = Vec::with_capacity(ruled.rules.len());
    for LevelRules { warehouse, sku, safety, back_order_limit } in ruled.rules {
        let rules = Rules { safety, back_order_limit };
        let outcome = match inventory.set_rules(&warehouse, &[(sku.clone(), rules)]).await {
            Ok(0) => Outcome::Agrees,
            Ok(_) => Outcome::Set,
            Err(LevelError::UnknownWarehouse { .. }) => Outcome::UnknownWarehouse,
            Err(LevelError::Storage(Error::BundleLiesNowhere)) => Outcome::UnknownSku,
            Err(LevelError::Storage(Error::Oversell)) => Outcome::BelowPromised,
            Err(error) => return Err(Problem::of_error(&error)),
        };
        items.push(RulesAnswer { warehouse, sku, outcome });
    }
    Ok(axum::Json(RulesAnswers { items }))
}
