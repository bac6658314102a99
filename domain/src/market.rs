//! A market: where, in which language and currency, and under which tax custom the shop sells.

use crate::{Country, Currency};
use serde::{Deserialize, Serialize};

/// Whether the prices on the pages contain the tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceDisplay {
    /// Prices contain the value-added tax of the country of delivery.
    TaxIncluded,
}

/// One market. Its `id` is part of every cached page's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    /// Short, stable name, e.g. `eu`.
    pub id: String,
    /// BCP 47 language tag of its pages.
    pub locale: String,
    /// The currency all its prices are in.
    pub currency: Currency,
    /// Whether prices contain tax.
    pub prices: PriceDisplay,
    /// The country whose tax is assumed until the shopper says where to deliver.
    pub home: Country,
    /// The countries it delivers to.
    pub countries: Vec<Country>,
}

impl Market {
    /// The market the shop is delivered with: the European Union, in English, in euros, tax included.
    pub fn european_union() -> Self {
        Self {
            id: "eu".to_owned(),
            locale: "en".to_owned(),
            currency: Currency::EUR,
            prices: PriceDisplay::TaxIncluded,
            home: Country::DE,
            countries: Country::EUROPEAN_UNION.to_vec(),
        }
    }

    /// Whether the shop delivers there.
    pub fn delivers_to(&self, country: Country) -> bool {
        self.countries.contains(&country)
    }
}
