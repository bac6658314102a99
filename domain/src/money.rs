//! Amounts of money: whole minor units with their currency. No float, no silent overflow, no mixing
//! of currencies; what is split is split without losing a cent.

pub use iso_currency::Currency;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount in minor units (cents for EUR, yen for JPY) of one currency. May be negative: a
/// discount, a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why amounts could not be put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies met.
    #[error("{} and {} cannot be added", left.code(), right.code())]
    CurrencyMismatch {
        /// The first amount's currency.
        left: Currency,
        /// The second amount's currency.
        right: Currency,
    },
    /// The result does not fit into 64 bits of minor units.
    #[error("the amount is too large")]
    Overflow,
    /// A text that is no amount of this currency.
    #[error("not an amount of money")]
    NotAnAmount,
    /// More decimals than the currency has.
    #[error("more decimals than the currency has")]
    TooPrecise,
}

impl Money {
    /// An amount of `minor` units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Parses a decimal such as `1299.00` or `-5.5`; thousands separators are refused.
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let text = text.trim();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(MoneyError::NotAnAmount);
        }
        let decimals = decimals(currency);
        if fraction.len() > decimals && fraction[decimals..].bytes().any(|b| b != b'0') {
            return Err(MoneyError::TooPrecise);
        }
        let fraction = &fraction[..fraction.len().min(decimals)];
        let padded = format!("{whole}{fraction:0<decimals$}");
        let minor: i64 = padded.parse().map_err(|_| MoneyError::Overflow)?;
        Ok(Self::new(sign * minor, currency))
    }

    /// The number of minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The sum of both.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// What is left after taking the other away.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// This amount so many times.
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(count)).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// The sum of many amounts in `currency`.
    pub fn sum(
        currency: Currency,
        amounts: impl IntoIterator<Item = Self>,
    ) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    /// Splits the amount in proportion to `weights` so that the parts add up to it exactly
    /// (largest remainder, or Hamilton's method; equal remainders go to the earlier part).
    /// With no weight above zero the first part takes all; with no part there is nothing.
    pub fn split(self, weights: &[u32]) -> Vec<Self> {
        self.split_by(weights.iter().map(|weight| u64::from(*weight)).collect())
    }

    /// As [`Money::split`], in proportion to other amounts, of which none may be below zero (it counts as
    /// zero). What is not more than they are together takes no more of any part than there is.
    pub fn split_like(self, amounts: &[Self]) -> Vec<Self> {
        let weights = amounts.iter().map(|amount| u64::try_from(amount.minor).unwrap_or(0));
        self.split_by(weights.collect())
    }

    fn split_by(self, weights: Vec<u64>) -> Vec<Self> {
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        if total == 0 {
            let mut parts = vec![Self::zero(self.currency); weights.len()];
            if let Some(first) = parts.first_mut() {
                *first = self;
            }
            return parts;
        }
        // Both lie within 64 bits, so that their product lies within 128.
        let exact = |weight: u64| i128::from(self.minor) * i128::from(weight);
        let mut parts: Vec<i128> = weights.iter().map(|w| exact(*w).div_euclid(total)).collect();
        let left = i128::from(self.minor) - parts.iter().sum::<i128>();
        let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
        by_remainder.sort_by_key(|i| std::cmp::Reverse(exact(weights[*i]).rem_euclid(total)));
        for index in by_remainder.into_iter().take(left as usize) {
            parts[index] += 1;
        }
        // Each part lies between 0 and the whole, so it fits where the whole did.
        parts.into_iter().map(|minor| Self::new(minor as i64, self.currency)).collect()
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
    }

    /// The amount without symbol or grouping, as JSON-LD and providers want it: `1299.00`.
    pub fn to_decimal(self) -> String {
        let (sign, whole, fraction) = self.digits();
        match fraction.is_empty() {
            true => format!("{sign}{whole}"),
            false => format!("{sign}{whole}.{fraction}"),
        }
    }

    fn digits(self) -> (&'static str, String, String) {
        let sign = if self.minor < 0 { "-" } else { "" };
        let decimals = decimals(self.currency);
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        (sign, whole.to_owned(), fraction.to_owned())
    }
}

/// Decimals of the currency's minor unit, by ISO 4217.
fn decimals(currency: Currency) -> usize {
    usize::from(currency.exponent().unwrap_or(0))
}

/// As an English reader expects it: `€1,299.00`, `−€5.00`, `CHF 12.50`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, whole, fraction) = self.digits();
        let sign = if sign.is_empty() { "" } else { "\u{2212}" };
        let symbol = match self.currency {
            Currency::EUR => "€",
            Currency::GBP => "£",
            Currency::USD => "$",
            other => {
                return write!(f, "{} {sign}{}{}", other.code(), grouped(&whole), point(&fraction));
            }
        };
        write!(f, "{sign}{symbol}{}{}", grouped(&whole), point(&fraction))
    }
}

fn point(fraction: &str) -> String {
    if fraction.is_empty() { String::new() } else { format!(".{fraction}") }
}

fn grouped(whole: &str) -> String {
    let mut text = String::with_capacity(whole.len() + whole.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    #[test]
    fn money_reads_as_in_a_shop_window() {
        assert_eq!(eur(129_900).to_string(), "€1,299.00");
        assert_eq!(eur(5).to_string(), "€0.05");
        assert_eq!(eur(-500).to_string(), "\u{2212}€5.00");
        assert_eq!(eur(12_345_678_900).to_string(), "€123,456,789.00");
        assert_eq!(Money::new(1_250, Currency::CHF).to_string(), "CHF 12.50");
        assert_eq!(Money::new(1_250, Currency::JPY).to_string(), "JPY 1,250");
    }

    #[test]
    fn a_decimal_is_parsed_to_the_cent() {
        assert_eq!(Money::parse_decimal("1299.00", Currency::EUR), Ok(eur(129_900)));
        assert_eq!(Money::parse_decimal(" 18.9 ", Currency::EUR), Ok(eur(1_890)));
        assert_eq!(Money::parse_decimal("-5", Currency::EUR), Ok(eur(-500)));
        assert_eq!(Money::parse_decimal("1.999", Currency::EUR), Err(MoneyError::TooPrecise));
        assert_eq!(Money::parse_decimal("1.990", Currency::EUR), Ok(eur(199)));
        for bad in ["", ".", "1,299.00", "12€", "NaN", "1e3", "--1"] {
            assert_eq!(
                Money::parse_decimal(bad, Currency::EUR),
                Err(MoneyError::NotAnAmount),
                "{bad}"
            );
        }
        let huge = "99999999999999999999";
        assert_eq!(Money::parse_decimal(huge, Currency::EUR), Err(MoneyError::Overflow));
    }

    #[test]
    fn currencies_do_not_mix() {
        assert!(matches!(
            eur(1).plus(Money::new(1, Currency::USD)),
            Err(MoneyError::CurrencyMismatch { .. })
        ));
        assert_eq!(eur(i64::MAX).plus(eur(1)), Err(MoneyError::Overflow));
    }

    proptest! {
        #[test]
        fn a_split_loses_nothing(
            minor in -1_000_000_000i64..1_000_000_000,
            weights in prop::collection::vec(0u32..10_000, 1..20),
        ) {
            let parts = eur(minor).split(&weights);
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert_eq!(parts.iter().map(|part| part.minor()).sum::<i64>(), minor);
        }

        #[test]
        fn a_split_part_is_within_one_cent_of_its_share(
            minor in 0i64..1_000_000_000,
            weights in prop::collection::vec(1u32..10_000, 1..20),
        ) {
            let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
            for (part, weight) in eur(minor).split(&weights).iter().zip(&weights) {
                let off = i128::from(part.minor()) * total - i128::from(minor) * i128::from(*weight);
                prop_assert!(off.abs() < total);
            }
        }

        /// Taking one part after another in proportion to what is left takes everything in the end, and
        /// never more of a part than there was.
        #[test]
        fn what_is_taken_in_proportion_adds_up_to_the_whole(
            amounts in prop::collection::vec(0i64..1_000_000, 1..6),
            cuts in prop::collection::vec(1i64..300_000, 0..20),
        ) {
            let mut left: Vec<Money> = amounts.iter().map(|minor| eur(*minor)).collect();
            let sum = |left: &[Money]| left.iter().map(|amount| amount.minor()).sum::<i64>();
            for cut in cuts.into_iter().chain([i64::MAX]) {
                let cut = eur(cut.min(sum(&left)));
                let taken = cut.split_like(&left);
                for (part, taken) in left.iter_mut().zip(taken) {
                    prop_assert!(taken.minor() >= 0);
                    *part = part.minus(taken).unwrap();
                    prop_assert!(part.minor() >= 0);
                }
            }
            prop_assert_eq!(sum(&left), 0);
        }

        #[test]
        fn what_is_written_is_read_back(minor in any::<i32>()) {
            let money = eur(i64::from(minor));
            prop_assert_eq!(Money::parse_decimal(&money.to_decimal(), Currency::EUR), Ok(money));
        }
    }
}
