//! Invoices and credit notes. That one is to be issued is written into `invoices_due` in the transaction of the change
//! that asks for it; a [`Clerk`], of whom several may work beside each other, issues it under the next number of its
//! series, and prints it. Numbers have no gaps, what was issued stays as it is ([`Facts`]), and what is credited never
//! exceeds its invoice: the database keeps all three.
//!
//! What a document looks like stands in `print`, on `paper`.

mod clerk;
mod facts;
mod meaning;
mod paper;
mod print;
mod typeface;

pub use clerk::Clerk;
pub use facts::{Credit, CreditedPieces, FactLine, Facts, Seller};

use crate::{
    Error, Orders,
    queries::{self, invoices::PrintedRecord},
};
use domain::{Currency, Money, OrderNumber, invoice::InvoiceKind};
use jiff::civil::Date;
use uuid::Uuid;

/// A document that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// Which of the two it is.
    pub kind: InvoiceKind,
    /// Its number, e.g. `INV-2026-000001`.
    pub number: String,
    /// When it was issued.
    pub issued_on: Date,
    /// What is invoiced or credited, tax included.
    pub total: Money,
}

impl Orders {
    /// The documents of an order, for whoever holds its key: the invoice and then its credit notes. A wrong key and an
    /// order without any look the same.
    pub async fn list_invoices(
        &self,
        number: &OrderNumber,
        key: &str,
    ) -> Result<Vec<Printed>, Error> {
        let Some(order) = self.unlocked(number, key).await? else { return Ok(Vec::new()) };
        let printed = queries::invoices::list_printed(&self.pool, order.id).await?;
        printed.into_iter().map(|record| Printed::read(order.id, record)).collect()
    }

    /// A document of an order as a PDF, for whoever holds the order's key. A wrong key and a number that is none of
    /// this order's look the same.
    pub async fn find_invoice(
        &self,
        number: &OrderNumber,
        key: &str,
        invoice: &str,
    ) -> Result<Option<Vec<u8>>, Error> {
        let Some(order) = self.unlocked(number, key).await? else { return Ok(None) };
        Ok(queries::invoices::find_print(&self.pool, order.id, invoice).await?)
    }
}

impl Printed {
    fn read(order: Uuid, record: PrintedRecord) -> Result<Self, Error> {
        let unknown = |what| Error::Unreadable { order, what };
        let currency = Currency::from_code(&record.currency);
        let currency = currency.ok_or_else(|| unknown("currency of an invoice"))?;
        let kind = InvoiceKind::parse(&record.kind);
        Ok(Self {
            kind: kind.ok_or_else(|| unknown("kind of an invoice"))?,
            number: record.number,
            issued_on: record.issued_on.to_jiff(),
            total: Money::new(record.total_minor, currency),
        })
    }
}
