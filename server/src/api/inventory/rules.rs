//! Rules: what is kept back of a level, and what may be promised beyond it.

use crate::api::{
    input::{Json, names},
    problem::Problem,
};
use axum::extract::State;
use domain::Sku;
use inventory::{Error, Inventory, LevelError, Rules};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
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

impl LevelRules {
    fn split(self) -> (String, Sku, Rules) {
        let rules = Rules { safety: self.safety, back_order_limit: self.back_order_limit };
        (self.warehouse, self.sku, rules)
    }
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
    let rows: Vec<_> = ruled.rules.into_iter().map(LevelRules::split).collect();
    let mut wanted = BTreeMap::<&str, BTreeMap<&Sku, Rules>>::new();
    for (warehouse, sku, rules) in &rows {
        wanted.entry(warehouse).or_default().insert(sku, *rules);
    }
    let mut outcomes = HashMap::new();
    for (warehouse, rules) in wanted {
        let rules: Vec<_> = rules.into_iter().map(|(sku, rules)| (sku.clone(), rules)).collect();
        let became = set_in(&inventory, warehouse, &rules).await?;
        outcomes.extend(
            rules.into_iter().zip(became).map(|((sku, _), outcome)| ((warehouse, sku), outcome)),
        );
    }
    let answer = |(warehouse, sku, _): &(String, Sku, Rules)| {
        let outcome = outcomes[&(warehouse.as_str(), sku.clone())];
        RulesAnswer { warehouse: warehouse.clone(), sku: sku.clone(), outcome }
    };
    Ok(axum::Json(RulesAnswers { items: rows.iter().map(answer).collect() }))
}

/// What became of the rules of some levels of one warehouse. They are set together; where the database refuses that for
/// one of them, each half is tried by itself until it is known which.
async fn set_in(
    inventory: &Inventory,
    warehouse: &str,
    rules: &[(Sku, Rules)],
) -> Result<Vec<Outcome>, Problem> {
    let all = |outcome| Ok(vec![outcome; rules.len()]);
    match inventory.set_rules(warehouse, rules).await {
        Ok(_) => all(Outcome::Set),
        Err(LevelError::UnknownWarehouse { .. }) => all(Outcome::UnknownWarehouse),
        Err(LevelError::Storage(Error::BundleLiesNowhere | Error::Oversell)) if rules.len() > 1 => {
            let (first, second) = rules.split_at(rules.len() / 2);
            let mut became = Box::pin(set_in(inventory, warehouse, first)).await?;
            became.extend(Box::pin(set_in(inventory, warehouse, second)).await?);
            Ok(became)
        }
        Err(LevelError::Storage(Error::BundleLiesNowhere)) => all(Outcome::UnknownSku),
        Err(LevelError::Storage(Error::Oversell)) => all(Outcome::BelowPromised),
        Err(error) => Err(Problem::of_error(&error)),
    }
}
