//! Stock, for the software of warehouses: what lies where, what has moved, what was counted, and what they
//! are to do.

mod acknowledgements;
mod bundles;
mod counts;
mod epcis;
mod instructions;
mod levels;
mod lines;
mod movements;
mod purchases;
mod returns;
mod rules;
mod transfers;
mod warehouses;

pub use instructions::Instruction;

use super::{
    input::{Part, field},
    problem::Problem,
    routes::{Routes, Rules},
};
use accounts::Scope;
use inventory::{Mode, TellError, UnknownSkus};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Ten thousand rows of four hundred bytes, which is more than a row with all its fields has.
const BATCH: usize = 4 * 1024 * 1024;

/// A hundred warehouses with all their holidays, or bundles with all their components.
const HUNDREDS: usize = 1024 * 1024;
/// A thousand lines of two hundred bytes.
const LINES: usize = 256 * 1024;

/// The endpoints about stock.
pub fn routes(routes: Routes) -> Routes {
    let (read, write) = (Rules::of(Scope::InventoryRead), Rules::of(Scope::InventoryWrite));
    let manage = Rules::of(Scope::InventoryManage);
    routes
        .with(read, routes!(levels::list))
        .with(write.body(BATCH), routes!(counts::tell))
        .with(write.body(BATCH), routes!(movements::tell))
        .with(read, routes!(instructions::list))
        .with(write, routes!(acknowledgements::acknowledge))
        .with(write.body(LINES), routes!(returns::expect))
        .with(write.body(BATCH), routes!(epcis::tell))
        .with(read, routes!(warehouses::list))
        .with(manage.body(HUNDREDS), routes!(warehouses::describe))
        .with(read, routes!(bundles::list))
        .with(manage.body(HUNDREDS), routes!(bundles::define))
        .with(manage.body(LINES), routes!(rules::set))
        .with(read, routes!(transfers::list))
        .with(read, routes!(transfers::show))
        .with(manage.body(LINES), routes!(transfers::order))
        .with(write, routes!(transfers::send))
        .with(write.body(LINES), routes!(transfers::receive))
        .with(manage, routes!(transfers::cancel))
        .with(read, routes!(purchases::show))
        .with(manage.body(LINES), routes!(purchases::order))
        .with(write.body(LINES), routes!(purchases::receive))
        .with(manage, routes!(purchases::close))
}

/// What happens to a SKU that never lay in the warehouse.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum NewSkus {
    /// Its rows are answered with `unknown_sku`.
    #[default]
    Refuse,
    /// It has a place there from now on.
    Open,
}

impl From<NewSkus> for UnknownSkus {
    fn from(policy: NewSkus) -> Self {
        match policy {
            NewSkus::Refuse => Self::Refuse,
            NewSkus::Open => Self::Open,
        }
    }
}

/// What happens to a batch of which not all rows are right.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BatchMode {
    /// Each row that is right is applied.
    #[default]
    Each,
    /// Nothing is applied unless all rows are right.
    All,
}

impl From<BatchMode> for Mode {
    fn from(mode: BatchMode) -> Self {
        match mode {
            BatchMode::Each => Self::Each,
            BatchMode::All => Self::All,
        }
    }
}

/// Why nothing of a batch was looked at, which names its source in this part of the request and has its rows at this
/// place of the body.
fn refusal(error: &TellError, source: Part, rows: &str) -> Problem {
    let wrong = |at: &str, code, words: &str| {
        let part = if at == "/source" { source } else { Part::Body };
        Problem::invalid(vec![field(part, at, code, words.to_owned())])
    };
    match error {
        TellError::TooManyRows { .. } => wrong(rows, "too_many", "There are too many rows."),
        TellError::BadSource { .. } => {
            wrong("/source", "wrong_form", "No source may have this name.")
        }
        TellError::FromTheFuture { .. } => {
            wrong("/as_of", "too_large", "Nobody can have counted that yet: is your clock right?")
        }
        TellError::Storage(error) => Problem::of_error(error),
    }
}
