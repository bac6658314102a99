//! Levels: how many of what lie where.

use crate::api::{
    conditional, cursor,
    input::{Query, names},
    problem::Problem,
};
use axum::{extract::State, http::HeaderMap, response::Response};
use domain::Sku;
use inventory::{Inventory, LevelFilter, LevelKey, LevelNow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// So many levels has a page whose length nobody named.
const USUAL_PAGE: u32 = 100;

/// Which levels are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LevelsAsked {
    /// Of these SKUs; of all if none is named. It may stand there several times.
    #[serde(default)]
    #[param(schema_with = names::skus, required = false)]
    sku: Vec<Sku>,
    /// In these warehouses; in all if none is named. It may stand there several times.
    #[serde(default)]
    #[param(schema_with = names::warehouses, required = false)]
    warehouse: Vec<String>,
    /// At most so many.
    #[serde(default = "usual_page")]
    #[param(minimum = 1, maximum = 500, default = 100, required = false)]
    limit: u32,
    /// Behind the page that had this as its `next`.
    #[serde(default)]
    #[param(schema_with = names::cursor, required = false)]
    after: Option<String>,
}

fn usual_page() -> u32 {
    USUAL_PAGE
}

/// How many of a SKU lie in a warehouse, and what they are for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Level {
    /// The warehouse's code.
    #[schema(schema_with = names::warehouse)]
    warehouse: String,
    /// The SKU.
    #[schema(schema_with = names::sku)]
    sku: String,
    /// Pieces that lie there.
    on_hand: i64,
    /// Pieces set aside for orders that are being paid.
    held: i64,
    /// Pieces that belong to paid orders and were not sent yet.
    allocated: i64,
    /// Pieces that can be sold.
    available: i64,
    /// Grows with every change of this level.
    version: u64,
}

/// A page of levels, by SKU and warehouse.
#[derive(Debug, Serialize, ToSchema)]
pub struct Levels {
    /// The levels.
    items: Vec<Level>,
    /// What the next page's `after` is; null if this is the last.
    #[schema(required = true)]
    next: Option<String>,
}

impl From<LevelNow> for Level {
    fn from(level: LevelNow) -> Self {
        Self {
            warehouse: level.warehouse,
            sku: level.sku.into(),
            on_hand: level.on_hand,
            held: level.held,
            allocated: level.allocated,
            available: level.available,
            version: level.version,
        }
    }
}

/// What lies where.
///
/// A page of levels as they stand. Who sends the `ETag` of a page back in `If-None-Match` gets 304 and no
/// body while nothing on that page has changed. Levels that come into being while pages are read are on a
/// later page or on none; no level is on two.
#[utoipa::path(
    get,
    path = "/api/v1/inventory/levels",
    operation_id = "list_levels",
    tag = "inventory",
    params(LevelsAsked),
    responses(
        (status = 200, description = "The page.", body = Levels, headers(
            ("ETag" = String, description = "A tag for the page as it is."),
        )),
        (status = 304, description = "Nothing on the page has changed."),
    ),
)]
pub async fn list(
    State(inventory): State<Inventory>,
    headers: HeaderMap,
    Query(asked): Query<LevelsAsked>,
) -> Result<Response, Problem> {
    let after = asked.after.as_deref().map(|after| cursor::read("after", after)).transpose()?;
    let filter = LevelFilter {
        skus: asked.sku,
        warehouses: asked.warehouse,
        after: after.map(|(sku, warehouse)| LevelKey { sku, warehouse }),
        limit: asked.limit,
    };
    let page = inventory.list_levels(&filter).await.map_err(|error| Problem::of_error(&error))?;
    let next = page.next.map(|LevelKey { sku, warehouse }| cursor::write(&(sku, warehouse)));
    let levels = Levels { items: page.levels.into_iter().map(Level::from).collect(), next };
    Ok(conditional::json(&headers, &levels))
}
