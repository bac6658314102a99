//! How many pieces of one thing a shopper wants.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A number of pieces in one line, from 1 to [`Quantity::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Quantity(u32);

/// Why a text or number is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Zero pieces; to have none, the line is removed.
    #[error("Choose at least 1.")]
    Zero,
    /// A negative number.
    #[error("The quantity cannot be negative.")]
    Negative,
    /// A fraction of a piece.
    #[error("The quantity must be a whole number.")]
    Fractional,
    /// More than one line may hold.
    #[error("At most {max} pieces can be ordered at once.", max = Quantity::MAX.0)]
    TooMany,
    /// No number at all.
    #[error("The quantity must be a number.")]
    NotANumber,
}

impl Quantity {
    /// One piece.
    pub const ONE: Self = Self(1);
    /// The most pieces of one line: far beyond a household, far below overflow.
    pub const MAX: Self = Self(999);

    /// The quantity of a number.
    pub fn new(pieces: u32) -> Result<Self, QuantityError> {
        match pieces {
            0 => Err(QuantityError::Zero),
            1..=999 => Ok(Self(pieces)),
            _ => Err(QuantityError::TooMany),
        }
    }

    /// The quantity that a shopper typed; the error's text can be shown beside the field.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if let Some((whole, fraction)) = digits.split_once(['.', ',']) {
            let number = !(whole.is_empty() && fraction.is_empty());
            return Err(match number && is_digits(whole) && is_digits(fraction) {
                true => QuantityError::Fractional,
                false => QuantityError::NotANumber,
            });
        }
        if digits.is_empty() || !is_digits(digits) {
            return Err(QuantityError::NotANumber);
        }
        match (negative, digits.parse::<u32>()) {
            (_, Ok(0)) => Err(QuantityError::Zero),
            (true, _) => Err(QuantityError::Negative),
            (false, Ok(pieces)) => Self::new(pieces),
            (false, Err(_)) => Err(QuantityError::TooMany),
        }
    }

    /// The number of pieces.
    pub fn get(self) -> u32 {
        self.0
    }

    /// Both together, or `TooMany`.
    pub fn checked_add(self, other: Self) -> Result<Self, QuantityError> {
        Self::new(self.0 + other.0)
    }
}

impl TryFrom<u32> for Quantity {
    type Error = QuantityError;
    fn try_from(pieces: u32) -> Result<Self, QuantityError> {
        Self::new(pieces)
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> u32 {
        quantity.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_named_when_it_is_no_quantity() {
        use QuantityError::*;
        for (typed, error) in [
            ("", NotANumber),
            ("two", NotANumber),
            (".", NotANumber),
            ("1e309", NotANumber),
            ("0", Zero),
            ("-0", Zero),
            ("-1", Negative),
            ("\u{2212}3", Negative),
            ("0.5", Fractional),
            ("1,5", Fractional),
            ("1000", TooMany),
            ("2147483648", TooMany),
            ("99999999999999999999", TooMany),
        ] {
            assert_eq!(Quantity::parse(typed), Err(error), "{typed:?}");
        }
        assert_eq!(Quantity::parse(" 7 ").unwrap().get(), 7);
        assert_eq!(Quantity::parse("+999").unwrap(), Quantity::MAX);
    }

    #[test]
    fn a_quantity_that_arrives_as_json_is_checked_too() {
        assert!(serde_json::from_str::<Quantity>("0").is_err());
        assert!(serde_json::from_str::<Quantity>("-1").is_err());
        assert!(serde_json::from_str::<Quantity>("1.5").is_err());
        assert_eq!(serde_json::from_str::<Quantity>("3").unwrap().get(), 3);
    }
}
