//! Stock, for the software of warehouses: what lies where.

mod levels;

use super::routes::{Routes, Rules};
use accounts::Scope;
use utoipa_axum::routes;

/// The endpoints about stock.
pub fn routes(routes: Routes) -> Routes {
    routes.with(Rules::of(Scope::InventoryRead), routes!(levels::list))
}
