//! Where an order goes and whom it is for.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A country by its ISO 3166-1 alpha-2 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(Code);

/// A code of the table below.
type Code = &'static str;

/// The member states of the European Union with their English names.
const EUROPEAN_UNION: [(&str, &str); 27] = [
    ("AT", "Austria"),
    ("BE", "Belgium"),
    ("BG", "Bulgaria"),
    ("HR", "Croatia"),
    ("CY", "Cyprus"),
    ("CZ", "Czechia"),
    ("DK", "Denmark"),
    ("EE", "Estonia"),
    ("FI", "Finland"),
    ("FR", "France"),
    ("DE", "Germany"),
    ("GR", "Greece"),
    ("HU", "Hungary"),
    ("IE", "Ireland"),
    ("IT", "Italy"),
    ("LV", "Latvia"),
    ("LT", "Lithuania"),
    ("LU", "Luxembourg"),
    ("MT", "Malta"),
    ("NL", "Netherlands"),
    ("PL", "Poland"),
    ("PT", "Portugal"),
    ("RO", "Romania"),
    ("SK", "Slovakia"),
    ("SI", "Slovenia"),
    ("ES", "Spain"),
    ("SE", "Sweden"),
];

const fn codes() -> [Country; 27] {
    let mut countries = [Country::DE; 27];
    let mut index = 0;
    while index < 27 {
        countries[index] = Country(EUROPEAN_UNION[index].0);
        index += 1;
    }
    countries
}

impl Country {
    /// Germany.
    pub const DE: Self = Self("DE");
    /// The member states of the European Union, by English name.
    pub const EUROPEAN_UNION: [Self; 27] = codes();

    /// A country the shop knows, by its code in capitals.
    pub fn parse(code: &str) -> Option<Self> {
        Self::EUROPEAN_UNION.into_iter().find(|country| country.code() == code)
    }

    /// The ISO 3166-1 alpha-2 code.
    pub fn code(&self) -> &'static str {
        self.0
    }

    /// The English name.
    pub fn name(self) -> &'static str {
        let entry = EUROPEAN_UNION.iter().find(|(code, _)| *code == self.code());
        entry.map_or("", |(_, name)| name)
    }
}

impl TryFrom<String> for Country {
    type Error = String;
    fn try_from(code: String) -> Result<Self, String> {
        Self::parse(&code).ok_or_else(|| format!("unknown country {code:?}"))
    }
}

impl From<Country> for String {
    fn from(country: Country) -> String {
        country.code().to_owned()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An e-mail address in the form that mail servers accept in practice. Whether it exists is known
/// only when something was sent there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// Parses an address such as `name@example.org`.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldError::Missing);
        }
        let is_mark =
            |c| matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | ':' | '\\' | '"' | '[' | ']');
        let unwanted = |c: char| c.is_whitespace() || c.is_control() || is_mark(c);
        let valid = text.len() <= 254
            && !text.contains(unwanted)
            && text.split_once('@').is_some_and(|(local, host)| {
                let labels = host.split('.').all(|label| {
                    !label.is_empty()
                        && !label.starts_with('-')
                        && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                });
                !local.is_empty() && local.len() <= 64 && host.contains('.') && labels
            });
        if valid { Ok(Self(text.to_owned())) } else { Err(FieldError::Email) }
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = FieldError;
    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> String {
        email.0
    }
}

/// Why a field of a form was not accepted; the text stands beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum FieldError {
    /// The field is empty.
    #[error("Please fill this in.")]
    Missing,
    /// More text than a label can carry.
    #[error("Please keep this under {} characters.", Address::FIELD_MAX)]
    TooLong,
    /// Characters that no address has.
    #[error("Please use letters, digits and ordinary punctuation only.")]
    Characters,
    /// Not an e-mail address.
    #[error("Please enter an e-mail address such as name@example.org.")]
    Email,
    /// A postal code that the country does not have.
    #[error("Please check the postal code for the chosen country.")]
    PostalCode,
    /// A country the shop does not deliver to.
    #[error("Please choose a country we deliver to.")]
    Country,
    /// A delivery method that is not offered there.
    #[error("Please choose how the order should be delivered.")]
    Delivery,
}

/// A postal address, checked field by field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    full_name: String,
    street: String,
    city: String,
    postal_code: String,
    country: Country,
}

impl Address {
    /// The most characters one field may have.
    pub const FIELD_MAX: usize = 100;

    /// An address of checked fields; see [`Address::field`] and [`Address::postal_code_of`].
    pub fn new(
        full_name: &str,
        street: &str,
        city: &str,
        postal_code: &str,
        country: Country,
    ) -> Result<Self, FieldError> {
        Ok(Self {
            full_name: Self::field(full_name)?,
            street: Self::field(street)?,
            city: Self::field(city)?,
            postal_code: Self::postal_code_of(country, postal_code)?,
            country,
        })
    }

    /// A line of an address: present, short, printable.
    pub fn field(text: &str) -> Result<String, FieldError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldError::Missing);
        }
        if text.chars().count() > Self::FIELD_MAX {
            return Err(FieldError::TooLong);
        }
        if text.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '{' | '}')) {
            return Err(FieldError::Characters);
        }
        Ok(text.to_owned())
    }

    /// A postal code in the form the country uses: so many digits (or letters for Ireland, the
    /// Netherlands and Malta), spaces and hyphens aside.
    pub fn postal_code_of(country: Country, text: &str) -> Result<String, FieldError> {
        let text = Self::field(text)?.to_ascii_uppercase();
        let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let bare = bare.strip_prefix(country.code()).unwrap_or(&bare);
        let digits = |count: usize| bare.len() == count && bare.bytes().all(|b| b.is_ascii_digit());
        let valid = match country.code() {
            "AT" | "BE" | "BG" | "CY" | "DK" | "HU" | "LU" | "LV" | "SI" => digits(4),
            "PT" => digits(7),
            "RO" => digits(6),
            "NL" => {
                bare.len() == 6
                    && bare.bytes().take(4).all(|b| b.is_ascii_digit())
                    && bare.bytes().skip(4).all(|b| b.is_ascii_uppercase())
            }
            "MT" | "IE" => bare.len() == 7 && bare.bytes().all(|b| b.is_ascii_alphanumeric()),
            _ => digits(5),
        };
        if valid { Ok(text) } else { Err(FieldError::PostalCode) }
    }

    /// Who receives the parcel.
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// Street and house number.
    pub fn street(&self) -> &str {
        &self.street
    }

    /// Town.
    pub fn city(&self) -> &str {
        &self.city
    }

    /// Postal code, in capitals.
    pub fn postal_code(&self) -> &str {
        &self.postal_code
    }

    /// Country of delivery; it decides the tax.
    pub fn country(&self) -> Country {
        self.country
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_needs_a_name_and_a_host() {
        assert!(Email::parse(" ada@example.org ").is_ok());
        assert!(Email::parse("müller@bücher.example").is_ok());
        for bad in
            ["ada", "@example.org", "ada@", "ada@localhost", "a b@c.de", "a@b..de", "a@-b.de"]
        {
            assert_eq!(Email::parse(bad), Err(FieldError::Email), "{bad}");
        }
        assert_eq!(Email::parse("  "), Err(FieldError::Missing));
    }

    #[test]
    fn a_postal_code_has_the_form_of_its_country() {
        let check =
            |country: &str, code| Address::postal_code_of(Country::parse(country).unwrap(), code);
        assert_eq!(check("DE", "10115").unwrap(), "10115");
        assert_eq!(check("NL", "1012 ab").unwrap(), "1012 AB");
        assert_eq!(check("PT", "1000-205").unwrap(), "1000-205");
        assert_eq!(check("SE", "114 55").unwrap(), "114 55");
        assert_eq!(check("LV", "LV-1010").unwrap(), "LV-1010");
        assert_eq!(check("IE", "D02 X285").unwrap(), "D02 X285");
        assert_eq!(check("DE", "1011"), Err(FieldError::PostalCode));
        assert_eq!(check("AT", "ABCD"), Err(FieldError::PostalCode));
    }

    #[test]
    fn an_address_line_carries_no_markup_and_no_control_characters() {
        assert_eq!(Address::field("<b>x</b>"), Err(FieldError::Characters));
        assert_eq!(Address::field("a\u{0}b"), Err(FieldError::Characters));
        assert_eq!(Address::field(&"x".repeat(101)), Err(FieldError::TooLong));
    }

    #[test]
    fn countries_are_known_by_code_and_name() {
        assert_eq!(Country::parse("FR").unwrap().name(), "France");
        assert_eq!(Country::parse("fr"), None);
        assert_eq!(Country::parse("US"), None);
        assert!(serde_json::from_str::<Country>("\"XX\"").is_err());
    }
}
