//! An order as its page shows it, put together from its rows, its payment and what the warehouses have of it.

use crate::{
    Error, Orders,
    queries::{self, parcels::ParcelRecord, returns::ReturnRecord, timeline::EventRecord},
    record::{AddressRecord, LineRecord, OrderRecord},
    returnable::returnable,
    take_back::state_of,
};
use domain::{
    Address, Country, Email, Money, OrderNumber, Sku,
    order::{
        Actor, OrderLine, OrderReturn, OrderView, Parcel, ParcelLine, PaymentStanding, RETURN_DAYS,
        ReturnLine, ReturnReason, ReturnWish, Returnable, TimelineEntry, Tracking, Unsent,
    },
    pricing::Totals,
    shipping::ShippingMethod,
    tax::BasisPoints,
};
use inventory::Shipment;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;

impl Orders {
    /// What the order's page shows. Everything is asked for at once.
    pub(crate) async fn view(&self, order: OrderRecord) -> Result<OrderView, Error> {
        let id = order.id;
        let to_be_sent = order.is_paid() && !order.fulfilment()?.is_sent();
        let unsent = async {
            match to_be_sent {
                true => self.inventory.shipments_of(id).await.map_err(Error::inventory),
                false => Ok(Vec::new()),
            }
        };
        let own = async {
            let (lines, parcels, returns, timeline) = tokio::try_join!(
                queries::lines_and_address(&self.pool, id),
                queries::parcels::list(&self.pool, id),
                queries::returns::list(&self.pool, id),
                queries::timeline::list(&self.pool, id)
            )?;
            Ok::<_, Error>((lines, parcels, returns, timeline))
        };
        let (payment, unsent, ((lines, address), parcels, returns, timeline)) =
            tokio::try_join!(self.standing(&order), unsent, own)?;
        let returnable = match can_be_returned(&order, &parcels)? {
            true => returnable(&lines, &parcels, &returns),
            false => BTreeMap::new(),
        };
        Ok(OrderView {
            payment,
            parcels: parcels_of(&order, parcels)?,
            unsent: unsent_of(unsent),
            returns: returns_of(&order, returns)?,
            returnable: returnable
                .into_iter()
                .map(|(sku, quantity)| {
                    let sku = Sku::parse(&sku).map_err(|_| order.unreadable("SKU"))?;
                    Ok(Returnable { sku, quantity })
                })
                .collect::<Result<_, Error>>()?,
            timeline: timeline.into_iter().filter_map(entry_of).collect(),
            ..order.bought(lines, &address)?
        })
    }
}

impl OrderRecord {
    /// What was bought, for whom and for how much, and how it stands by its own row; nothing of what became of it.
    pub fn bought(
        &self,
        lines: Vec<LineRecord>,
        address: &AddressRecord,
    ) -> Result<OrderView, Error> {
        let currency = self.currency()?;
        let money = |minor| Money::new(minor, currency);
        Ok(OrderView {
            number: OrderNumber::parse(&self.number).map_err(|_| self.unreadable("number"))?,
            state: self.state()?,
            cancel_reason: self.cancel_reason()?,
            payment: PaymentStanding::Open,
            email: Email::parse(&self.email).map_err(|_| self.unreadable("e-mail"))?,
            address: address_of(self, address)?,
            shipping_method: ShippingMethod::parse(&self.shipping_method)
                .ok_or_else(|| self.unreadable("delivery method"))?,
            lines: lines.into_iter().map(|line| line_of(self, line)).collect::<Result<_, _>>()?,
            totals: Totals {
                items: money(self.items_minor),
                shipping: money(self.shipping_minor),
                total: money(self.total_minor),
                taxes: self.taxes.0.clone(),
            },
            placed_at: self.placed_at.to_jiff(),
            paid_at: self.paid_at.map(|at| at.to_jiff()),
            payment_status: self.payment_status()?,
            refunded: money(self.refunded_minor),
            fulfilment: self.fulfilment()?,
            parcels: Vec::new(),
            unsent: Vec::new(),
            returns: Vec::new(),
            returnable: Vec::new(),
            timeline: Vec::new(),
        })
    }
}

fn address_of(order: &OrderRecord, address: &AddressRecord) -> Result<Address, Error> {
    let country = Country::parse(&address.country).ok_or_else(|| order.unreadable("country"))?;
    let AddressRecord { full_name, street, city, postal_code, .. } = address;
    Address::new(full_name, street, city, postal_code, country)
        .map_err(|_| order.unreadable("address"))
}

fn line_of(order: &OrderRecord, line: LineRecord) -> Result<OrderLine, Error> {
    let currency = order.currency()?;
    Ok(OrderLine {
        sku: Sku::parse(&line.sku).map_err(|_| order.unreadable("SKU"))?,
        slug: line.slug,
        name: line.name,
        options: line.options,
        quantity: line.quantity.unsigned_abs(),
        unit_price: Money::new(line.unit_minor, currency),
        total: Money::new(line.total_minor, currency),
        tax_rate: BasisPoints(line.tax_rate_basis_points.unsigned_abs()),
    })
}

/// The rows come by parcel.
fn parcels_of(order: &OrderRecord, rows: Vec<ParcelRecord>) -> Result<Vec<Parcel>, Error> {
    let mut parcels = Vec::<Parcel>::new();
    for row in rows {
        let number = row.number.unsigned_abs();
        let line = ParcelLine {
            sku: Sku::parse(&row.sku).map_err(|_| order.unreadable("SKU"))?,
            quantity: row.quantity.unsigned_abs(),
        };
        match parcels.last_mut().filter(|parcel| parcel.number == number) {
            Some(parcel) => parcel.lines.push(line),
            None => parcels.push(Parcel {
                number,
                warehouse: row.warehouse_name,
                lines: vec![line],
                sent_at: row.sent_at.to_jiff(),
                tracking: row
                    .carrier
                    .zip(row.tracking_number)
                    .map(|(carrier, number)| Tracking { carrier, number }),
                delivered_at: row.delivered_at.map(|at| at.to_jiff()),
            }),
        }
    }
    Ok(parcels)
}

/// Whether it is sent, and not too long ago. What is refused in the end the database's clock says.
fn can_be_returned(order: &OrderRecord, parcels: &[ParcelRecord]) -> Result<bool, Error> {
    if !order.is_paid() || !order.fulfilment()?.is_sent() {
        return Ok(false);
    }
    let there = |line: &ParcelRecord| line.delivered_at.unwrap_or(line.sent_at).to_jiff();
    let until = |last: Timestamp| last.saturating_add((i64::from(RETURN_DAYS) * 24).hours());
    let until = parcels.iter().map(there).max().and_then(|last| until(last).ok());
    Ok(until.is_some_and(|until| Timestamp::now() < until))
}

/// The rows come by return.
fn returns_of(order: &OrderRecord, rows: Vec<ReturnRecord>) -> Result<Vec<OrderReturn>, Error> {
    let mut returns = Vec::<OrderReturn>::new();
    for row in rows {
        let number = row.number.unsigned_abs();
        let state = state_of(order, &row)?;
        let wish = ReturnWish {
            sku: Sku::parse(&row.sku).map_err(|_| order.unreadable("SKU"))?,
            quantity: row.quantity.unsigned_abs(),
            reason: ReturnReason::parse(&row.reason)
                .ok_or_else(|| order.unreadable("reason of a return"))?,
        };
        let line = ReturnLine { wish, accepted: row.accepted.map(i32::unsigned_abs) };
        match returns.last_mut().filter(|last| last.number == number) {
            Some(last) => last.lines.push(line),
            None => {
                let currency = order.currency()?;
                returns.push(OrderReturn {
                    number,
                    state,
                    warehouse: row.warehouse_name,
                    lines: vec![line],
                    refund: row.refund_minor.map(|minor| Money::new(minor, currency)),
                    requested_at: row.requested_at.to_jiff(),
                });
            }
        }
    }
    Ok(returns)
}

/// What each warehouse has yet to send; they come by warehouse.
fn unsent_of(shipments: Vec<Shipment>) -> Vec<Unsent> {
    let mut unsent = Vec::<Unsent>::new();
    for shipment in shipments {
        let quantity = shipment.quantity - shipment.sent - shipment.cancelled;
        if quantity == 0 {
            continue;
        }
        let line = ParcelLine { sku: shipment.sku, quantity };
        match unsent.last_mut().filter(|last| last.warehouse == shipment.warehouse_name) {
            Some(last) => last.lines.push(line),
            None => {
                unsent.push(Unsent { warehouse: shipment.warehouse_name, lines: vec![line] });
            }
        }
    }
    unsent
}

/// What a newer version wrote and this one does not know is not shown.
fn entry_of(record: EventRecord) -> Option<TimelineEntry> {
    let mut happened = record.facts;
    happened.as_object_mut()?.insert("kind".to_owned(), record.kind.into());
    Some(TimelineEntry {
        happened: serde_json::from_value(happened).ok()?,
        by: Actor::parse(&record.actor)?,
        why: record.why,
        at: record.occurred_at.to_jiff(),
    })
}
