//! Pages of the provider, and amounts on them.

use axum::http::StatusCode;
use axum::response::Response;
use iso_currency::Currency;

use crate::html::Site;
pub use crate::html::{Width, escape};

const SITE: Site = Site { name: "Sandbox payment provider", note: "no real money" };

/// A whole page. `main` is HTML; everything from outside in it must be escaped already.
pub fn page(status: StatusCode, title: &str, width: Width, main: &str) -> Response {
    crate::html::page(SITE, status, title, width, main)
}

/// An amount as people write it, with the digits that its currency has: `19.00 EUR`, `1900 JPY`.
pub fn amount(minor: i64, currency: &str) -> String {
    let digits = Currency::from_code(currency).and_then(Currency::exponent).unwrap_or(2);
    let unit = 10_u64.pow(digits.into());
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    match usize::from(digits) {
        0 => format!("{sign}{whole} {currency}"),
        digits => format!("{sign}{whole}.{rest:0digits$} {currency}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        assert_eq!(amount(1_900, "EUR"), "19.00 EUR");
        assert_eq!(amount(5, "EUR"), "0.05 EUR");
        assert_eq!(amount(1_900, "JPY"), "1900 JPY");
        assert_eq!(amount(1_900, "KWD"), "1.900 KWD");
        assert_eq!(amount(1_900, "QQQ"), "19.00 QQQ");
    }
}
