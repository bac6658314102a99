//! Addresses of the shop's pages that are written on the server and in the browser.

use domain::{Sku, Slug};
use std::fmt::Write;

/// A product's page with one of its variants chosen.
pub fn of_variant(slug: &Slug, sku: &Sku) -> String {
    let mut address = format!("/p/{slug}?sku=");
    // A SKU is printable ASCII; what is not unreserved (RFC 3986, section 2.3) is written as a number.
    for byte in sku.as_str().bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => address.push(char::from(byte)),
            // Writing to a String cannot fail.
            false => drop(write!(address, "%{byte:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_sku_is_made_of_the_address_names_it_and_nothing_else() {
        let address = |sku| of_variant(&Slug::parse("lamp").unwrap(), &Sku::parse(sku).unwrap());
        assert_eq!(address("L-13.a_~"), "/p/lamp?sku=L-13.a_~");
        assert_eq!(address("A&quantity=0#+%"), "/p/lamp?sku=A%26quantity%3D0%23%2B%25");
    }
}
