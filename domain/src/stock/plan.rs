//! What the allocator answers: parcels, and why they are these.

use super::Allocation;
use crate::Sku;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// From where a wish is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The parcels, in the order in which they were filled.
    pub parcels: Vec<Parcel>,
    /// What told this plan from the next best.
    pub decided: Decided,
    /// Whether no better one was left unseen; it always is where few warehouses have everything.
    pub exact: bool,
}

/// What is sent together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The code of the warehouse it comes from.
    pub warehouse: String,
    /// What is in it, by SKU.
    pub lines: Vec<ParcelLine>,
    /// The day it leaves, if that can be said.
    pub leaves: Option<Date>,
}

/// Pieces of one SKU in a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelLine {
    /// The SKU.
    pub sku: Sku,
    /// Pieces.
    pub quantity: u32,
    /// How many of them are still to come in.
    pub back_ordered: u32,
}

/// What told a plan from the next best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    /// There was no other with as few parcels.
    NoOther,
    /// It is the nearest.
    Nearest,
    /// It leaves soonest.
    Soonest,
    /// It goes first among equals.
    GoesFirst,
    /// The warehouses were taken in their order, as the strategy says.
    InTurn,
    /// It is fetched there.
    PickedUp,
    /// Nothing but the order of names, or it was not looked for to the end.
    Unsaid,
}

impl Plan {
    /// The pieces by SKU and warehouse.
    pub fn allocations(&self) -> Vec<Allocation> {
        let of_parcel = |parcel: &Parcel| {
            let warehouse = parcel.warehouse.clone();
            let part = move |line: &ParcelLine| Allocation {
                warehouse: warehouse.clone(),
                sku: line.sku.clone(),
                quantity: line.quantity,
            };
            parcel.lines.iter().map(part).collect::<Vec<_>>()
        };
        let mut parts: Vec<_> = self.parcels.iter().flat_map(of_parcel).collect();
        parts.sort_by(|a, b| (&a.sku, &a.warehouse).cmp(&(&b.sku, &b.warehouse)));
        parts
    }

    /// Why from there, in words: "one parcel from Antwerp: has everything, nearest, leaves on 2026-11-27".
    /// `name` says what people call a warehouse.
    pub fn explain(&self, name: impl Fn(&str) -> String) -> String {
        let names: Vec<_> = self.parcels.iter().map(|parcel| name(&parcel.warehouse)).collect();
        let (parcels, what) = match names.len() {
            1 => ("one parcel".to_owned(), "has everything".to_owned()),
            2 => ("2 parcels".to_owned(), "no warehouse has everything".to_owned()),
            many => {
                (format!("{many} parcels"), format!("no {} warehouses have everything", many - 1))
            }
        };
        let why = match self.decided {
            Decided::NoOther if names.len() == 1 => Some("the only one that has"),
            Decided::NoOther => Some("the only ones that have together"),
            Decided::Nearest => Some("nearest"),
            Decided::Soonest => Some("leaves soonest"),
            Decided::GoesFirst => Some("goes first"),
            Decided::InTurn => None,
            Decided::PickedUp => Some("fetched there"),
            Decided::Unsaid => None,
        };
        let what = match self.decided {
            Decided::InTurn => "taken in the warehouses' order".to_owned(),
            _ => what,
        };
        let days = self.parcels.iter().map(|parcel| parcel.leaves).collect::<Option<Vec<_>>>();
        let when = match days.and_then(|days| days.into_iter().max()) {
            Some(day) => format!("leaves on {day}"),
            None => "the day is not known yet".to_owned(),
        };
        let words: Vec<_> =
            [Some(what.as_str()), why, Some(when.as_str())].into_iter().flatten().collect();
        format!("{parcels} from {}: {}", names.join(" and "), words.join(", "))
    }
}
