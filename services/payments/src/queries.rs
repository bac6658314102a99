//! All SQL of the service, by noun. Every name is unqualified: the connection's search path is the
//! service's schema.

pub(crate) mod attempts;
pub(crate) mod inbox;
pub(crate) mod intents;
pub(crate) mod ledger;
pub(crate) mod reconcile;
pub(crate) mod refunds;

use domain::money::{Currency, Money};

/// An amount as the database keeps it.
fn money(minor: i64, currency: &str) -> Result<Money, sqlx::Error> {
    let currency = Currency::from_code(currency).ok_or_else(|| unreadable("currency", currency))?;
    Ok(Money::new(minor, currency))
}

/// The database holds a word that this program does not know.
fn unreadable(what: &str, value: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{value:?} is no {what}").into())
}
