//! The parcels of an order: what left a warehouse, and what is still to leave one.

use crate::Sku;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Pieces in a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelLine {
    /// The SKU. Of a bundle its components are sent.
    pub sku: Sku,
    /// Pieces.
    pub quantity: u32,
}

/// A parcel that left a warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// Which of the order's parcels, from 1.
    pub number: u32,
    /// What people call the warehouse.
    pub warehouse: String,
    /// What is in it.
    pub lines: Vec<ParcelLine>,
    /// When the store heard that it had left.
    pub sent_at: Timestamp,
    /// Who carries it under which number, if that was told.
    pub tracking: Option<Tracking>,
    /// When it arrived, if that was told.
    pub delivered_at: Option<Timestamp>,
}

/// Pieces that a warehouse has yet to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// What people call the warehouse.
    pub warehouse: String,
    /// What it has to send.
    pub lines: Vec<ParcelLine>,
}

/// Who carries a parcel, and under which number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    /// The carrier's name.
    pub carrier: String,
    /// The carrier's number for the parcel.
    pub number: String,
}

impl Tracking {
    /// The most characters that either may have.
    pub const LONGEST: usize = 100;

    /// Both as they were typed, without the space around them; `None` if one is empty, too long, or holds what no
    /// label shows.
    pub fn parse(carrier: &str, number: &str) -> Option<Self> {
        let fits = |text: &str| {
            let length = text.chars().count();
            (1..=Self::LONGEST).contains(&length) && !text.chars().any(char::is_control)
        };
        let (carrier, number) = (carrier.trim(), number.trim());
        (fits(carrier) && fits(number))
            .then(|| Self { carrier: carrier.to_owned(), number: number.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_a_carrier_and_a_number() {
        let label = Tracking::parse(" DHL ", "JJD 01").unwrap();
        assert_eq!((label.carrier.as_str(), label.number.as_str()), ("DHL", "JJD 01"));
        let long = "x".repeat(Tracking::LONGEST + 1);
        for (carrier, number) in [("", "1"), ("DHL", " "), ("DHL", "1\n2"), (long.as_str(), "1")] {
            assert_eq!(Tracking::parse(carrier, number), None, "{carrier:?} {number:?}");
        }
    }
}
