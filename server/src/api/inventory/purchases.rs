//! Purchase orders: what suppliers were asked for. What is expected is what back-orders are promised from.

use super::lines::{self, Line, wrong};
use crate::api::{
    input::{Id, Json, names},
    problem::{Code, Problem},
};
use axum::extract::State;
use domain::{Sku, stock::PurchaseState};
use inventory::{Inventory, PurchaseError, PurchaseNow, PurchaseOrder};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a supplier is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PurchaseOrderOrder)]
pub struct Ordered {
    /// The code of the warehouse that it goes to.
    #[schema(schema_with = names::warehouse)]
    warehouse: String,
    /// Who is asked.
    #[schema(schema_with = names::name)]
    supplier: String,
    /// The day it is expected.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date, pattern = "^[12]")]
    expected_on: Option<Date>,
    /// What is asked for.
    #[schema(min_items = 1, max_items = 1_000)]
    lines: Vec<Line>,
}

/// A delivery.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// Your name for the delivery: told again, it is not booked again.
    #[schema(min_length = 1, max_length = 90, pattern = "^[!-~]([ -~]*[!-~])?$")]
    receipt: String,
    /// What has come, all of it or some; more than was asked for is booked as well.
    #[schema(min_items = 1, max_items = 1_000)]
    lines: Vec<Line>,
}

/// Whether anything is waited for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PurchaseOrderState)]
enum Waited {
    /// Something is still to come.
    Ordered,
    /// All has come.
    Received,
    /// What has not come will not.
    Cancelled,
}

/// A line of a purchase order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PurchaseOrderLine)]
struct TheirLine {
    /// The SKU.
    #[schema(schema_with = names::sku)]
    sku: Sku,
    /// Pieces that were asked for.
    ordered: u32,
    /// Pieces that have come; more than were asked for, if the supplier erred.
    received: u32,
}

/// A purchase order as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PurchaseOrder)]
pub struct Told {
    /// Your name for it.
    id: Uuid,
    /// Whether anything is waited for.
    state: Waited,
    /// The code of the warehouse that it goes to.
    #[schema(schema_with = names::warehouse)]
    warehouse: String,
    /// Who was asked.
    #[schema(schema_with = names::name)]
    supplier: String,
    /// The day it is expected.
    #[schema(value_type = Option<String>, format = Date)]
    expected_on: Option<Date>,
    /// Its lines, by SKU.
    lines: Vec<TheirLine>,
}

impl Told {
    fn new(id: Uuid, now: PurchaseNow) -> Self {
        let line = |line: inventory::PurchaseLine| TheirLine {
            sku: line.sku,
            ordered: line.ordered,
            received: line.received,
        };
        Self {
            id,
            state: match now.state {
                PurchaseState::Ordered => Waited::Ordered,
                PurchaseState::Received => Waited::Received,
                PurchaseState::Cancelled => Waited::Cancelled,
            },
            warehouse: now.warehouse,
            supplier: now.supplier,
            expected_on: now.expected_on,
            lines: now.lines.into_iter().map(line).collect(),
        }
    }
}

/// A purchase order as it stands.
#[utoipa::path(
    get,
    path = "/api/v1/inventory/purchase-orders/{id}",
    operation_id = "show_purchase_order",
    tag = "inventory",
    params(("id" = Uuid, Path, description = "Your name for it.")),
    responses((status = 200, description = "It.", body = Told)),
)]
pub async fn show(State(inventory): State<Inventory>, Id(id): Id) -> Answer {
    now(&inventory, id).await
}

/// Write down what a supplier is asked for.
///
/// Until it has come, back-orders are promised from it. Written down again under its id, it is the same one; only the day on
/// which it is expected may be another then.
#[utoipa::path(
    put,
    path = "/api/v1/inventory/purchase-orders/{id}",
    operation_id = "order_purchase",
    tag = "inventory",
    params(("id" = Uuid, Path, description = "A name that you make up.")),
    request_body = Ordered,
    responses((status = 200, description = "It stands.", body = Told)),
)]
pub async fn order(
    State(inventory): State<Inventory>,
    Id(id): Id,
    Json(ordered): Json<Ordered>,
) -> Answer {
    let Ordered { warehouse, supplier, expected_on, lines } = ordered;
    let lines = lines::summed(lines);
    let purchase = PurchaseOrder { id, warehouse, supplier, expected_on, lines };
    inventory.order_purchase(&purchase).await.map_err(|error| refusal(&error))?;
    now(&inventory, id).await
}

/// Book a delivery.
#[utoipa::path(
    post,
    path = "/api/v1/inventory/purchase-orders/{id}/receipts",
    operation_id = "receive_purchase",
    tag = "inventory",
    params(("id" = Uuid, Path, description = "Your name for the purchase order.")),
    request_body = Delivered,
    responses((status = 200, description = "The purchase order with it.", body = Told)),
)]
pub async fn receive(
    State(inventory): State<Inventory>,
    Id(id): Id,
    Json(delivered): Json<Delivered>,
) -> Answer {
    let lines = lines::summed(delivered.lines);
    let received = inventory.receive_purchase(id, &delivered.receipt, &lines).await;
    let receipt = received.map_err(|error| refusal(&error))?;
    Ok(axum::Json(Told::new(id, receipt.purchase)))
}

/// Wait for nothing more of it.
///
/// Said again, it is done already.
#[utoipa::path(
    post,
    path = "/api/v1/inventory/purchase-orders/{id}/close",
    operation_id = "close_purchase_order",
    tag = "inventory",
    params(("id" = Uuid, Path, description = "Your name for it.")),
    responses((status = 200, description = "It has ended.", body = Told)),
)]
pub async fn close(State(inventory): State<Inventory>, Id(id): Id) -> Answer {
    inventory.close_purchase(id).await.map_err(|error| refusal(&error))?;
    now(&inventory, id).await
}

type Answer = Result<axum::Json<Told>, Problem>;

async fn now(inventory: &Inventory, id: Uuid) -> Answer {
    let found = inventory.purchase(id).await.map_err(|error| refusal(&error))?;
    Ok(axum::Json(Told::new(id, found)))
}

fn refusal(error: &PurchaseError) -> Problem {
    match error {
        PurchaseError::Unknown { .. } => {
            Problem::new(Code::NotFound, "There is no purchase order of this id.")
        }
        PurchaseError::Conflict { .. } => {
            Problem::new(Code::IdTaken, "Another purchase order was written down under this id.")
        }
        PurchaseError::Nonsense => {
            wrong("/supplier", "too_short", "Somebody has to be asked.".to_owned())
        }
        PurchaseError::NotOrdered { sku } => {
            wrong("/lines", "not_ordered", format!("`{sku}` was not asked for."))
        }
        PurchaseError::Over { state } => {
            let words = format!("The purchase order is `{}` already.", state.as_str());
            Problem::new(Code::WrongState, words)
        }
        PurchaseError::Refused(error) => lines::refusal(error),
        PurchaseError::Storage(error) => Problem::of_error(error),
    }
}
