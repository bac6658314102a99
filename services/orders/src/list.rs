//! Orders as those who work for the store look through them.

use crate::{Error, Orders, queries, queries::status::SummaryRecord};
use domain::{
    Currency, Email, Money, OrderNumber,
    order::{FulfilmentStatus, OrderState, OrderSummary, PaymentStatus},
};
use jiff::Timestamp;
use uuid::Uuid;

/// The most orders that one page has.
pub const LONGEST_ORDER_PAGE: u32 = 200;

/// Which orders are wanted: those that everything said here is true of.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// Where they are in their life.
    pub state: Option<OrderState>,
    /// How their money stands.
    pub payment_status: Option<PaymentStatus>,
    /// How their goods stand. It is asked of paid orders only.
    pub fulfilment: Option<FulfilmentStatus>,
    /// Whose they are.
    pub email: Option<Email>,
}

/// Where a page of orders ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// When the last of them was placed.
    pub placed_at: Timestamp,
    /// Its identifier, for those placed in the same moment.
    pub id: Uuid,
}

/// Some orders, newest first, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPage {
    /// The orders.
    pub orders: Vec<OrderSummary>,
    /// What to ask the next page with; nothing behind the last one.
    pub next: Option<Cursor>,
}

impl Orders {
    /// A page of the orders that the filter lets through, newest first, behind where the page before ended; up to
    /// [`LONGEST_ORDER_PAGE`]. One statement, however many orders there are.
    pub async fn list(
        &self,
        filter: &OrderFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<OrderPage, Error> {
        let limit = limit.clamp(1, LONGEST_ORDER_PAGE);
        // One more than is shown says whether there is a page behind this one.
        let more = i64::from(limit) + 1;
        let mut records = queries::status::list(&self.pool, filter, after, more).await?;
        let has_more = records.len() > limit as usize;
        records.truncate(limit as usize);
        let last = records.last().filter(|_| has_more);
        let next = last.map(|last| Cursor { placed_at: last.placed_at.to_jiff(), id: last.id });
        let orders = records.iter().map(summary).collect::<Result<_, _>>()?;
        Ok(OrderPage { orders, next })
    }
}

fn summary(record: &SummaryRecord) -> Result<OrderSummary, Error> {
    let unreadable = |what| Error::Unreadable { order: record.id, what };
    let currency = Currency::from_code(&record.currency).ok_or_else(|| unreadable("currency"))?;
    Ok(OrderSummary {
        number: OrderNumber::parse(&record.number).map_err(|_| unreadable("number"))?,
        state: OrderState::parse(&record.state).ok_or_else(|| unreadable("state"))?,
        payment_status: PaymentStatus::parse(&record.payment_status)
            .ok_or_else(|| unreadable("payment status"))?,
        fulfilment: FulfilmentStatus::parse(&record.fulfilment_status)
            .ok_or_else(|| unreadable("fulfilment status"))?,
        email: Email::parse(&record.email).map_err(|_| unreadable("e-mail"))?,
        total: Money::new(record.total_minor, currency),
        refunded: Money::new(record.refunded_minor, currency),
        placed_at: record.placed_at.to_jiff(),
    })
}
