//! Who sells, as the law wants it on every invoice.

use super::list;
use serde::Deserialize;

/// Who sells. Without all of it no invoice is issued: they wait.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seller {
    /// The name of the company.
    pub name: Option<String>,
    /// Its address, a line each.
    #[serde(deserialize_with = "list")]
    pub address: Vec<String>,
    /// Its number for value-added tax.
    pub vat_number: Option<String>,
    /// Where it is written to.
    pub email: Option<String>,
}

impl Seller {
    /// In whose name invoices are issued; nobody's, if it is not said.
    pub fn named(&self) -> Option<orders::invoices::Seller> {
        let said = |words: &Option<String>| words.clone().filter(|words| !words.trim().is_empty());
        Some(orders::invoices::Seller {
            name: said(&self.name)?,
            address: Some(self.address.clone()).filter(|lines| !lines.is_empty())?,
            vat_number: said(&self.vat_number)?,
            email: said(&self.email)?,
        })
    }

    /// Everything that makes no sense, a line each.
    pub(super) fn problems(&self) -> Vec<String> {
        let says_something = self.name.is_some()
            || !self.address.is_empty()
            || self.vat_number.is_some()
            || self.email.is_some();
        let half = says_something && self.named().is_none();
        let words = "seller needs name, address, vat_number and email, or none of them";
        half.then(|| words.to_owned()).into_iter().collect()
    }
}
