//! Counts: how many of what lay where, as somebody who counted tells it.

use super::{NewSkus, refusal};
use crate::api::{
    input::{Json, Part, names},
    problem::Problem,
};
use axum::extract::State;
use inventory::{Count, CountAnswer, Inventory};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many pieces of a SKU lay in a warehouse.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Count)]
struct CountRow {
    /// The warehouse's code.
    #[schema(schema_with = names::warehouse)]
    warehouse: String,
    /// The SKU.
    #[schema(schema_with = names::sku)]
    sku: String,
    /// Pieces.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    on_hand: i64,
}

/// What was counted at one instant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Who counted.
    #[schema(schema_with = names::source)]
    source: String,
    /// When it was so, by your clock. What has moved since is kept.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    /// What happens to a SKU that never lay in the warehouse; `refuse` if left out.
    #[serde(default)]
    new_skus: NewSkus,
    /// What was counted.
    #[schema(min_items = 1, max_items = 10_000)]
    levels: Vec<CountRow>,
}

/// What became of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CountOutcome)]
enum Outcome {
    /// It is what was known.
    Agrees,
    /// The difference was booked.
    Adjusted,
    /// You have told your count as of this instant before.
    AlreadyCounted,
    /// You have told a later count before: nothing was changed.
    Outdated,
    /// Fewer would be there than are promised to orders: nothing was changed.
    BelowPromised,
    /// No warehouse has this code.
    UnknownWarehouse,
    /// The SKU never lay in this warehouse, or is a bundle.
    UnknownSku,
    /// Fewer pieces than none.
    AbsurdQuantity,
    /// Another row counts the same.
    CountedTwice,
}

/// The answer to one count.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CountAnswer)]
struct CountAnswered {
    /// The warehouse's code.
    warehouse: String,
    /// The SKU.
    sku: String,
    /// What became of it.
    outcome: Outcome,
    /// So many pieces more were found than were known, or fewer, if that was booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    difference: Option<i64>,
    /// As of when your last count was, if this one is older.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, required = false)]
    last: Option<Timestamp>,
    /// Pieces that would be there, with what has moved since, if they are too few.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    on_hand: Option<i64>,
    /// Pieces that have to stay for what is promised, if there would be too few.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    needed: Option<i64>,
}

/// The answers to counts, in the order of the rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountAnswers {
    /// One for each row, in its place.
    items: Vec<CountAnswered>,
}

impl CountAnswered {
    fn new(count: Count, answer: CountAnswer) -> Self {
        let Count { warehouse, sku, .. } = count;
        let outcome = Outcome::Agrees;
        let (difference, last, on_hand, needed) = (None, None, None, None);
        let bare = Self { warehouse, sku, outcome, difference, last, on_hand, needed };
        let only = |outcome, bare| Self { outcome, ..bare };
        match answer {
            CountAnswer::Agrees => bare,
            CountAnswer::Adjusted { difference } => {
                Self { difference: Some(difference), ..only(Outcome::Adjusted, bare) }
            }
            CountAnswer::AlreadyCounted => only(Outcome::AlreadyCounted, bare),
            CountAnswer::Outdated { last } => {
                Self { last: Some(last), ..only(Outcome::Outdated, bare) }
            }
            CountAnswer::BelowPromised { on_hand, needed } => Self {
                on_hand: Some(on_hand),
                needed: Some(needed),
                ..only(Outcome::BelowPromised, bare)
            },
            CountAnswer::UnknownWarehouse => only(Outcome::UnknownWarehouse, bare),
            CountAnswer::UnknownSku => only(Outcome::UnknownSku, bare),
            CountAnswer::AbsurdQuantity => only(Outcome::AbsurdQuantity, bare),
            CountAnswer::CountedTwice => only(Outcome::CountedTwice, bare),
        }
    }
}

/// Tell what was counted.
///
/// Absolute numbers as they were at one instant, up to ten thousand, each answered in its place. A count is never
/// written over what has happened since: the difference to what was known as of then is booked as a movement.
/// Told again it changes nothing, and one that is older than your last changes nothing either.
#[utoipa::path(
    put,
    path = "/api/v1/inventory/levels",
    operation_id = "tell_counts",
    tag = "inventory",
    request_body = Counts,
    responses((status = 200, description = "An answer for each row.", body = CountAnswers)),
)]
pub async fn tell(
    State(inventory): State<Inventory>,
    Json(told): Json<Counts>,
) -> Result<axum::Json<CountAnswers>, Problem> {
    let counts: Vec<Count> = told
        .levels
        .into_iter()
        .map(|CountRow { warehouse, sku, on_hand }| Count { warehouse, sku, on_hand })
        .collect();
    let unknown = told.new_skus.into();
    let answers = inventory.reconcile_counts(&told.source, told.as_of, unknown, &counts).await;
    let answers = answers.map_err(|error| refusal(&error, Part::Body, "/levels"))?;
    let items = counts.into_iter().zip(answers);
    let items = items.map(|(count, answer)| CountAnswered::new(count, answer)).collect();
    Ok(axum::Json(CountAnswers { items }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_has_the_name_that_it_has_everywhere() {
        let answers = [
            CountAnswer::Agrees,
            CountAnswer::Adjusted { difference: 1 },
            CountAnswer::AlreadyCounted,
            CountAnswer::Outdated { last: Timestamp::UNIX_EPOCH },
            CountAnswer::BelowPromised { on_hand: 1, needed: 2 },
            CountAnswer::UnknownWarehouse,
            CountAnswer::UnknownSku,
            CountAnswer::AbsurdQuantity,
            CountAnswer::CountedTwice,
        ];
        for answer in answers {
            let (warehouse, sku) = (String::new(), String::new());
            let told = CountAnswered::new(Count { warehouse, sku, on_hand: 1 }, answer);
            assert_eq!(serde_json::to_value(told).unwrap()["outcome"], answer.code());
        }
    }
}
