//! Names of things: stock-keeping units, URL slugs, order numbers. Random identifiers are made by
//! the services; here is only what makes a text one of these names.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a text is not the name it was meant to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("it is empty")]
    Empty,
    /// More characters than the name may have.
    #[error("it is longer than {max} characters")]
    TooLong {
        /// The most characters it may have.
        max: usize,
    },
    /// A character that the name may not contain.
    #[error("it contains {0:?}")]
    Character(char),
}

fn check(text: &str, max: usize, allowed: impl Fn(char) -> bool) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > max {
        return Err(NameError::TooLong { max });
    }
    match text.chars().find(|c| !allowed(*c)) {
        Some(c) => Err(NameError::Character(c)),
        None => Ok(()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $max:expr, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses the name; the error says which character or length is wrong.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check(text, $max, $allowed)?;
                Ok(Self(text.to_owned()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                check(&text, $max, $allowed)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// Stock-keeping unit: names one variant in the catalogue, in the cart and in every warehouse.
    /// 1 to 64 printable ASCII characters without spaces.
    Sku, 64, |c: char| c.is_ascii_graphic()
);

name!(
    /// Last part of a page's address: lower-case letters, digits and hyphens, 1 to 120 characters.
    Slug, 120, |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
);

name!(
    /// What a customer reads on the order and says on the telephone, e.g. `V-7K2M-9QXD`.
    OrderNumber, 24, |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'
);

/// Crockford's base 32: no I, L, O or U, so that a number read aloud is understood.
/// Source: <https://www.crockford.com/base32.html>.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl OrderNumber {
    /// The order number made of 40 random bits: `V-XXXX-XXXX`. It must not be guessable in bulk, but
    /// it is no secret; the order's key is.
    pub fn from_random(bits: u64) -> Self {
        let digit = |position: u32| {
            let index = (bits >> (5 * position)) & 31;
            char::from(CROCKFORD[index as usize])
        };
        let first: String = (0..4).map(digit).collect();
        let second: String = (4..8).map(digit).collect();
        Self(format!("V-{first}-{second}"))
    }
}

impl Slug {
    /// The slug of a title: letters and digits kept in lower case, the rest one hyphen each.
    /// `None` when nothing is left.
    pub fn from_title(title: &str) -> Option<Self> {
        let words: Vec<String> = title
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let text: String = words.join("-").chars().take(120).collect();
        Self::parse(text.trim_end_matches('-')).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_made_of_words() {
        assert_eq!(Slug::from_title("Home & Garden").unwrap().as_str(), "home-garden");
        assert_eq!(Slug::from_title("  32-Inch Monitor!").unwrap().as_str(), "32-inch-monitor");
        assert_eq!(Slug::from_title("& …"), None);
    }

    #[test]
    fn a_sku_with_a_space_is_refused() {
        assert_eq!(Sku::parse("A 1"), Err(NameError::Character(' ')));
        assert_eq!(Sku::parse(""), Err(NameError::Empty));
        assert_eq!(Sku::parse(&"x".repeat(65)), Err(NameError::TooLong { max: 64 }));
        assert!(serde_json::from_str::<Sku>("\"a\\nb\"").is_err());
    }

    #[test]
    fn an_order_number_uses_no_letter_that_is_misheard() {
        let number = OrderNumber::from_random(0x00FF_FFFF_FFFF);
        assert_eq!(number.as_str(), "V-ZZZZ-ZZZZ");
        assert!(OrderNumber::parse(number.as_str()).is_ok());
        assert_eq!(OrderNumber::from_random(0).as_str(), "V-0000-0000");
    }
}
