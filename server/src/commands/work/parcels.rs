//! The worker's role `parcels`: what the warehouses send of an order is written down as its parcels, as soon as it is
//! told. What the bus forgets before it is heard here the sweeper finds by looking at the order.

use super::pages::Bus;
use orders::Orders;
use platform::{Backoff, events::Event, follower::Follower};
use std::{collections::BTreeSet, convert::Infallible, time::Duration};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Whose place it is.
const FOLLOWER: &str = "parcels";

/// Hears of shipments until it is told to stop. A failure is logged, and what was heard is heard again.
pub async fn follow(bus: Bus, orders: Orders, stop: CancellationToken) {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    while !stop.is_cancelled() {
        let hearing = hear(&bus, &orders, &mut backoff);
        match stop.run_until_cancelled(hearing).await {
            None => return,
            Some(Ok(never)) => match never {},
            Some(Err(error)) => tracing::warn!(%error, "shipments will be listened to again"),
        }
        stop.run_until_cancelled(backoff.wait()).await;
    }
}

async fn hear(bus: &Bus, orders: &Orders, backoff: &mut Backoff) -> anyhow::Result<Infallible> {
    let mut follower = Follower::begin(&bus.url, bus.redis.clone(), &bus.stream, FOLLOWER).await?;
    if follower.missed {
        tracing::info!("what was told before is not known: the sweeper looks for what was sent");
        follower.keep_place().await?;
    }
    loop {
        let told = follower.next().await?;
        let concerned: BTreeSet<Uuid> = told.iter().filter_map(order_of).collect();
        for order in concerned {
            match orders.note_shipments(order).await {
                // All that was heard is heard again, once the databases are back.
                Err(error) if platform::is_absence(&error) => return Err(error.into()),
                // One order holds up no other; the sweeper looks at it again.
                Err(error) => tracing::error!(%order, %error, "parcels could not be written"),
                Ok(_) => {}
            }
        }
        if !told.is_empty() {
            follower.keep_place().await?;
        }
        backoff.reset();
    }
}

/// The order of which something was sent.
fn order_of(event: &Event) -> Option<Uuid> {
    (event.topic == inventory::shipment::TOPIC).then(|| event.key.parse().ok())?
}
