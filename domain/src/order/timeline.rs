//! What happened to an order, who did it and why. The store writes it down and never changes it.

use super::CancelReason;
use crate::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who did something to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Whoever ordered.
    Shopper,
    /// Somebody who works for the store.
    Staff,
    /// The payment provider.
    Provider,
    /// A warehouse.
    Warehouse,
    /// The store by itself.
    Store,
}

impl Actor {
    /// Everyone.
    pub const ALL: [Self; 5] =
        [Self::Shopper, Self::Staff, Self::Provider, Self::Warehouse, Self::Store];

    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shopper => "shopper",
            Self::Staff => "staff",
            Self::Provider => "provider",
            Self::Warehouse => "warehouse",
            Self::Store => "store",
        }
    }

    /// Who has this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|actor| actor.as_str() == name)
    }
}

/// Something that happened to an order, with its facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happened {
    /// It was placed.
    Placed,
    /// Its money is there, its stock is its own.
    Paid,
    /// It ended without being carried out.
    Cancelled {
        /// Why.
        reason: CancelReason,
    },
    /// Somebody wanted it cancelled, but a parcel had left.
    CancelRefused,
    /// Money went back.
    Refunded {
        /// How much, where that was written down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Money>,
    },
    /// A parcel left a warehouse.
    ParcelSent {
        /// Which of the order's parcels, from 1.
        parcel: u32,
        /// What people call the warehouse.
        warehouse: String,
        /// How many pieces are in it.
        pieces: u32,
    },
    /// It became known who carries a parcel, and under which number.
    ParcelTracked {
        /// Which parcel.
        parcel: u32,
        /// Who carries it.
        carrier: String,
        /// The carrier's number for it.
        tracking_number: String,
    },
    /// A parcel arrived.
    ParcelDelivered {
        /// Which parcel.
        parcel: u32,
    },
    /// Something is to be sent back.
    ReturnRequested {
        /// Which of the order's returns, from 1.
        number: u32,
        /// How many pieces.
        pieces: u32,
    },
    /// What was sent back was looked at.
    ReturnInspected {
        /// Which return.
        number: u32,
        /// How many pieces were accepted.
        accepted: u32,
        /// How many were not.
        refused: u32,
    },
}

/// An entry of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// What happened.
    #[serde(flatten)]
    pub happened: Happened,
    /// Who did it.
    pub by: Actor,
    /// Why, in the words of whoever did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_did_it_is_read_back_by_name() {
        for actor in Actor::ALL {
            assert_eq!(Actor::parse(actor.as_str()), Some(actor));
        }
    }

    #[test]
    fn what_happened_is_one_object_with_its_facts() {
        let happened = Happened::ParcelDelivered { parcel: 2 };
        let (by, why, at) = (Actor::Staff, None, "2026-11-23T04:10:59Z".parse().unwrap());
        let entry = TimelineEntry { happened, by, why, at };
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(
            text,
            r#"{"kind":"parcel_delivered","parcel":2,"by":"staff","at":"2026-11-23T04:10:59Z"}"#
        );
        assert_eq!(serde_json::from_str::<TimelineEntry>(&text).unwrap(), entry);
        // As it was written before amounts were.
        let before: Happened = serde_json::from_str(r#"{"kind":"refunded"}"#).unwrap();
        assert_eq!(before, Happened::Refunded { amount: None });
    }
}
