//! Stock: how much of it there is in words, the life of a hold, and the allocator that says from
//! which warehouses a wish is served. Levels and holds themselves live in the inventory service.

use crate::Sku;
use serde::{Deserialize, Serialize};

/// How much there is, as far as a shopper needs to know. Cached pages are made anew only when this
/// changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "class")]
pub enum StockClass {
    /// Plenty.
    InStock,
    /// So few that it is worth saying.
    FewLeft {
        /// How many can still be bought.
        left: u32,
    },
    /// None.
    SoldOut,
}

impl StockClass {
    /// Up to this many are "few left".
    pub const FEW: u32 = 5;

    /// The class of a number of pieces that can be bought.
    pub fn of(available: u32) -> Self {
        match available {
            0 => Self::SoldOut,
            1..=Self::FEW => Self::FewLeft { left: available },
            _ => Self::InStock,
        }
    }

    /// Whether at least one can be bought.
    pub fn is_available(self) -> bool {
        self != Self::SoldOut
    }

    /// The words for it.
    pub fn label(self) -> String {
        match self {
            Self::InStock => "In stock".to_owned(),
            Self::FewLeft { left } => format!("Only {left} left"),
            Self::SoldOut => "Sold out".to_owned(),
        }
    }
}

/// The life of a stock hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// Pieces are set aside until it expires.
    Held,
    /// The order was paid: the pieces are its own.
    Allocated,
    /// Given back, because the order ended or the time ran out.
    Released,
}

impl HoldState {
    /// Whether a hold may go from this state to that one.
    pub fn may_become(self, next: Self) -> bool {
        matches!((self, next), (Self::Held, Self::Allocated | Self::Released))
    }

    /// The state's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Allocated => "allocated",
            Self::Released => "released",
        }
    }
}

/// A wish for pieces of one SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// What is wanted.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
}

/// What one warehouse could give of one SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supply {
    /// The warehouse's code.
    pub warehouse: String,
    /// Lower goes first among equals.
    pub priority: i32,
    /// The SKU.
    pub sku: Sku,
    /// Pieces that can be taken.
    pub available: u32,
}

/// Pieces of one SKU taken from one warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The warehouse's code.
    pub warehouse: String,
    /// The SKU.
    pub sku: Sku,
    /// Pieces.
    pub quantity: u32,
}

/// What could not be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("only {left} of {sku} left")]
pub struct Shortage {
    /// The SKU that is short.
    pub sku: Sku,
    /// How many could be had, all warehouses together.
    pub left: u32,
}

/// Sums the demand per SKU, so that two lines that share a stock item cannot each take the last one.
pub fn sum_demands(demands: &[Demand]) -> Vec<Demand> {
    let mut summed = std::collections::BTreeMap::<Sku, u32>::new();
    for demand in demands {
        let quantity = summed.entry(demand.sku.clone()).or_default();
        *quantity = quantity.saturating_add(demand.quantity);
    }
    summed.into_iter().map(|(sku, quantity)| Demand { sku, quantity }).collect()
}

/// Decides from which warehouses the demands are served: one warehouse that has everything if there
/// is one (by priority), else as few parcels as the greedy rule finds — always the warehouse that can
/// serve the most of the remaining pieces, by priority among equals. All shortages are told at once.
pub fn allocate(demands: &[Demand], supplies: &[Supply]) -> Result<Vec<Allocation>, Vec<Shortage>> {
    let mut wanted = sum_demands(demands);
    let shortages = shortages(&wanted, supplies);
    if !shortages.is_empty() {
        return Err(shortages);
    }
    let mut warehouses: Vec<(i32, &str)> =
        supplies.iter().map(|supply| (supply.priority, supply.warehouse.as_str())).collect();
    warehouses.sort_unstable();
    warehouses.dedup();

    let mut allocations = Vec::new();
    while wanted.iter().any(|demand| demand.quantity > 0) {
        let serves = |warehouse: &str| -> u64 {
            wanted
                .iter()
                .map(|d| u64::from(d.quantity.min(on_offer(supplies, warehouse, &d.sku))))
                .sum()
        };
        // `max_by_key` takes the last of equals, hence the reversal: the first by priority wins.
        let best = warehouses.iter().rev().max_by_key(|(_, warehouse)| serves(warehouse)).copied();
        let Some((priority, warehouse)) = best else { break };
        warehouses.retain(|other| *other != (priority, warehouse));
        for demand in wanted.iter_mut() {
            let taken = demand.quantity.min(on_offer(supplies, warehouse, &demand.sku));
            if taken > 0 {
                demand.quantity -= taken;
                let (warehouse, sku) = (warehouse.to_owned(), demand.sku.clone());
                allocations.push(Allocation { warehouse, sku, quantity: taken });
            }
        }
    }
    Ok(allocations)
}

fn on_offer(supplies: &[Supply], warehouse: &str, sku: &Sku) -> u32 {
    let matching = supplies.iter().find(|s| s.warehouse == warehouse && &s.sku == sku);
    matching.map_or(0, |supply| supply.available)
}

fn shortages(wanted: &[Demand], supplies: &[Supply]) -> Vec<Shortage> {
    let left = |sku: &Sku| {
        supplies
            .iter()
            .filter(|supply| &supply.sku == sku)
            .fold(0u32, |sum, supply| sum.saturating_add(supply.available))
    };
    wanted
        .iter()
        .map(|demand| (demand, left(&demand.sku)))
        .filter(|(demand, left)| demand.quantity > *left)
        .map(|(demand, left)| Shortage { sku: demand.sku.clone(), left })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sku(name: &str) -> Sku {
        Sku::parse(name).unwrap()
    }

    fn want(name: &str, quantity: u32) -> Demand {
        Demand { sku: sku(name), quantity }
    }

    fn has(warehouse: &str, priority: i32, name: &str, available: u32) -> Supply {
        Supply { warehouse: warehouse.to_owned(), priority, sku: sku(name), available }
    }

    #[test]
    fn one_warehouse_that_has_all_is_preferred_to_two() {
        let supplies = [has("north", 1, "a", 5), has("south", 2, "a", 5), has("south", 2, "b", 1)];
        let plan = allocate(&[want("a", 2), want("b", 1)], &supplies).unwrap();
        assert!(plan.iter().all(|part| part.warehouse == "south"), "{plan:?}");
    }

    #[test]
    fn among_equals_priority_decides() {
        let supplies = [has("south", 2, "a", 9), has("north", 1, "a", 9)];
        let plan = allocate(&[want("a", 3)], &supplies).unwrap();
        assert_eq!(plan, [Allocation { warehouse: "north".into(), sku: sku("a"), quantity: 3 }]);
    }

    #[test]
    fn a_large_wish_is_split() {
        let plan = allocate(&[want("a", 7)], &[has("n", 1, "a", 4), has("s", 2, "a", 5)]).unwrap();
        assert_eq!(plan.iter().map(|part| part.quantity).sum::<u32>(), 7);
        assert_eq!(plan.len(), 2);
    }

    #[test]
    fn two_lines_of_one_sku_are_summed() {
        let shortage = allocate(&[want("a", 3), want("a", 3)], &[has("n", 1, "a", 5)]).unwrap_err();
        assert_eq!(shortage, [Shortage { sku: sku("a"), left: 5 }]);
    }

    #[test]
    fn every_shortage_is_told_at_once() {
        let wishes = [want("a", 2), want("b", 1), want("c", 1)];
        let shortages = allocate(&wishes, &[has("n", 1, "a", 1), has("n", 1, "c", 1)]).unwrap_err();
        assert_eq!(shortages.len(), 2);
    }

    proptest! {
        #[test]
        fn an_allocation_serves_the_demand_and_takes_no_more_than_there_is(
            wishes in prop::collection::vec((0usize..4, 1u32..20), 1..6),
            stock in prop::collection::vec(0u32..30, 12),
        ) {
            let names = ["a", "b", "c", "d"];
            let demands: Vec<_> = wishes.iter().map(|(i, q)| want(names[*i], *q)).collect();
            let supplies: Vec<_> = stock
                .iter()
                .enumerate()
                .map(|(i, left)| has(["n", "m", "s"][i / 4], (i / 4) as i32, names[i % 4], *left))
                .collect();
            match allocate(&demands, &supplies) {
                Ok(plan) => {
                    for demand in sum_demands(&demands) {
                        let served: u32 =
                            plan.iter().filter(|a| a.sku == demand.sku).map(|a| a.quantity).sum();
                        prop_assert_eq!(served, demand.quantity);
                    }
                    for part in &plan {
                        prop_assert!(part.quantity <= on_offer(&supplies, &part.warehouse, &part.sku));
                    }
                }
                Err(shortages) => {
                    prop_assert!(!shortages.is_empty());
                    for shortage in shortages {
                        let total: u32 =
                            supplies.iter().filter(|s| s.sku == shortage.sku).map(|s| s.available).sum();
                        prop_assert_eq!(shortage.left, total);
                    }
                }
            }
        }
    }
}
