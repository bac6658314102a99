//! Transfers: pieces that go from one warehouse to another.

use super::lines::{self, Line, wrong};
use crate::api::{
    input::{Id, Json, names},
    problem::{Code, Problem},
};
use axum::extract::State;
use domain::stock::TransferState;
use inventory::{Inventory, Transfer, TransferError, TransferNow};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What is to go from where to where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TransferOrder)]
pub struct Ordered {
    /// The code of the warehouse that it leaves.
    #[schema(schema_with = names::warehouse)]
    from: String,
    /// The code of the warehouse that it goes to.
    #[schema(schema_with = names::warehouse)]
    to: String,
    /// The day it is expected there.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date, pattern = "^[12]")]
    expected_on: Option<Date>,
    /// What is to go.
    #[schema(min_items = 1, max_items = 1_000)]
    lines: Vec<Line>,
}

/// What has arrived.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Arrived {
    /// What has arrived; all that had left if it is left out. What is not named was lost on the way.
    #[serde(default)]
    #[schema(max_items = 1_000)]
    lines: Option<Vec<Line>>,
}

/// How far a transfer has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TransferState)]
enum Stage {
    /// Nothing has moved.
    Ordered,
    /// The pieces are in no warehouse.
    InTransit,
    /// They lie where they were to go.
    Arrived,
    /// Nothing will move.
    Cancelled,
}

/// A transfer as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transfer)]
pub struct Told {
    /// Your name for it.
    id: Uuid,
    /// How far it has come.
    state: Stage,
    /// The code of the warehouse that it leaves.
    #[schema(schema_with = names::warehouse)]
    from: String,
    /// The code of the warehouse that it goes to.
    #[schema(schema_with = names::warehouse)]
    to: String,
    /// The day it is expected there.
    #[schema(value_type = Option<String>, format = Date)]
    expected_on: Option<Date>,
    /// What is to go, or went.
    lines: Vec<Line>,
}

/// Transfers, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transfers {
    /// The transfers.
    items: Vec<Told>,
}

impl From<TransferNow> for Told {
    fn from(TransferNow { transfer, state }: TransferNow) -> Self {
        Self {
            id: transfer.id,
            state: match state {
                TransferState::Ordered => Stage::Ordered,
                TransferState::InTransit => Stage::InTransit,
                TransferState::Arrived => Stage::Arrived,
                TransferState::Cancelled => Stage::Cancelled,
            },
            lines: lines::told(&transfer.lines),
            from: transfer.from,
            to: transfer.to,
            expected_on: transfer.expected_on,
        }
    }
}

/// The transfers that were ordered or are under way.
#[utoipa::path(
    get,
    path = "/api/v1/inventory/transfers",
    operation_id = "list_transfers",
    tag = "inventory",
    responses((status = 200, description = "All that have not ended.", body = Transfers)),
)]
pub async fn list(State(inventory): State<Inventory>) -> Result<axum::Json<Transfers>, Problem> {
    let open = inventory.transfers().await.map_err(|error| Problem::of_error(&error))?;
    Ok(axum::Json(Transfers { items: open.into_iter().map(Told::from).collect() }))
}

/// A transfer as it stands.
#[utoipa::path(
    get,
    path = "/api/v1/inventory/transfers/{id}",
    operation_id = "show_transfer",
    tag = "inventory",
    params(("id" = Uuid, Path, description = "Your name for it.")),
    responses((status = 200, description = "It.", body = Told)),
)]
pub async fn show(State(inventory): State<Inventory>, Id(id): Id) -> Answer {
    now(&inventory, id).await
}

/// Order a transfer.
///
/// Nothing moves before it is sent. Ordered again under its id, it is the same transfer.
#[utoipa::path(
    put,
    path = "/api/v1/inventory/transfers/{id}",
    operation_id = "order_transfer",
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
    let Ordered { from, to, expected_on, lines } = ordered;
    let transfer = Transfer { id, from, to, expected_on, lines: lines::summed(lines) };
    inventory.order_transfer(&transfer).await.map_err(|error| refusal(&error))?;
    now(&inventory, id).await
}

/// The pieces leave.
///
/// They are in no warehouse until they arrive, and cannot be sold. Said again, it is done already.
#[utoipa::path(
    post,
    path = "/api/v1/inventory/transfers/{id}/send",
    operation_id = "send_transfer",
    tag = "inventory",
    params(("id" = Uuid, Path, description = "Your name for it.")),
    responses((status = 200, description = "They have left.", body = Told)),
)]
pub async fn send(State(inventory): State<Inventory>, Id(id): Id) -> Answer {
    inventory.send_transfer(id).await.map_err(|error| refusal(&error))?;
    now(&inventory, id).await
}

/// The pieces arrive.
///
/// All of them, or as many as are named: the rest was lost on the way. Said again, it is done already.
#[utoipa::path(
    post,
    path = "/api/v1/inventory/transfers/{id}/receive",
    operation_id = "receive_transfer",
    tag = "inventory",
    params(("id" = Uuid, Path, description = "Your name for it.")),
    request_body = Arrived,
    responses((status = 200, description = "They have arrived.", body = Told)),
)]
pub async fn receive(
    State(inventory): State<Inventory>,
    Id(id): Id,
    Json(arrived): Json<Arrived>,
) -> Answer {
    let lines = arrived.lines.map(lines::summed);
    let received = inventory.receive_transfer(id, lines.as_deref()).await;
    received.map_err(|error| refusal(&error))?;
    now(&inventory, id).await
}

/// Nothing of a transfer leaves.
///
/// Said again, it is done already; what has left is received and sent back.
#[utoipa::path(
    post,
    path = "/api/v1/inventory/transfers/{id}/cancel",
    operation_id = "cancel_transfer",
    tag = "inventory",
    params(("id" = Uuid, Path, description = "Your name for it.")),
    responses((status = 200, description = "It is cancelled.", body = Told)),
)]
pub async fn cancel(State(inventory): State<Inventory>, Id(id): Id) -> Answer {
    inventory.cancel_transfer(id).await.map_err(|error| refusal(&error))?;
    now(&inventory, id).await
}

type Answer = Result<axum::Json<Told>, Problem>;

async fn now(inventory: &Inventory, id: Uuid) -> Answer {
    let found = inventory.transfer(id).await.map_err(|error| refusal(&error))?;
    Ok(axum::Json(found.into()))
}

fn refusal(error: &TransferError) -> Problem {
    match error {
        TransferError::Unknown { .. } => {
            Problem::new(Code::NotFound, "There is no transfer of this id.")
        }
        TransferError::Nonsense => {
            wrong("/to", "leads_nowhere", "It has to lead to another warehouse.".to_owned())
        }
        TransferError::Conflict { .. } => {
            Problem::new(Code::IdTaken, "Another transfer was ordered under this id.")
        }
        TransferError::Illegal { state, wanted } => {
            let (state, wanted) = (state.as_str(), wanted.as_str());
            let words = format!("A transfer that is `{state}` cannot become `{wanted}`.");
            Problem::new(Code::WrongState, words)
        }
        TransferError::MoreThanLeft { sku } => {
            let words = format!("More of `{sku}` would arrive than had left.");
            wrong("/lines", "too_large", words)
        }
        TransferError::Refused(error) => lines::refusal(error),
        TransferError::Storage(error) => Problem::of_error(error),
    }
}
