//! Instructions: what the warehouses are to do, as they ask for it. The same is sent to those who want to be told.

use crate::api::{
    conditional, cursor,
    input::{Query, names},
    problem::Problem,
};
use axum::{extract::State, http::HeaderMap, response::Response};
use inventory::{Instruction as Told, InstructionFilter, InstructionKind, Inventory, Wanted};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// So many instructions has a page whose length nobody named.
const USUAL_PAGE: u32 = 100;

/// Which instructions are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InstructionsAsked {
    /// For these warehouses; for all if none is named. It may stand there several times.
    #[serde(default)]
    #[param(schema_with = names::warehouses, required = false)]
    warehouse: Vec<String>,
    /// Only what was not acknowledged.
    #[serde(default)]
    #[param(default = false, required = false)]
    open: bool,
    /// At most so many.
    #[serde(default = "usual_page")]
    #[param(minimum = 1, maximum = 1000, default = 100, required = false)]
    limit: u32,
    /// Behind the page that had this as its `next`; from the beginning if left out.
    #[serde(default)]
    #[param(schema_with = names::cursor, required = false)]
    after: Option<String>,
}

fn usual_page() -> u32 {
    USUAL_PAGE
}

/// What is told.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = InstructionType)]
enum Kind {
    /// An order was paid: send these pieces of it.
    #[serde(rename = "allocation.created")]
    AllocationCreated,
    /// Do not send these pieces any more.
    #[serde(rename = "allocation.cancelled")]
    AllocationCancelled,
    /// These pieces will come back.
    #[serde(rename = "return.expected")]
    ReturnExpected,
}

/// So many pieces of a SKU.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstructionLine)]
struct Line {
    /// The SKU.
    #[schema(schema_with = names::sku)]
    sku: String,
    /// Pieces.
    #[schema(minimum = 1)]
    quantity: i64,
}

/// What a warehouse is to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Instruction {
    /// Names it, however often it arrives.
    #[schema(schema_with = names::id)]
    id: Uuid,
    /// What is to be done.
    #[serde(rename = "type")]
    kind: Kind,
    /// When it was decided.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// The warehouse's code.
    #[schema(schema_with = names::warehouse)]
    warehouse: String,
    /// The order it is about.
    #[schema(schema_with = names::id)]
    order: Uuid,
    /// The return it is about, of `return.expected`.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "uuid", required = false)]
    return_id: Option<Uuid>,
    /// The pieces, by SKU.
    lines: Vec<Line>,
}

impl From<Told> for Instruction {
    fn from(told: Told) -> Self {
        let Told { id, kind, occurred_at, warehouse, order, return_id, lines } = told;
        let kind = match kind {
            InstructionKind::AllocationCreated => Kind::AllocationCreated,
            InstructionKind::AllocationCancelled => Kind::AllocationCancelled,
            InstructionKind::ReturnExpected => Kind::ReturnExpected,
        };
        let line = |line: inventory::InstructionLine| Line {
            sku: line.sku.into(),
            quantity: line.quantity,
        };
        let lines = lines.into_iter().map(line).collect();
        Self { id, kind, occurred_at, warehouse, order, return_id, lines }
    }
}

/// Some instructions, in the order in which they were told.
#[derive(Debug, Serialize, ToSchema)]
pub struct Instructions {
    /// The instructions.
    items: Vec<Instruction>,
    /// What to ask for as `after` the next time, now or later: it is always there, and what is told from now on is
    /// behind it.
    #[schema(schema_with = names::cursor)]
    next: String,
}

/// What the warehouses are to do.
///
/// In the order in which it was told, which never changes: what is told later is behind all that was ever shown. So
/// ask with `next` again and again. Who sends the `ETag` of a page back in `If-None-Match` gets 304 and no body
/// while there is nothing new.
#[utoipa::path(
    get,
    path = "/api/v1/inventory/instructions",
    operation_id = "list_instructions",
    tag = "inventory",
    params(InstructionsAsked),
    responses(
        (status = 200, description = "The page.", body = Instructions, headers(
            ("ETag" = String, description = "A tag for the page as it is."),
        )),
        (status = 304, description = "There is nothing new."),
    ),
)]
pub async fn list(
    State(inventory): State<Inventory>,
    headers: HeaderMap,
    Query(asked): Query<InstructionsAsked>,
) -> Result<Response, Problem> {
    let after = asked.after.as_deref().map(|after| cursor::read("after", after)).transpose()?;
    let (after,): (i64,) = after.unwrap_or_default();
    let filter = InstructionFilter {
        warehouses: asked.warehouse,
        wanted: if asked.open { Wanted::Open } else { Wanted::All },
        after,
        limit: asked.limit,
    };
    let page = inventory.list_instructions(&filter).await;
    let page = page.map_err(|error| Problem::of_error(&error))?;
    let items = page.instructions.into_iter().map(Instruction::from).collect();
    let instructions = Instructions { items, next: cursor::write(&(page.next,)) };
    Ok(conditional::json(&headers, &instructions))
}
