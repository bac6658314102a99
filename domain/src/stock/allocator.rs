//! The allocator: from which warehouses a wish is served, when the parcels leave, and why so. The same code
//! answers what can be had and from where, so that nothing is offered that cannot be sent.
//!
//! Pieces that lie on a shelf go before pieces that are still to come: a SKU is back-ordered only when all
//! shelves together have too few of it.

use super::{
    Decided, Demand, Parcel, ParcelLine, Place, Plan, Recipe, Shortage,
    demand::resolve,
    search::{Candidate, cover},
};
use crate::{Country, Sku};
use jiff::civil::Date;
use std::{cmp::Reverse, collections::BTreeMap};

/// A warehouse or a store, as far as it matters from where something is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its code.
    pub code: String,
    /// Where it is.
    pub country: Country,
    /// Where exactly, if that is known.
    pub place: Option<Place>,
    /// Lower goes first among equals.
    pub priority: i32,
    /// The day on which a parcel leaves that is ordered now; `None` when that cannot be said.
    pub leaves: Option<Date>,
    /// Whether customers can fetch their orders there.
    pub offers_pick_up: bool,
}

/// Goods that are on their way to a warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incoming {
    /// The day they are expected.
    pub on: Date,
    /// Pieces.
    pub pieces: u32,
}

/// What may be promised of a SKU before it is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackOrder {
    /// Pieces that may still be promised.
    pub pieces: u32,
    /// Pieces that are promised already and are not there yet: what comes in is theirs first.
    pub owed: u32,
    /// What is on its way.
    pub incoming: Vec<Incoming>,
}

/// What one warehouse could give of one SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supply {
    /// The warehouse's code.
    pub warehouse: String,
    /// The SKU.
    pub sku: Sku,
    /// Pieces that can be taken from the shelf.
    pub available: u32,
    /// And what could be promised besides.
    pub back_order: BackOrder,
}

/// Where the parcels go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    /// The country.
    pub country: Country,
    /// Where exactly, if that is known.
    pub place: Option<Place>,
}

/// How warehouses are chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Strategy {
    /// As few parcels as possible; among as few those from the nearest warehouses, then those that leave
    /// soonest, then by priority.
    #[default]
    FewestParcels,
    /// Everything there is from the warehouse that goes first, the rest from the next: empties an outlet.
    PriorityFirst,
    /// All from this one, where the customer comes to fetch it.
    PickUp {
        /// The store's code.
        at: String,
    },
}

/// All that a wish is decided from.
#[derive(Debug, Clone)]
pub struct Offer<'a> {
    /// The warehouses that send.
    pub sites: &'a [Site],
    /// What they have; what lies anywhere else counts for nothing.
    pub supplies: &'a [Supply],
    /// What the bundles among the demands are made of.
    pub recipes: &'a [Recipe],
    /// Where it goes, if that is known: else every warehouse is as near as the other.
    pub destination: Option<Destination>,
    /// How warehouses are chosen.
    pub strategy: Strategy,
}

/// Decides from which warehouses the demands are served. All shortages are told at once, each of the SKU that was
/// asked for. The answer does not depend on the order of anything it is given.
pub fn allocate(demands: &[Demand], offer: &Offer<'_>) -> Result<Plan, Vec<Shortage>> {
    let mut sites: Vec<_> =
        offer.sites.iter().filter(|site| offer.strategy.takes_from(site)).collect();
    sites.sort_by_cached_key(|site| offer.rank(site));
    let by_code: BTreeMap<_, _> =
        sites.iter().enumerate().map(|(at, site)| (site.code.as_str(), at)).collect();
    let supplies = offer
        .supplies
        .iter()
        .filter_map(|supply| Some((*by_code.get(supply.warehouse.as_str())?, supply)));
    let mut shelves = BTreeMap::<&Sku, Vec<(usize, &Supply)>>::new();
    for (site, supply) in supplies {
        shelves.entry(&supply.sku).or_default().push((site, supply));
    }
    let could_be_had = |sku: &Sku| {
        let of = |(_, supply): &(usize, &Supply)| {
            u64::from(supply.available) + u64::from(supply.back_order.pieces)
        };
        shelves.get(sku).map_or(0, |supplies| supplies.iter().map(of).sum())
    };
    let wanted = resolve(demands, offer.recipes, could_be_had)?;

    let mut stock =
        Stock { supplies: vec![vec![None; wanted.len()]; sites.len()], late: Vec::new() };
    for (sku, demand) in wanted.iter().enumerate() {
        let supplies = shelves.get(&demand.sku).map(Vec::as_slice).unwrap_or_default();
        let on_shelves: u64 = supplies.iter().map(|(_, supply)| u64::from(supply.available)).sum();
        stock.late.push(on_shelves < u64::from(demand.quantity));
        for (site, supply) in supplies {
            stock.supplies[*site][sku] = Some(*supply);
        }
    }
    let need: Vec<_> = wanted.iter().map(|demand| demand.quantity).collect();
    let (mut givers, mut candidates) = (Vec::new(), Vec::new());
    for (at, site) in sites.iter().enumerate() {
        let gives = stock.gives(at);
        if gives.iter().any(|gives| *gives > 0) {
            givers.push(at);
            candidates.push(offer.candidate(site, gives));
        }
    }
    let (chosen, decided, exact) = match &offer.strategy {
        Strategy::FewestParcels => {
            let found = cover(&candidates, &need);
            let sorted = most_first(&candidates, &need, found.chosen);
            (sorted.into_iter().map(|at| givers[at]).collect(), found.decided, found.exact)
        }
        Strategy::PriorityFirst => (givers, Decided::InTurn, true),
        Strategy::PickUp { .. } => (givers, Decided::PickedUp, true),
    };
    let mut left = need;
    let mut parcels = Vec::with_capacity(chosen.len());
    for at in chosen {
        let parcel = stock.pack(sites[at], at, &wanted, &mut left);
        if !parcel.lines.is_empty() {
            parcels.push(parcel);
        }
    }
    Ok(Plan { parcels, decided, exact })
}

impl Strategy {
    fn takes_from(&self, site: &Site) -> bool {
        match self {
            Self::FewestParcels | Self::PriorityFirst => true,
            Self::PickUp { at } => site.offers_pick_up && &site.code == at,
        }
    }
}

/// The day's number for one that cannot be said: after all others.
const NEVER: i32 = i32::MAX;

impl Offer<'_> {
    /// How many metres a site is away: 0 in the same country and the farthest there is from abroad while only the
    /// country is known, and the farthest for a site whose own place is not known where the destination's is.
    fn metres(&self, site: &Site) -> u64 {
        match self.destination {
            None => 0,
            Some(Destination { place: Some(place), .. }) => {
                site.place.map_or(Place::FARTHEST, |site| site.metres_to(place))
            }
            Some(Destination { country, place: None }) if country == site.country => 0,
            Some(Destination { place: None, .. }) => Place::FARTHEST,
        }
    }

    fn rank<'a>(&self, site: &'a Site) -> (i32, u64, i32, i32, &'a str) {
        let before_all = match self.strategy {
            Strategy::PriorityFirst => site.priority,
            Strategy::FewestParcels | Strategy::PickUp { .. } => 0,
        };
        (before_all, self.metres(site), day_number(site.leaves), site.priority, &site.code)
    }

    fn candidate(&self, site: &Site, gives: Vec<u32>) -> Candidate {
        Candidate {
            metres: self.metres(site),
            leaves: day_number(site.leaves),
            priority: site.priority,
            gives,
        }
    }
}

/// Days of the calendar as numbers that grow.
fn day_number(day: Option<Date>) -> i32 {
    day.map_or(NEVER, |day| i32::from(day.year()) * 400 + i32::from(day.day_of_year()))
}

/// Of the chosen the one that serves the most of what is left, and so on: what one of them cannot give is
/// spread over as few others as possible.
fn most_first(candidates: &[Candidate], need: &[u32], mut chosen: Vec<usize>) -> Vec<usize> {
    let mut left = need.to_vec();
    let mut sorted = Vec::with_capacity(chosen.len());
    while !chosen.is_empty() {
        let serves = |at: &usize| -> u64 {
            left.iter()
                .zip(&candidates[*at].gives)
                .map(|(left, gives)| u64::from(*left.min(gives)))
                .sum()
        };
        let Some(best) = chosen.iter().copied().min_by_key(|at| (Reverse(serves(at)), *at)) else {
            break;
        };
        chosen.retain(|at| *at != best);
        left.iter_mut()
            .zip(&candidates[best].gives)
            .for_each(|(left, gives)| *left = left.saturating_sub(*gives));
        sorted.push(best);
    }
    sorted
}

/// What the sites have of what is wanted, by the sites' rank and the SKUs' order.
struct Stock<'a> {
    supplies: Vec<Vec<Option<&'a Supply>>>,
    /// The SKUs of which all shelves together have too few.
    late: Vec<bool>,
}

impl Stock<'_> {
    /// What a site gives of each SKU.
    fn gives(&self, site: usize) -> Vec<u32> {
        let gives = |(supply, late): (&Option<&Supply>, &bool)| match supply {
            Some(supply) if *late => supply.available.saturating_add(supply.back_order.pieces),
            Some(supply) => supply.available,
            None => 0,
        };
        self.supplies[site].iter().zip(&self.late).map(gives).collect()
    }

    /// Takes what a site gives of what is left.
    fn pack(&self, site: &Site, at: usize, wanted: &[Demand], left: &mut [u32]) -> Parcel {
        let gives = self.gives(at);
        let mut leaves = site.leaves;
        let mut lines = Vec::new();
        for (sku, supply) in self.supplies[at].iter().enumerate() {
            let quantity = gives[sku].min(left[sku]);
            let Some(supply) = supply.filter(|_| quantity > 0) else { continue };
            left[sku] -= quantity;
            let back_ordered = quantity.saturating_sub(supply.available);
            if back_ordered > 0 {
                // A day that is not known is later than any that is.
                leaves = leaves.zip(supply.back_order.day_of(back_ordered)).map(|(a, b)| a.max(b));
            }
            lines.push(ParcelLine { sku: wanted[sku].sku.clone(), quantity, back_ordered });
        }
        Parcel { warehouse: site.code.clone(), lines, leaves }
    }
}

impl BackOrder {
    /// The day on which so many more pieces have come in, behind those that are owed.
    fn day_of(&self, pieces: u32) -> Option<Date> {
        let mut missing = u64::from(self.owed) + u64::from(pieces);
        let mut incoming = self.incoming.clone();
        incoming.sort_unstable_by_key(|incoming| incoming.on);
        incoming.iter().find_map(|incoming| {
            missing = missing.saturating_sub(u64::from(incoming.pieces));
            (missing == 0).then_some(incoming.on)
        })
    }
}

#[cfg(test)]
mod tests;
