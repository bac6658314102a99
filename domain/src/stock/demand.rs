//! What is wanted, and what a bundle is made of. Lines that share a stock item are summed before anybody
//! decides, or each would take the last one.

use crate::Sku;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A wish for pieces of one SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// What is wanted.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
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

/// What a bundle takes of one component. A bundle has as many of these as it has components, and lies nowhere
/// itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The bundle's SKU.
    pub bundle: Sku,
    /// The component's SKU, which is no bundle.
    pub component: Sku,
    /// How many pieces of it one bundle takes.
    pub quantity: u32,
}

/// Sums the demand per SKU, so that two lines that share a stock item cannot each take the last one.
pub fn sum_demands(demands: &[Demand]) -> Vec<Demand> {
    let mut summed = BTreeMap::<&Sku, u32>::new();
    for demand in demands {
        let quantity = summed.entry(&demand.sku).or_default();
        *quantity = quantity.saturating_add(demand.quantity);
    }
    let demand = |(sku, quantity): (&Sku, u32)| Demand { sku: sku.clone(), quantity };
    summed.into_iter().map(demand).collect()
}

/// What these demands are in pieces that lie on shelves, by SKU: each bundle's components in its place, summed with
/// what else takes them. Whether there are so many is not asked.
pub fn in_pieces(demands: &[Demand], recipes: &[Recipe]) -> Vec<Demand> {
    let parts = |demand: &Demand| {
        let mut parts: Vec<_> = recipes
            .iter()
            .filter(|recipe| recipe.bundle == demand.sku)
            .map(|recipe| Demand {
                sku: recipe.component.clone(),
                quantity: recipe.quantity.saturating_mul(demand.quantity),
            })
            .collect();
        if parts.is_empty() {
            parts.push(demand.clone());
        }
        parts
    };
    sum_demands(&demands.iter().flat_map(parts).collect::<Vec<_>>())
}

/// What has to be taken from the shelves for these demands, by SKU: each bundle's components in its place,
/// summed with what else takes them.
///
/// What there is of a SKU is said by `left`. Every demand that is short is told, with how many of it could be
/// had beside the others: the plain SKUs are served first, then the bundles, each by SKU.
pub(crate) fn resolve(
    demands: &[Demand],
    recipes: &[Recipe],
    left: impl Fn(&Sku) -> u64,
) -> Result<Vec<Demand>, Vec<Shortage>> {
    let demands = sum_demands(demands);
    let recipe = |sku: &Sku| recipes.iter().filter(move |recipe| &recipe.bundle == sku).collect();
    let mut taken = BTreeMap::<&Sku, u64>::new();
    let mut shortages = Vec::new();
    let (bundles, plain): (Vec<_>, Vec<_>) = demands
        .iter()
        .map(|demand| (demand, recipe(&demand.sku)))
        .partition(|(_, recipe): &(_, Vec<&Recipe>)| !recipe.is_empty());
    let mut serve = |demand: &Demand, parts: &[(&'_ Sku, u32)], taken: &mut BTreeMap<_, u64>| {
        let free = |(sku, quantity): &(&Sku, u32)| {
            let taken = taken.get(*sku).copied().unwrap_or_default();
            left(sku).saturating_sub(taken) / u64::from((*quantity).max(1))
        };
        let could_be_had = parts.iter().map(free).min().unwrap_or_default();
        let served = u64::from(demand.quantity).min(could_be_had);
        if served < u64::from(demand.quantity) {
            let left = u32::try_from(could_be_had).unwrap_or(u32::MAX);
            shortages.push(Shortage { sku: demand.sku.clone(), left });
        }
        served
    };
    for (demand, _) in &plain {
        let served = serve(demand, &[(&demand.sku, 1)], &mut taken);
        *taken.entry(&demand.sku).or_default() += served;
    }
    for (demand, recipe) in &bundles {
        let parts: Vec<_> = recipe.iter().map(|part| (&part.component, part.quantity)).collect();
        let served = serve(demand, &parts, &mut taken);
        for (sku, quantity) in parts {
            *taken.entry(sku).or_default() += served * u64::from(quantity);
        }
    }
    if !shortages.is_empty() {
        shortages.sort_by(|a, b| a.sku.cmp(&b.sku));
        return Err(shortages);
    }
    let demand = |(sku, quantity): (&Sku, u64)| Demand {
        sku: sku.clone(),
        // What is there of one SKU in all warehouses may be more; what a wish can be served with is not.
        quantity: u32::try_from(quantity).unwrap_or(u32::MAX),
    };
    Ok(taken.into_iter().filter(|(_, quantity)| *quantity > 0).map(demand).collect())
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

    fn takes(bundle: &str, component: &str, quantity: u32) -> Recipe {
        Recipe { bundle: sku(bundle), component: sku(component), quantity }
    }

    fn short(name: &str, left: u32) -> Shortage {
        Shortage { sku: sku(name), left }
    }

    /// A tea set is a pot and four cups.
    fn tea_set() -> [Recipe; 2] {
        [takes("set", "pot", 1), takes("set", "cup", 4)]
    }

    #[test]
    fn a_bundle_takes_its_components_summed_with_the_lines_that_share_them() {
        let wishes = [want("set", 2), want("cup", 1), want("set", 1)];
        let resolved = resolve(&wishes, &tea_set(), |_| 13).unwrap();
        assert_eq!(resolved, [want("cup", 13), want("pot", 3)]);
    }

    #[test]
    fn a_shortage_is_told_of_what_was_asked_for() {
        let left = |sku: &Sku| if sku.as_str() == "cup" { 11 } else { 9 };
        let shortages = resolve(&[want("set", 3)], &tea_set(), left).unwrap_err();
        assert_eq!(shortages, [short("set", 2)]);
        // Beside the four cups that are wanted by themselves one set is left.
        let shortages = resolve(&[want("set", 2), want("cup", 4)], &tea_set(), left).unwrap_err();
        assert_eq!(shortages, [short("set", 1)]);
    }

    #[test]
    fn every_shortage_is_told_at_once() {
        let shortages = resolve(&[want("set", 1), want("mug", 2)], &tea_set(), |_| 1).unwrap_err();
        assert_eq!(shortages, [short("mug", 1), short("set", 0)]);
    }

    #[test]
    fn a_bundle_of_absurdly_many_is_short() {
        let shortages = resolve(&[want("set", u32::MAX)], &tea_set(), |_| 8).unwrap_err();
        assert_eq!(shortages, [short("set", 2)]);
    }

    proptest! {
        #[test]
        fn what_is_resolved_is_there_and_what_is_short_is_really_short(
            sets in 0u32..5, cups in 0u32..8, pots in 0u32..4, there in [0u64..20, 0u64..6],
        ) {
            let wishes: Vec<_> = [want("set", sets), want("cup", cups), want("pot", pots)]
                .into_iter().filter(|demand| demand.quantity > 0).collect();
            let left = |sku: &Sku| if sku.as_str() == "cup" { there[0] } else { there[1] };
            let needs = [u64::from(cups + 4 * sets), u64::from(pots + sets)];
            let fits = needs[0] <= there[0] && needs[1] <= there[1];
            match resolve(&wishes, &tea_set(), left) {
                Ok(resolved) => {
                    prop_assert!(fits);
                    let of = |name: &str| resolved.iter().find(|d| d.sku.as_str() == name)
                        .map_or(0, |d| u64::from(d.quantity));
                    prop_assert_eq!([of("cup"), of("pot")], needs);
                }
                Err(shortages) => {
                    prop_assert!(!fits);
                    for short in shortages {
                        let wish = wishes.iter().find(|d| d.sku == short.sku).unwrap();
                        prop_assert!(short.left < wish.quantity);
                    }
                }
            }
        }
    }
}
