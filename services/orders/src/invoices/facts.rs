//! What stands in an invoice or a credit note. It is written down when the document is issued and never read from
//! anywhere else again: the shop may move, the catalogue may change, the document does not.

use crate::Error;
use domain::{
    Money, Sku,
    invoice::{self, CreditError, InvoiceKind},
    money::MoneyError,
    order::{OrderLine, OrderView},
    pricing::TaxPart,
    shipping::ShippingMethod,
    tax::{self, BasisPoints},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// Who sells, as the law wants it on every invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    /// The name of the company.
    pub name: String,
    /// Its address, a line each.
    pub address: Vec<String>,
    /// Its number for value-added tax.
    pub vat_number: String,
    /// Where it is written to.
    pub email: String,
}

/// All that stands in a document but for its number and day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Who sells.
    pub seller: Seller,
    /// Who buys, a line each.
    pub buyer: Vec<String>,
    /// The order's number.
    pub order: String,
    /// When it was ordered.
    pub ordered_on: Date,
    /// When it was paid.
    pub paid_on: Date,
    /// The number of the invoice that a credit note is about.
    pub corrects: Option<String>,
    /// What is invoiced or credited.
    pub lines: Vec<FactLine>,
    /// Tax contained, by rate.
    pub taxes: Vec<TaxPart>,
    /// All of it, tax included.
    pub total: Money,
}

/// A line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactLine {
    /// What it is.
    pub name: String,
    /// Which of its kind; may be empty.
    pub details: String,
    /// How many; none where nothing is counted.
    pub quantity: Option<u32>,
    /// What one costs, tax included.
    pub unit: Option<Money>,
    /// The rate of its tax, where it has one alone.
    pub rate: Option<BasisPoints>,
    /// What it costs, tax included.
    pub total: Money,
}

/// Money that went back, and is to be credited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Which refund: a credit note is issued for each.
    pub refund: String,
    /// How much went back.
    pub amount: Money,
    /// For what, as far as that is known: pieces that came back. The rest is taken from all of the order alike.
    pub pieces: Vec<CreditedPieces>,
}

/// Pieces that went back, and what was given back for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditedPieces {
    /// The SKU, which is one of the order's.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
    /// How much went back for all of them.
    pub amount: Money,
}

/// Why a document cannot be issued.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unissuable {
    /// More is to be credited than was invoiced, or nothing.
    #[error(transparent)]
    Credit(#[from] CreditError),
    /// There is no invoice that could be corrected; it may come.
    #[error("the order has no invoice yet")]
    NoInvoice,
    /// The order is not paid, so that there is nothing to be invoiced.
    #[error("the order is not paid")]
    Unpaid,
    /// What is credited is not said.
    #[error("it is not said what is credited")]
    NoCredit,
    /// It was written by another release, and may be read by that.
    #[error("this release cannot read what is credited: {0}")]
    Unread(serde_json::Error),
    /// The database, or what is stored in it.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sqlx::Error> for Unissuable {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

impl Facts {
    /// The invoice of a paid order.
    pub(super) fn of_invoice(seller: &Seller, order: &OrderView) -> Result<Self, Unissuable> {
        let paid_at = order.paid_at.ok_or(Unissuable::Unpaid)?;
        let (address, totals) = (&order.address, &order.totals);
        let mut lines: Vec<_> = order.lines.iter().map(FactLine::of).collect();
        if totals.shipping.minor() != 0 {
            lines.push(FactLine {
                name: format!("{} delivery", order.shipping_method.name()),
                details: String::new(),
                quantity: None,
                unit: None,
                rate: tax::rate_of(
                    address.country(),
                    ShippingMethod::TAX_CLASS,
                    day(order.placed_at),
                ),
                total: totals.shipping,
            });
        }
        Ok(Self {
            seller: seller.clone(),
            buyer: vec![
                address.full_name().to_owned(),
                address.street().to_owned(),
                format!("{} {}", address.postal_code(), address.city()),
                address.country().name().to_owned(),
            ],
            order: order.number.to_string(),
            ordered_on: day(order.placed_at),
            paid_on: day(paid_at),
            corrects: None,
            lines,
            taxes: totals.taxes.clone(),
            total: totals.total,
        })
    }

    /// The credit note of money that went back, after others of the same invoice.
    pub(super) fn of_credit_note(
        seller: &Seller,
        order: &OrderView,
        invoice: (&str, &Self),
        before: &[TaxPart],
        credit: &Credit,
    ) -> Result<Self, Unissuable> {
        let (number, invoiced) = invoice;
        let line_of = |sku: &Sku| order.lines.iter().find(|line| line.sku == *sku);
        let known: Vec<_> = credit
            .pieces
            .iter()
            .filter_map(|pieces| Some((line_of(&pieces.sku)?.tax_rate, pieces.amount)))
            .collect();
        let taxes = invoice::credit(&invoiced.taxes, before, &known, credit.amount)?;
        let mut lines: Vec<_> = credit
            .pieces
            .iter()
            .filter_map(|pieces| {
                let line = line_of(&pieces.sku)?;
                let whole = FactLine::of(line);
                Some(FactLine {
                    quantity: Some(pieces.quantity),
                    unit: None,
                    total: pieces.amount,
                    ..whole
                })
            })
            .collect();
        let named = Money::sum(credit.amount.currency(), lines.iter().map(|line| line.total));
        let named = named.map_err(CreditError::from)?;
        let rest = credit.amount.minus(named).map_err(CreditError::from)?;
        if rest.minor() < 0 {
            return Err(CreditError::Beyond { amount: named, left: credit.amount }.into());
        }
        if rest.minor() > 0 {
            lines.push(FactLine {
                name: format!("Refund of order {}", order.number),
                details: String::new(),
                quantity: None,
                unit: None,
                rate: match &taxes[..] {
                    [only] => Some(only.rate),
                    _ => None,
                },
                total: rest,
            });
        }
        Ok(Self {
            seller: seller.clone(),
            corrects: Some(number.to_owned()),
            lines,
            taxes,
            total: credit.amount,
            ..invoiced.clone()
        })
    }

    /// What it comes to without tax, and the tax.
    pub(super) fn net_and_tax(&self) -> Result<(Money, Money), MoneyError> {
        let tax = Money::sum(self.total.currency(), self.taxes.iter().map(|part| part.tax))?;
        Ok((self.total.minus(tax)?, tax))
    }

    /// What it is called.
    pub(super) fn kind(&self) -> InvoiceKind {
        match self.corrects {
            None => InvoiceKind::Invoice,
            Some(_) => InvoiceKind::CreditNote,
        }
    }
}

impl FactLine {
    fn of(line: &OrderLine) -> Self {
        Self {
            name: line.name.clone(),
            details: match line.options.is_empty() {
                true => line.sku.to_string(),
                false => format!("{}, {}", line.options, line.sku),
            },
            quantity: Some(line.quantity),
            unit: Some(line.unit_price),
            rate: Some(line.tax_rate),
            total: line.total,
        }
    }
}
