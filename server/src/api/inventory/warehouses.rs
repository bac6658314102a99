//! Warehouses: the places that movements and counts name.

use crate::api::{conditional, input::names, problem::Problem};
use axum::{extract::State, http::HeaderMap, response::Response};
use inventory::{Inventory, WarehouseKind, WarehouseNow};
use serde::Serialize;
use utoipa::ToSchema;

/// What kind of place it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WarehouseKind)]
enum PlaceKind {
    /// Nobody but those who work there comes there.
    Warehouse,
    /// Customers come there.
    Store,
}

/// A place goods are sent from.
#[derive(Debug, Serialize, ToSchema)]
struct Warehouse {
    /// Its code, by which all else names it.
    #[schema(schema_with = names::warehouse)]
    code: String,
    /// What people call it.
    name: String,
    /// Where it is (ISO 3166-1 alpha-2).
    #[schema(pattern = "^[A-Z]{2}$")]
    country: String,
    /// What kind of place it is.
    kind: PlaceKind,
    /// Whether it sends: what lies in one that does not cannot be sold.
    active: bool,
    /// Whose clock it works by (IANA's time zone database).
    time_zone: String,
    /// Whether customers can fetch their orders there.
    offers_pick_up: bool,
}

/// All warehouses.
#[derive(Debug, Serialize, ToSchema)]
pub struct Warehouses {
    /// The warehouses, by code.
    items: Vec<Warehouse>,
}

impl From<WarehouseNow> for Warehouse {
    fn from(now: WarehouseNow) -> Self {
        let WarehouseNow { warehouse, particulars, active } = now;
        Self {
            code: warehouse.code,
            name: warehouse.name,
            country: warehouse.country.code().to_owned(),
            kind: match particulars.kind {
                WarehouseKind::Warehouse => PlaceKind::Warehouse,
                WarehouseKind::Store => PlaceKind::Store,
            },
            active,
            time_zone: particulars.time_zone,
            offers_pick_up: particulars.offers_pick_up,
        }
    }
}

/// All warehouses.
///
/// There are few enough to be told at once. Who sends the `ETag` back in `If-None-Match` gets 304 and no body
/// while nothing has changed.
#[utoipa::path(
    get,
    path = "/api/v1/inventory/warehouses",
    operation_id = "list_warehouses",
    tag = "inventory",
    responses(
        (status = 200, description = "All of them.", body = Warehouses, headers(
            ("ETag" = String, description = "A tag for what is told."),
        )),
        (status = 304, description = "Nothing has changed."),
    ),
)]
pub async fn list(
    State(inventory): State<Inventory>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let all = inventory.list_warehouses().await.map_err(|error| Problem::of_error(&error))?;
    let all = Warehouses { items: all.into_iter().map(Warehouse::from).collect() };
    Ok(conditional::json(&headers, &all))
}
