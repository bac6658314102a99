//! Acknowledgements: a warehouse says that it has taken instructions on.

use crate::api::{
    input::{Json, names},
    problem::Problem,
};
use axum::extract::State;
use inventory::{Acknowledged, Inventory};
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::schema::{Array, ArrayBuilder},
};
use uuid::Uuid;

/// The ids of instructions.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgements {
    /// Of these, in any order.
    #[schema(schema_with = ids)]
    ids: Vec<Uuid>,
}

fn ids() -> Array {
    ArrayBuilder::new()
        .description(Some("The ids of instructions."))
        .items(names::id())
        .min_items(Some(1))
        .max_items(Some(inventory::instruction::MOST_ACKNOWLEDGED))
        .build()
}

/// What became of an acknowledgement.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AcknowledgementOutcome)]
enum Answer {
    /// It is acknowledged by this.
    Acknowledged,
    /// It was before.
    AlreadyAcknowledged,
    /// No instruction has this id.
    Unknown,
}

/// The answer to one id.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AcknowledgementAnswer)]
struct Answered {
    /// The instruction's.
    #[schema(schema_with = names::id)]
    id: Uuid,
    /// What became of it.
    answer: Answer,
}

/// The answers, in the order of the ids.
#[derive(Debug, Serialize, ToSchema)]
pub struct AcknowledgementAnswers {
    /// One for each id, in its place.
    items: Vec<Answered>,
}

/// Say that instructions were taken on.
///
/// They are no longer among those that are asked for with `open=true`. Up to a thousand, each answered in its
/// place; said again it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/inventory/instructions/acknowledgements",
    operation_id = "acknowledge_instructions",
    tag = "inventory",
    request_body = Acknowledgements,
    responses((status = 200, description = "An answer for each id.", body = AcknowledgementAnswers)),
)]
pub async fn acknowledge(
    State(inventory): State<Inventory>,
    Json(told): Json<Acknowledgements>,
) -> Result<axum::Json<AcknowledgementAnswers>, Problem> {
    let answers = inventory.acknowledge_instructions(&told.ids).await;
    let answers = answers.map_err(|error| Problem::of_error(&error))?;
    let answered = |(id, answer)| {
        let answer = match answer {
            Acknowledged::Now => Answer::Acknowledged,
            Acknowledged::Before => Answer::AlreadyAcknowledged,
            Acknowledged::Unknown => Answer::Unknown,
        };
        Answered { id, answer }
    };
    let items = told.ids.into_iter().zip(answers).map(answered).collect();
    Ok(axum::Json(AcknowledgementAnswers { items }))
}
