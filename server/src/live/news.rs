//! News of a SKU, and how it is written on the wire.

use bytes::Bytes;
use domain::{
    Money, Sku,
    news::{PriceNews, StockNews},
    stock::StockClass,
};
use inventory::{StockChanged, StockNow};
use std::collections::HashMap;

/// What news may be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// How much there is.
    Stock,
    /// What it costs.
    Price,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Stock, Self::Price];
}

/// What is told of a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// How much there is.
    Stock(StockClass),
    /// What one piece costs; `None` if it is not sold.
    Price(Option<Money>),
}

impl Said {
    /// What it is of.
    pub fn kind(self) -> Kind {
        match self {
            Self::Stock(_) => Kind::Stock,
            Self::Price(_) => Kind::Price,
        }
    }
}

/// News of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The SKU.
    pub sku: Sku,
    /// What is said of it.
    pub said: Said,
    /// Of two of a kind, the greater one is true.
    pub version: u64,
}

impl News {
    /// What the inventory answers.
    pub fn of_stock(found: HashMap<Sku, StockNow>) -> Vec<Self> {
        let news = |(sku, now): (Sku, StockNow)| Self {
            sku,
            said: Said::Stock(StockClass::of(now.available)),
            version: now.version,
        };
        found.into_iter().map(news).collect()
    }

    /// What the catalogue answers, and tells.
    pub fn of_prices(found: Vec<PriceNews>) -> Vec<Self> {
        let news =
            |PriceNews { sku, price, version }| Self { sku, said: Said::Price(price), version };
        found.into_iter().map(news).collect()
    }

    /// As a browser reads it (server-sent events), under this id.
    pub fn on_the_wire(&self, id: &str) -> Bytes {
        let (sku, version) = (self.sku.clone(), self.version);
        // Plain data with string keys serialises without fail.
        let (name, data) = match self.said {
            Said::Stock(stock) => {
                ("stock", serde_json::to_string(&StockNews { sku, stock, version }))
            }
            Said::Price(price) => {
                ("price", serde_json::to_string(&PriceNews { sku, price, version }))
            }
        };
        format!("id: {id}\nevent: {name}\ndata: {}\n\n", data.unwrap_or_default()).into()
    }
}

impl From<StockChanged> for News {
    fn from(StockChanged { sku, class, version, .. }: StockChanged) -> Self {
        Self { sku, said: Said::Stock(class), version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Currency;

    #[test]
    fn news_is_one_event_with_its_facts_as_json() {
        let sku = Sku::parse("L\"13").unwrap();
        let stock = Said::Stock(StockClass::of(2));
        let news = News { sku: sku.clone(), said: stock, version: 7 };
        assert_eq!(
            news.on_the_wire("a-1"),
            "id: a-1\nevent: stock\n\
             data: {\"sku\":\"L\\\"13\",\"class\":\"few_left\",\"left\":2,\"version\":7}\n\n"
        );
        let price = Said::Price(Some(Money::new(1_900, Currency::EUR)));
        let news = News { sku, said: price, version: 8 };
        assert_eq!(
            news.on_the_wire("a-2"),
            "id: a-2\nevent: price\n\
             data: {\"sku\":\"L\\\"13\",\"price\":{\"minor\":1900,\"currency\":\"EUR\"},\"version\":8}\n\n"
        );
    }
}
