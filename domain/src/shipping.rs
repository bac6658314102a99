//! How an order travels: methods, zones and what they cost.

use crate::{Country, Money, money::Currency, tax::TaxClass};
use serde::{Deserialize, Serialize};

/// A way of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShippingMethod {
    /// Parcel, two to six working days.
    Standard,
    /// Parcel, one to three working days.
    Express,
}

/// A group of countries with the same prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The country the warehouses are in.
    Domestic,
    /// The rest of the European Union.
    EuropeanUnion,
}

impl Zone {
    /// The zone a country is in, seen from the market's home.
    pub fn of(country: Country, home: Country) -> Self {
        if country == home { Self::Domestic } else { Self::EuropeanUnion }
    }
}

/// A method as it is offered: price, tax included, and days on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingOffer {
    /// The method.
    pub method: ShippingMethod,
    /// What it costs, tax included.
    pub price: Money,
    /// Working days at the earliest.
    pub days_min: u32,
    /// Working days at the latest.
    pub days_max: u32,
}

impl ShippingMethod {
    /// All methods, the usual one first.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Express];

    /// The tax class of delivery.
    pub const TAX_CLASS: TaxClass = TaxClass::Standard;

    /// Stable code, in forms and in the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Express => "express",
        }
    }

    /// The method of a code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.code() == code)
    }

    /// Name to show.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Express => "Express",
        }
    }

    /// What this method costs into a zone, in euros.
    pub fn offer(self, zone: Zone) -> ShippingOffer {
        let (minor, days_min, days_max) = match (self, zone) {
            (Self::Standard, Zone::Domestic) => (490, 2, 3),
            (Self::Standard, Zone::EuropeanUnion) => (990, 3, 6),
            (Self::Express, Zone::Domestic) => (990, 1, 1),
            (Self::Express, Zone::EuropeanUnion) => (1_990, 2, 3),
        };
        ShippingOffer { method: self, price: Money::new(minor, Currency::EUR), days_min, days_max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_offered_in_every_zone_and_express_is_never_slower() {
        for zone in [Zone::Domestic, Zone::EuropeanUnion] {
            let [standard, express] = ShippingMethod::ALL.map(|method| method.offer(zone));
            assert!(express.days_max <= standard.days_min);
            assert!(express.price.minor() > standard.price.minor());
        }
    }

    #[test]
    fn a_method_is_known_by_its_code() {
        assert_eq!(ShippingMethod::parse("express"), Some(ShippingMethod::Express));
        assert_eq!(ShippingMethod::parse("Express"), None);
    }
}
