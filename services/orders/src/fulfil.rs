//! What was sent of an order: the warehouses tell inventory, and here it is written down parcel by parcel. Whoever
//! hears that something was sent, and the sweeper, who looks whether nobody heard, do the same thing; it may be repeated.

use crate::{
    Error, Orders,
    letters::{Dispatch, Packed, Tidings},
    queries,
    queries::parcels::NewParcel,
    record::OrderRecord,
};
use domain::{
    OrderNumber, Sku,
    order::{Actor, FulfilmentStatus, Happened, OrderNews, Pieces, Tracking},
};
use inventory::Shipment;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The sweeper first looks for parcels that nobody heard of so many times later than for a payment: they are heard of as a
/// rule, and whoever pays is not to be looked at twice for it.
pub(crate) const LOOKED_FOR_LATER: u32 = 120;

/// What is known of an order's parcels: by warehouse and SKU how many pieces are in them, and the rest in numbers.
#[derive(Debug, Default)]
struct Known {
    sent: BTreeMap<(String, String), u32>,
    parcels: i32,
    delivered: u64,
    returned: u64,
}

impl Orders {
    /// Writes down what the warehouses sent of an order since somebody looked last: what left one warehouse meanwhile
    /// is one parcel. Nothing is written for an order that is not paid. It says whether anything was new.
    pub async fn note_shipments(&self, id: Uuid) -> Result<bool, Error> {
        let mut transaction = self.pool.begin().await?;
        let Some(order) = queries::find_and_lock(&mut transaction, id).await? else {
            tracing::warn!(order = %id, "something was sent for an order that was never written");
            return Ok(false);
        };
        if !order.is_paid() {
            return Ok(false);
        }
        // Read under the order's lock, so that nobody writes the same parcel beside us. What was sent only grows.
        let shipments = self.inventory.shipments_of(id).await.map_err(Error::inventory)?;
        let known = known(&mut transaction, id).await?;
        let parcels = parcels_of(&shipments, &known)?;
        for (parcel, lines) in &parcels {
            let parcel = NewParcel { lines, ..*parcel };
            queries::parcels::insert(&mut transaction, id, &parcel).await?;
            let pieces = lines.iter().map(|(_, quantity)| quantity.unsigned_abs()).sum();
            let happened = Happened::ParcelSent {
                parcel: parcel.number.unsigned_abs(),
                warehouse: parcel.warehouse_name.to_owned(),
                pieces,
            };
            let by = Actor::Warehouse;
            queries::timeline::record(&mut transaction, id, by, &happened, None).await?;
            queries::letters::write(&mut transaction, id, &dispatch(&parcel)?).await?;
        }
        let now = self.note_goods(&mut transaction, &order, &shipments).await?;
        let is_new = !parcels.is_empty() || now != order.fulfilment()?;
        if is_new {
            self.tell_goods(&mut transaction, &order, now).await?;
        }
        transaction.commit().await?;
        Ok(is_new)
    }

    /// Puts a label on a parcel of an order, or another one: who carries it, and under which number. `None` if there is
    /// no such order or parcel.
    pub async fn label_parcel(
        &self,
        order: &OrderNumber,
        parcel: u32,
        tracking: &Tracking,
        by: Actor,
    ) -> Result<Option<()>, Error> {
        let Some(found) = queries::find_by_number(&self.pool, order).await? else {
            return Ok(None);
        };
        let (id, number) = (found.id, i32::try_from(parcel).unwrap_or(i32::MAX));
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, id).await?;
        if queries::parcels::label(&mut transaction, id, number, tracking).await? {
            let happened = Happened::ParcelTracked {
                parcel,
                carrier: tracking.carrier.clone(),
                tracking_number: tracking.number.clone(),
            };
            queries::timeline::record(&mut transaction, id, by, &happened, None).await?;
            self.tell_goods(&mut transaction, &order, order.fulfilment()?).await?;
        } else if !has_parcel(&mut transaction, id, number).await? {
            return Ok(None);
        }
        transaction.commit().await?;
        Ok(Some(()))
    }

    /// Writes down that a parcel of an order arrived. `None` if there is no such order or parcel.
    pub async fn mark_delivered(
        &self,
        order: &OrderNumber,
        parcel: u32,
        by: Actor,
    ) -> Result<Option<()>, Error> {
        let Some(found) = queries::find_by_number(&self.pool, order).await? else {
            return Ok(None);
        };
        let (id, number) = (found.id, i32::try_from(parcel).unwrap_or(i32::MAX));
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, id).await?;
        if queries::parcels::mark_delivered(&mut transaction, id, number).await? {
            let happened = Happened::ParcelDelivered { parcel };
            queries::timeline::record(&mut transaction, id, by, &happened, None).await?;
            let shipments = self.inventory.shipments_of(id).await.map_err(Error::inventory)?;
            let now = self.note_goods(&mut transaction, &order, &shipments).await?;
            self.tell_goods(&mut transaction, &order, now).await?;
        } else if !has_parcel(&mut transaction, id, number).await? {
            return Ok(None);
        }
        transaction.commit().await?;
        Ok(Some(()))
    }

    /// Brings the stored status of an order's goods up to what is known of them, and answers it: the one place that
    /// writes it. The order's lock is held.
    pub(crate) async fn note_goods(
        &self,
        transaction: &mut PgConnection,
        order: &OrderRecord,
        shipments: &[Shipment],
    ) -> Result<FulfilmentStatus, Error> {
        let known = known(transaction, order.id).await?;
        let sum = |count: fn(&Shipment) -> u32| shipments.iter().map(|s| u64::from(count(s))).sum();
        let pieces = Pieces {
            wanted: sum(|shipment| shipment.quantity - shipment.cancelled),
            // What is in parcels, not what inventory knows by now: the two are one when parcels were just noted.
            sent: known.sent.values().map(|sent| u64::from(*sent)).sum(),
            delivered: known.delivered,
            returned: known.returned,
        };
        let (was, now) = (order.fulfilment()?, FulfilmentStatus::of(pieces));
        if was != now {
            queries::status::set_fulfilment(transaction, order.id, now).await?;
        }
        Ok(now)
    }

    /// Tells that something became of an order's goods.
    pub(crate) async fn tell_goods(
        &self,
        transaction: &mut PgConnection,
        order: &OrderRecord,
        fulfilment: FulfilmentStatus,
    ) -> Result<(), Error> {
        let standing = self.standing(order).await?;
        let news = OrderNews { fulfilment, ..order.news(standing)? };
        queries::tell(transaction, order, &news).await?;
        Ok(())
    }
}

async fn known(transaction: &mut PgConnection, id: Uuid) -> Result<Known, Error> {
    let mut known = Known::default();
    for line in queries::parcels::list_locked(transaction, id).await? {
        let quantity = line.quantity.unsigned_abs();
        *known.sent.entry((line.warehouse, line.sku)).or_default() += quantity;
        known.parcels = known.parcels.max(line.number);
        known.delivered += line.delivered_at.map_or(0, |_| u64::from(quantity));
    }
    for line in queries::returns::list_locked(transaction, id).await? {
        known.returned += line.accepted.map_or(0, |pieces| u64::from(pieces.unsigned_abs()));
    }
    Ok(known)
}

async fn has_parcel(transaction: &mut PgConnection, id: Uuid, number: i32) -> Result<bool, Error> {
    let lines = queries::parcels::list_locked(transaction, id).await?;
    Ok(lines.iter().any(|line| line.number == number))
}

/// SKUs with their pieces.
type Lines = Vec<(String, i32)>;

/// The parcels that are new: for each warehouse what it sent beyond what is known.
fn parcels_of<'a>(
    shipments: &'a [Shipment],
    known: &Known,
) -> Result<Vec<(NewParcel<'a>, Lines)>, Error> {
    let mut parcels = BTreeMap::<&str, (NewParcel<'a>, Lines)>::new();
    for shipment in shipments {
        let names = (shipment.warehouse.clone(), shipment.sku.to_string());
        let before = known.sent.get(&names).copied().unwrap_or_default();
        let new = shipment.sent.saturating_sub(before);
        if new == 0 {
            continue;
        }
        let number = known.parcels + i32::try_from(parcels.len()).unwrap_or(i32::MAX) + 1;
        let parcel = parcels.entry(&shipment.warehouse).or_insert_with(|| {
            let (warehouse, warehouse_name) = (&*shipment.warehouse, &*shipment.warehouse_name);
            (NewParcel { number, warehouse, warehouse_name, lines: &[] }, Vec::new())
        });
        let quantity = i32::try_from(new).map_err(Error::inventory)?;
        parcel.1.push((names.1, quantity));
    }
    Ok(parcels.into_values().collect())
}

/// What the customer is told of a parcel. Who carries it is often known later; the order's page has it then.
fn dispatch(parcel: &NewParcel<'_>) -> Result<Tidings, Error> {
    let packed = |(sku, quantity): &(String, i32)| {
        let sku = Sku::parse(sku).map_err(Error::inventory)?;
        Ok(Packed { sku, quantity: quantity.unsigned_abs() })
    };
    Ok(Tidings::Dispatch(Dispatch {
        parcel: parcel.number.to_string(),
        carrier: None,
        tracking_number: None,
        tracking_url: None,
        pieces: parcel.lines.iter().map(packed).collect::<Result<_, Error>>()?,
    }))
}
