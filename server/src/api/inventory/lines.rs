//! Lines: how many of what.

use crate::api::{
    input::{Part, field, names},
    problem::{Code, Problem},
};
use domain::Sku;
use inventory::ActError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// So many pieces of a SKU.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The SKU.
    #[schema(schema_with = names::sku)]
    pub sku: Sku,
    /// Pieces.
    #[schema(schema_with = names::pieces)]
    pub quantity: u32,
}

/// Lines of one SKU are one line, by SKU.
pub fn summed(lines: Vec<Line>) -> Vec<(Sku, u32)> {
    let mut summed = BTreeMap::<Sku, u32>::new();
    for Line { sku, quantity } in lines {
        let sum = summed.entry(sku).or_default();
        *sum = sum.saturating_add(quantity);
    }
    summed.into_iter().collect()
}

/// Lines as they are told.
pub fn told(lines: &[(Sku, u32)]) -> Vec<Line> {
    lines.iter().map(|(sku, quantity)| Line { sku: sku.clone(), quantity: *quantity }).collect()
}

/// What is wrong with a place of the body, that only the store's data can tell.
pub fn wrong(at: &str, code: &'static str, words: String) -> Problem {
    Problem::unfitting(field(Part::Body, at, code, words))
}

/// Why pieces were not moved.
pub fn refusal(error: &ActError) -> Problem {
    match error {
        ActError::UnknownWarehouse { warehouse } => {
            wrong("", "unknown_warehouse", format!("There is no warehouse `{warehouse}`."))
        }
        ActError::UnknownSku { sku } => {
            wrong("/lines", "unknown_sku", format!("`{sku}` never lay there, or is a bundle."))
        }
        ActError::NoPieces => wrong("/lines", "too_few", "No pieces are named.".to_owned()),
        ActError::BadName => wrong("", "wrong_form", "The name is empty or too long.".to_owned()),
        ActError::Conflict { sku } => {
            let words = format!("Something else was done with `{sku}` under this name.");
            Problem::new(Code::IdTaken, words)
        }
        ActError::NotAllocated { sku, open } => {
            Problem::new(Code::NotToBeHad, format!("The order has only {open} of `{sku}` there."))
        }
        ActError::WouldTakePromised { sku, on_hand, needed } => {
            let words = format!("Of {on_hand} of `{sku}` {needed} are promised to orders.");
            Problem::new(Code::NotToBeHad, words)
        }
        ActError::Storage(error) => Problem::of_error(error),
    }
}
