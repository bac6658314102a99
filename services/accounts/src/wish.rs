//! The name of one wish of a shopper, by which it is granted once, however often it is sent.

use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// What a browser calls one press of a button: 8 to 64 letters, digits and hyphens, which it makes up
/// by chance. It is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WishId(String);

/// A text that names no wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a wish")]
pub struct NotAWish;

impl WishId {
    /// The wish of a program that has a name of its own for it, of whatever form.
    pub fn of_name(name: &str) -> Self {
        let digest = Sha256::digest(name);
        Self(digest[..16].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WishId {
    type Err = NotAWish;
    fn from_str(text: &str) -> Result<Self, NotAWish> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match plain && (8..=64).contains(&text.len()) {
            true => Ok(Self(text.to_owned())),
            false => Err(NotAWish),
        }
    }
}

impl fmt::Display for WishId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_neither_guessed_by_accident_nor_without_end() {
        assert!("0f3a77d1-c2".parse::<WishId>().is_ok());
        for text in ["", "1", "$where: {}", "with a space", &"x".repeat(65)] {
            assert_eq!(text.parse::<WishId>(), Err(NotAWish), "{text}");
        }
    }

    #[test]
    fn a_name_of_any_form_is_a_wish_and_another_name_another_one() {
        let wish = WishId::of_name("4711: \"two lamps\"");
        assert_eq!(wish.as_str().parse::<WishId>(), Ok(wish.clone()));
        assert_ne!(wish, WishId::of_name("4711: \"two lamp\""));
    }
}
