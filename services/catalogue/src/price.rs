//! Prices as the catalogue keeps them: one standing price for each currency and, if wanted, others
//! for a span of time. Which of them is in force is decided here and nowhere else.

use domain::{Currency, Money};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What one piece costs, tax included, in one currency, always or for a span of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The currency, as its ISO 4217 code.
    pub currency: Currency,
    /// Minor units (cents for EUR); above zero.
    pub amount: i64,
    /// From when it is in force; `None`: it always was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Until when it is in force, that moment excluded; `None`: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

impl Price {
    /// A price without beginning or end.
    pub fn standing(money: Money) -> Self {
        Self {
            currency: money.currency(),
            amount: money.minor(),
            valid_from: None,
            valid_until: None,
        }
    }

    /// Whether it has neither beginning nor end.
    pub fn is_standing(&self) -> bool {
        self.valid_from.is_none() && self.valid_until.is_none()
    }

    fn holds_at(&self, at: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= at)
            && self.valid_until.is_none_or(|until| at < until)
    }
}

/// The price in force at a moment: of those that hold then, the one that began last; a standing
/// price gives way to any dated one, and of two that began together the later in the list is taken.
pub fn in_force(prices: &[Price], currency: Currency, at: Timestamp) -> Option<Money> {
    prices
        .iter()
        .filter(|price| price.currency == currency && price.holds_at(at))
        .max_by_key(|price| (!price.is_standing(), price.valid_from))
        .map(|price| Money::new(price.amount, currency))
}

/// The next moment after `at` at which a price begins or ends.
pub fn next_change<'a>(
    prices: impl IntoIterator<Item = &'a Price>,
    at: Timestamp,
) -> Option<Timestamp> {
    prices
        .into_iter()
        .flat_map(|price| [price.valid_from, price.valid_until])
        .flatten()
        .filter(|moment| *moment > at)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn dated(amount: i64, from: Option<&str>, until: Option<&str>) -> Price {
        Price {
            currency: Currency::EUR,
            amount,
            valid_from: from.map(at),
            valid_until: until.map(at),
        }
    }

    fn minor(prices: &[Price], moment: &str) -> Option<i64> {
        in_force(prices, Currency::EUR, at(moment)).map(Money::minor)
    }

    #[test]
    fn a_dated_price_goes_before_the_standing_one_while_it_lasts() {
        let prices = [
            dated(800, Some("2026-11-27T00:00:00Z"), Some("2026-11-30T00:00:00Z")),
            dated(1000, None, None),
        ];
        assert_eq!(minor(&prices, "2026-11-26T23:59:59Z"), Some(1000));
        assert_eq!(minor(&prices, "2026-11-27T00:00:00Z"), Some(800));
        assert_eq!(minor(&prices, "2026-11-29T23:59:59Z"), Some(800));
        assert_eq!(minor(&prices, "2026-11-30T00:00:00Z"), Some(1000));
    }

    #[test]
    fn a_price_with_only_an_end_goes_before_the_standing_one() {
        let prices = [dated(1000, None, None), dated(800, None, Some("2026-11-30T00:00:00Z"))];
        assert_eq!(minor(&prices, "2026-11-29T00:00:00Z"), Some(800));
        assert_eq!(minor(&prices, "2026-12-01T00:00:00Z"), Some(1000));
    }

    #[test]
    fn a_price_in_another_currency_is_no_price() {
        let prices = [Price::standing(Money::new(1000, Currency::USD))];
        assert_eq!(minor(&prices, "2026-11-26T00:00:00Z"), None);
    }

    #[test]
    fn the_next_change_is_the_nearest_moment_ahead() {
        let prices = [
            dated(800, Some("2026-11-27T00:00:00Z"), Some("2026-11-30T00:00:00Z")),
            dated(900, Some("2026-12-24T00:00:00Z"), None),
        ];
        let next = |moment: &str| next_change(&prices, at(moment));
        assert_eq!(next("2026-11-01T00:00:00Z"), Some(at("2026-11-27T00:00:00Z")));
        assert_eq!(next("2026-11-27T00:00:00Z"), Some(at("2026-11-30T00:00:00Z")));
        assert_eq!(next("2026-12-24T00:00:00Z"), None);
    }
}
