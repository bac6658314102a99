//! From where something would be sent, and when: what the checkout shows before anything is held.

use crate::{HoldError, Inventory, queries};
use domain::stock::{Demand, Destination, Plan, Strategy, sum_demands};
use uuid::Uuid;

/// From where something would be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The parcels.
    pub plan: Plan,
    /// Why these, in words with the warehouses' names.
    pub why: String,
}

impl Inventory {
    /// From where these demands would be served now, when each parcel would leave, and why so. One statement, no
    /// lock: only a hold is a promise.
    pub async fn preview(
        &self,
        demands: &[Demand],
        destination: Option<Destination>,
        strategy: Strategy,
    ) -> Result<Preview, HoldError> {
        let wanted = checked(demands)?;
        let room = queries::shelves::look(&self.pool, &skus_of(&wanted)).await?;
        let standing = room.standing(Uuid::nil());
        let plan = standing.plan(&wanted, destination, strategy).map_err(HoldError::OutOfStock)?;
        let name = |code: &str| room.names.get(code).map_or(code, String::as_str).to_owned();
        let why = plan.explain(name);
        Ok(Preview { plan, why })
    }
}

/// The demands, summed, if something is asked for by each.
pub(crate) fn checked(demands: &[Demand]) -> Result<Vec<Demand>, HoldError> {
    if demands.is_empty() {
        return Err(HoldError::NothingDemanded);
    }
    match demands.iter().find(|demand| demand.quantity == 0) {
        Some(empty) => Err(HoldError::NoPieces { sku: empty.sku.clone() }),
        None => Ok(sum_demands(demands)),
    }
}

fn skus_of(demands: &[Demand]) -> Vec<&str> {
    demands.iter().map(|demand| demand.sku.as_str()).collect()
}
