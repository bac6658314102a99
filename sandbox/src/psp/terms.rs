//! What a merchant asks for when it opens a payment, and what of it is acceptable.
//!
//! A [`Proposal`] is the request as it came over the wire; [`Terms`] exist only once every rule
//! below holds. What then happens to the payment is not decided here.

use std::collections::BTreeMap;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::card::Card;
use super::payment::CaptureMethod;

/// Largest amount taken, in minor units: ten thousand million of a currency with cents.
pub const MAX_AMOUNT_MINOR: i64 = 1_000_000_000_000;
const MAX_REFERENCE_CHARS: usize = 200;
const MAX_RETURN_URL_BYTES: usize = 2_048;
const MAX_METADATA_ENTRIES: usize = 50;
const MAX_METADATA_CHARS: usize = 500;

/// The body of `POST /v1/payments`, not yet checked. Unknown fields are ignored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Proposal {
    /// The merchant's own name for the payment; several payments may share one.
    pub reference: String,
    /// Amount in the currency's minor units.
    pub amount_minor: i64,
    /// Three letters (ISO 4217).
    pub currency: String,
    /// Where the buyer's browser is sent once the hosted page is done.
    pub return_url: String,
    /// Who takes the money: `automatic` (the provider, at once) or `manual` (the merchant, later).
    #[serde(default)]
    pub capture: CaptureMethod,
    /// Pays at once and without a page, see [`Card::from_token`].
    #[serde(default)]
    pub token: Option<String>,
    /// The merchant's own notes, given back unchanged. `merchant` is shown on the hosted page.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

/// The accepted terms of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// 1 to 200 characters, none of them a control character.
    pub reference: String,
    /// Above zero, at most [`MAX_AMOUNT_MINOR`].
    pub amount_minor: i64,
    /// Three upper-case ASCII letters.
    pub currency: String,
    /// Who takes the money.
    pub capture: CaptureMethod,
    /// An absolute http(s) address without user name or password.
    pub return_url: String,
    /// The merchant's own notes.
    pub metadata: BTreeMap<String, String>,
}

/// A field that breaks a rule, and the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct Unacceptable {
    /// The field as it is called on the wire.
    pub field: &'static str,
    /// What would have been accepted.
    pub rule: &'static str,
}

const fn unacceptable(field: &'static str, rule: &'static str) -> Unacceptable {
    Unacceptable { field, rule }
}

impl Proposal {
    /// The card that the token stands for, if there is a token.
    ///
    /// # Errors
    /// The token is none of those that exist.
    pub fn card(&self) -> Result<Option<Card>, Unacceptable> {
        match self.token.as_deref() {
            None => Ok(None),
            Some(token) => Card::from_token(token).map(Some).ok_or(unacceptable(
                "token",
                "must be tok_ok, tok_declined, tok_challenge, tok_lost_answer or tok_slow",
            )),
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first field that breaks a rule.
    pub fn terms(&self) -> Result<Terms, Unacceptable> {
        let reference = self.reference.trim();
        if reference.is_empty()
            || reference.chars().count() > MAX_REFERENCE_CHARS
            || reference.chars().any(char::is_control)
        {
            return Err(unacceptable("reference", "must be 1 to 200 printable characters"));
        }
        if !(1..=MAX_AMOUNT_MINOR).contains(&self.amount_minor) {
            return Err(unacceptable("amount_minor", "must be above 0 and at most 1000000000000"));
        }
        if self.currency.len() != 3 || !self.currency.bytes().all(|b| b.is_ascii_alphabetic()) {
            return Err(unacceptable("currency", "must be three letters"));
        }
        let note_too_long = |text: &String| text.chars().count() > MAX_METADATA_CHARS;
        if self.metadata.len() > MAX_METADATA_ENTRIES
            || self.metadata.iter().any(|(name, value)| note_too_long(name) || note_too_long(value))
        {
            return Err(unacceptable(
                "metadata",
                "must be at most 50 entries of at most 500 characters",
            ));
        }
        Ok(Terms {
            reference: reference.to_owned(),
            amount_minor: self.amount_minor,
            currency: self.currency.to_ascii_uppercase(),
            capture: self.capture,
            return_url: web_address(&self.return_url).ok_or(unacceptable(
                "return_url",
                "must be an absolute http or https address without credentials",
            ))?,
            metadata: self.metadata.clone(),
        })
    }
}

/// The address in the form browsers use, if it is one that a browser may be sent to.
fn web_address(text: &str) -> Option<String> {
    if text.len() > MAX_RETURN_URL_BYTES {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    (is_web && !has_credentials).then(|| url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal() -> Proposal {
        Proposal {
            reference: "V-1001".into(),
            amount_minor: 1_900,
            currency: "eur".into(),
            return_url: "https://shop.example/orders/1?key=k".into(),
            capture: CaptureMethod::Automatic,
            token: None,
            metadata: BTreeMap::new(),
        }
    }

    fn broken_field(change: impl FnOnce(&mut Proposal)) -> &'static str {
        let mut proposal = proposal();
        change(&mut proposal);
        proposal.terms().expect_err("must be refused").field
    }

    #[test]
    fn a_currency_is_kept_in_upper_case_and_the_address_unchanged() {
        let terms = proposal().terms().expect("acceptable");
        assert_eq!(terms.currency, "EUR");
        assert_eq!(terms.return_url, "https://shop.example/orders/1?key=k");
    }

    #[test]
    fn each_broken_rule_names_its_field() {
        assert_eq!(broken_field(|p| p.reference = "  ".into()), "reference");
        assert_eq!(broken_field(|p| p.reference = "a\nb".into()), "reference");
        assert_eq!(broken_field(|p| p.reference = "x".repeat(201)), "reference");
        assert_eq!(broken_field(|p| p.amount_minor = 0), "amount_minor");
        assert_eq!(broken_field(|p| p.amount_minor = -1), "amount_minor");
        assert_eq!(broken_field(|p| p.amount_minor = i64::MAX), "amount_minor");
        assert_eq!(broken_field(|p| p.currency = "EURO".into()), "currency");
        assert_eq!(broken_field(|p| p.currency = "€".into()), "currency");
        for address in [
            "",
            "/orders/1",
            "javascript:alert(1)",
            "ftp://shop.example/",
            "https://user:word@shop.example/",
        ] {
            assert_eq!(broken_field(|p| p.return_url = address.into()), "return_url");
        }
    }
}
