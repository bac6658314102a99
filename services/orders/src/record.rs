//! An order as it is stored, and the view its page shows.

use crate::Error;
use domain::{
    Address, Country, Currency, Email, Money, OrderNumber, Sku,
    order::{CancelReason, OrderLine, OrderState, OrderView, PaymentStanding},
    pricing::{TaxPart, Totals},
    shipping::ShippingMethod,
    tax::BasisPoints,
};
use sqlx::types::Json;
use uuid::Uuid;

/// A row of `orders`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct OrderRecord {
    pub id: Uuid,
    pub number: String,
    pub access_key: String,
    pub cart_id: String,
    pub cart_version: i64,
    pub digest: Vec<u8>,
    pub state: String,
    pub cancel_reason: Option<String>,
    pub email: String,
    pub shipping_method: String,
    pub currency: String,
    pub items_minor: i64,
    pub shipping_minor: i64,
    pub total_minor: i64,
    pub taxes: Json<Vec<TaxPart>>,
    pub placed_at: jiff_sqlx::Timestamp,
    pub paid_at: Option<jiff_sqlx::Timestamp>,
    /// Whether the time to pay has run out, by the database's clock.
    pub expired: bool,
}

/// A row of `lines`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct LineRecord {
    pub sku: String,
    pub product_id: String,
    pub slug: String,
    pub name: String,
    pub options: String,
    pub quantity: i32,
    pub unit_minor: i64,
    pub total_minor: i64,
    pub tax_rate_basis_points: i32,
}

/// A row of `addresses`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct AddressRecord {
    pub full_name: String,
    pub street: String,
    pub city: String,
    pub postal_code: String,
    pub country: String,
}

impl OrderRecord {
    pub fn state(&self) -> Result<OrderState, Error> {
        OrderState::parse(&self.state).ok_or_else(|| self.unreadable("state"))
    }

    /// Why it ended, if it did.
    pub fn cancel_reason(&self) -> Result<Option<CancelReason>, Error> {
        let Some(name) = &self.cancel_reason else { return Ok(None) };
        CancelReason::parse(name).map(Some).ok_or_else(|| self.unreadable("cancel reason"))
    }

    pub fn is_awaiting(&self) -> bool {
        self.state == OrderState::AwaitingPayment.as_str()
    }

    pub fn is_paid(&self) -> bool {
        self.state == OrderState::Paid.as_str()
    }

    pub fn currency(&self) -> Result<Currency, Error> {
        Currency::from_code(&self.currency).ok_or_else(|| self.unreadable("currency"))
    }

    pub fn total(&self) -> Result<Money, Error> {
        Ok(Money::new(self.total_minor, self.currency()?))
    }

    /// What it is sold for, in the parts that the books keep apart.
    pub fn sale(&self) -> Result<payments::Sale, Error> {
        let currency = self.currency()?;
        let totals = Totals {
            items: Money::new(self.items_minor, currency),
            shipping: Money::new(self.shipping_minor, currency),
            total: self.total()?,
            taxes: self.taxes.0.clone(),
        };
        let net = totals.net().map_err(|_| self.unreadable("amount"))?;
        Ok(payments::Sale { items: net.items, shipping: net.shipping, taxes: net.taxes })
    }

    /// The path of its page, with the key that opens it.
    pub fn path(&self) -> String {
        format!("/orders/{}?key={}", self.number, self.access_key)
    }

    fn unreadable(&self, what: &'static str) -> Error {
        Error::Unreadable { order: self.id, what }
    }

    /// What the order's page shows.
    pub fn view(
        self,
        lines: Vec<LineRecord>,
        address: AddressRecord,
        payment: PaymentStanding,
    ) -> Result<OrderView, Error> {
        let currency = self.currency()?;
        let money = |minor| Money::new(minor, currency);
        let number = OrderNumber::parse(&self.number).map_err(|_| self.unreadable("number"))?;
        let email = Email::parse(&self.email).map_err(|_| self.unreadable("e-mail"))?;
        let shipping_method = ShippingMethod::parse(&self.shipping_method)
            .ok_or_else(|| self.unreadable("delivery method"))?;
        let cancel_reason = self.cancel_reason()?;
        let country = Country::parse(&address.country).ok_or_else(|| self.unreadable("country"))?;
        let address = Address::new(
            &address.full_name,
            &address.street,
            &address.city,
            &address.postal_code,
            country,
        )
        .map_err(|_| self.unreadable("address"))?;
        let lines = lines
            .into_iter()
            .map(|line| {
                Ok(OrderLine {
                    sku: Sku::parse(&line.sku).map_err(|_| self.unreadable("SKU"))?,
                    slug: line.slug,
                    name: line.name,
                    options: line.options,
                    quantity: line.quantity.unsigned_abs(),
                    unit_price: money(line.unit_minor),
                    total: money(line.total_minor),
                    tax_rate: BasisPoints(line.tax_rate_basis_points.unsigned_abs()),
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(OrderView {
            number,
            state: self.state()?,
            cancel_reason,
            payment,
            email,
            address,
            shipping_method,
            lines,
            totals: Totals {
                items: money(self.items_minor),
                shipping: money(self.shipping_minor),
                total: money(self.total_minor),
                taxes: self.taxes.0,
            },
            placed_at: self.placed_at.to_jiff(),
            paid_at: self.paid_at.map(|at| at.to_jiff()),
        })
    }
}
