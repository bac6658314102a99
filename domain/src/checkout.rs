//! What is typed at the checkout, what it is once it was checked, and why an order may be refused.

use crate::{
    Address, Country, Email, Market, Money, Sku, Slug, address::FieldError, cart::CartChange,
    shipping::ShippingMethod,
};
use serde::{Deserialize, Serialize};

/// The form as it was typed. It is kept as it is, so that nothing has to be typed twice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckoutForm {
    /// E-mail address.
    pub email: String,
    /// Full name.
    pub full_name: String,
    /// Street and house number.
    pub address: String,
    /// Town.
    pub city: String,
    /// Postal code.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2 code.
    pub country: String,
    /// Code of the delivery method.
    pub delivery: String,
}

/// The field an error belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutField {
    /// `email`
    Email,
    /// `full_name`
    FullName,
    /// `address`
    Address,
    /// `city`
    City,
    /// `postal_code`
    PostalCode,
    /// `country`
    Country,
    /// `delivery`
    Delivery,
}

/// What the order needs to know, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutDetails {
    /// Whom to write to.
    pub email: Email,
    /// Where it goes.
    pub address: Address,
    /// How it travels.
    pub delivery: ShippingMethod,
}

/// One wrong field and what is wrong with it.
pub type FieldErrors = Vec<(CheckoutField, FieldError)>;

impl CheckoutForm {
    /// Checks every field for a market and tells all that is wrong at once.
    pub fn check(&self, market: &Market) -> Result<CheckoutDetails, FieldErrors> {
        let mut errors = FieldErrors::new();
        let mut note = |field, error| errors.push((field, error));
        let email = Email::parse(&self.email).map_err(|e| note(CheckoutField::Email, e)).ok();
        for (field, text) in [
            (CheckoutField::FullName, &self.full_name),
            (CheckoutField::Address, &self.address),
            (CheckoutField::City, &self.city),
        ] {
            if let Err(error) = Address::field(text) {
                note(field, error);
            }
        }
        let country = Country::parse(&self.country).filter(|country| market.delivers_to(*country));
        if country.is_none() {
            note(CheckoutField::Country, FieldError::Country);
        }
        let postal_code = match country {
            Some(country) => Address::postal_code_of(country, &self.postal_code),
            None => Address::field(&self.postal_code),
        };
        if let Err(error) = postal_code {
            note(CheckoutField::PostalCode, error);
        }
        let delivery = ShippingMethod::parse(&self.delivery);
        if delivery.is_none() {
            note(CheckoutField::Delivery, FieldError::Delivery);
        }
        let (Some(email), Some(country), Some(delivery), true) =
            (email, country, delivery, errors.is_empty())
        else {
            return Err(errors);
        };
        let address =
            Address::new(&self.full_name, &self.address, &self.city, &self.postal_code, country)
                .map_err(|error| vec![(CheckoutField::Address, error)])?;
        Ok(CheckoutDetails { email, address, delivery })
    }
}

/// Why an order was not placed. The code is stable; what to do next is told in words by the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Refusal {
    /// The cart is empty.
    CartEmpty,
    /// Fields are missing or wrong.
    FieldsInvalid {
        /// Which, and why.
        errors: FieldErrors,
    },
    /// Prices moved or things were withdrawn since they were shown.
    CartChanged {
        /// What changed.
        changes: Vec<CartChange>,
    },
    /// The total is not the one that was shown.
    PriceChanged {
        /// The total the shopper saw.
        was: Option<Money>,
        /// The total it is now.
        now: Money,
    },
    /// Not enough is left.
    OutOfStock {
        /// What is short and how much of it is left.
        shortages: Vec<ShortLine>,
    },
    /// The payment provider cannot be reached; nothing was charged.
    PaymentUnavailable,
    /// So many want to order just now that this order was not begun.
    Busy,
    /// Something in the cart is sold by a line, and it is not the shopper's turn.
    WaitingRoom {
        /// The line.
        drop: Slug,
    },
}

/// A line that cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortLine {
    /// The SKU.
    pub sku: Sku,
    /// Its product's name.
    pub name: String,
    /// How many are left.
    pub left: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> CheckoutForm {
        CheckoutForm {
            email: "ada@example.org".into(),
            full_name: "Ada Lovelace".into(),
            address: "Unter den Linden 1".into(),
            city: "Berlin".into(),
            postal_code: "10117".into(),
            country: "DE".into(),
            delivery: "standard".into(),
        }
    }

    #[test]
    fn a_complete_form_becomes_details() {
        let details = typed().check(&Market::european_union()).unwrap();
        assert_eq!(details.address.city(), "Berlin");
        assert_eq!(details.delivery, ShippingMethod::Standard);
    }

    #[test]
    fn every_wrong_field_is_told_at_once() {
        let errors = CheckoutForm::default().check(&Market::european_union()).unwrap_err();
        assert_eq!(errors.len(), 7);
        let form = CheckoutForm { country: "US".into(), email: "nobody".into(), ..typed() };
        let errors = form.check(&Market::european_union()).unwrap_err();
        let wrong = [
            (CheckoutField::Email, FieldError::Email),
            (CheckoutField::Country, FieldError::Country),
        ];
        assert_eq!(errors, wrong);
    }

    #[test]
    fn a_refusal_has_a_stable_code() {
        let refusal = Refusal::OutOfStock { shortages: vec![] };
        assert_eq!(serde_json::to_value(refusal).unwrap()["code"], "out_of_stock");
    }
}
