//! The fields of the checkout: what they are called, by people and by browsers that fill them in, how
//! they are read and how it is told what is wrong with them.

use crate::browser::Part;
use domain::{
    address::FieldError,
    checkout::{CheckoutField, CheckoutForm, FieldErrors},
};

/// A field as it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldName {
    /// Which.
    pub field: CheckoutField,
    /// Name in the form, and the field's id.
    pub name: &'static str,
    /// Visible label.
    pub label: &'static str,
    /// What it is to a browser that fills in forms (HTML, section "Autofill").
    pub autocomplete: &'static str,
}

const fn named(
    field: CheckoutField,
    name: &'static str,
    label: &'static str,
    autocomplete: &'static str,
) -> FieldName {
    FieldName { field, name, label, autocomplete }
}

/// Whom to write to.
pub const EMAIL: FieldName = named(CheckoutField::Email, "email", "Email", "email");
/// Who receives it.
pub const FULL_NAME: FieldName = named(CheckoutField::FullName, "full_name", "Full name", "name");
/// Street and house number.
pub const ADDRESS: FieldName =
    named(CheckoutField::Address, "address", "Address", "street-address");
/// Postal code.
pub const POSTAL_CODE: FieldName =
    named(CheckoutField::PostalCode, "postal_code", "Postal code", "postal-code");
/// Town.
pub const CITY: FieldName = named(CheckoutField::City, "city", "City", "address-level2");
/// Country of delivery.
pub const COUNTRY: FieldName = named(CheckoutField::Country, "country", "Country", "country");
/// How it travels.
pub const DELIVERY: FieldName = named(CheckoutField::Delivery, "delivery", "Delivery", "off");

/// Every field, from the first on the page to the last.
pub const ALL: [FieldName; 7] = [EMAIL, FULL_NAME, ADDRESS, POSTAL_CODE, CITY, COUNTRY, DELIVERY];

/// The id of the sentence beside a field.
pub fn error_id(name: &str) -> String {
    format!("{name}-error")
}

/// The mark of a field's place among all that is wrong.
pub fn summary_slot(name: &str) -> String {
    format!("wrong-{name}")
}

/// What is wrong with a field.
pub fn error_of(errors: &FieldErrors, field: CheckoutField) -> Option<FieldError> {
    errors.iter().find(|(wrong, _)| *wrong == field).map(|(_, error)| *error)
}

/// What is typed into the form on the page.
pub fn read(form: &Part) -> CheckoutForm {
    let value = |field: FieldName| form.field(field.name);
    CheckoutForm {
        email: value(EMAIL),
        full_name: value(FULL_NAME),
        address: value(ADDRESS),
        city: value(CITY),
        postal_code: value(POSTAL_CODE),
        country: value(COUNTRY),
        delivery: value(DELIVERY),
    }
}

/// The fields that the page says are wrong. What is wrong with them is found again when they change.
pub fn told(form: &Part) -> FieldErrors {
    let wrong = |field: &&FieldName| {
        form.find(&format!("#{}", field.name))
            .is_some_and(|part| part.get("aria-invalid").is_some())
    };
    ALL.iter().filter(wrong).map(|field| (field.field, FieldError::Missing)).collect()
}

/// Says beside each field what is wrong with it, and above the form all that is.
pub fn tell(form: &Part, errors: &FieldErrors) {
    for field in ALL {
        let sentence = tell_beside(form, field, errors, "");
        if let Some(above) = form.slot(&summary_slot(field.name)) {
            above.show(!sentence.is_empty());
            above.mark("data-fixed", false);
            above.say_in("sentence", &sentence);
        }
    }
    form.show_in("errors", !errors.is_empty());
}

/// Says beside each field what is wrong with it while the form is being filled in. Nothing moves by
/// that: a button must not slip from under the finger that is about to press it.
pub fn tell_in_place(form: &Part, errors: &FieldErrors) {
    for field in ALL {
        // A sentence that is no longer true leaves its line behind.
        let sentence = tell_beside(form, field, errors, "\u{a0}");
        if let Some(above) = form.slot(&summary_slot(field.name)) {
            above.mark("data-fixed", sentence.is_empty());
        }
    }
}

fn tell_beside(form: &Part, field: FieldName, errors: &FieldErrors, instead: &str) -> String {
    let error = error_of(errors, field.field);
    let sentence = error.map(|error| error.to_string()).unwrap_or_default();
    if let Some(part) = form.find(&format!("#{}", field.name)) {
        part.set("aria-invalid", error.map(|_| "true"));
    }
    if let Some(beside) = form.find(&format!("#{}", error_id(field.name))) {
        let was_empty = beside.text().is_empty();
        beside.say(if sentence.is_empty() && !was_empty { instead } else { &sentence });
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_can_be_wrong_is_on_the_page_once() {
        let wrong = CheckoutForm::default().check(&domain::Market::european_union()).unwrap_err();
        for (field, _) in &wrong {
            assert_eq!(ALL.iter().filter(|name| name.field == *field).count(), 1, "{field:?}");
        }
        assert_eq!(wrong.len(), ALL.len());
    }

    #[test]
    fn fields_are_named_as_the_form_that_the_server_reads() {
        let form = serde_json::to_value(CheckoutForm::default()).unwrap();
        for field in ALL {
            assert!(form.get(field.name).is_some(), "{}", field.name);
        }
    }
}
