//! Telling prices on the event bus. The catalogue has no outbox: its changes are heard from MongoDB's own
//! log of them, by a worker that remembers its place, and passed on from there.

use domain::news::PriceNews;
use platform::redis::Redis;
use platform::{
    Error,
    events::{self, Event},
};

/// Whoever passes the catalogue's changes on. Cheap to clone.
#[derive(Clone)]
pub struct Teller {
    bus: Redis,
    stream: String,
}

impl Teller {
    /// Tells on the stream of this name.
    pub fn new(bus: Redis, stream: String) -> Self {
        Self { bus, stream }
    }

    /// Tells what the variants of each product cost now. To be repeated until it succeeds: it may be
    /// told twice.
    pub async fn prices(&self, products: &[Vec<PriceNews>]) -> Result<(), Error> {
        let event = |prices: &Vec<PriceNews>| {
            let key = prices.first()?.sku.as_str();
            // Plain data with string keys serialises without fail.
            let payload = serde_json::to_value(prices).unwrap_or_default();
            Some(Event::new(catalogue::changes::TOPIC, key, payload))
        };
        self.tell(&products.iter().filter_map(event).collect::<Vec<_>>()).await
    }

    /// Tells that prices may have changed of which nothing is known: they are to be looked up.
    pub async fn prices_in_doubt(&self) -> Result<(), Error> {
        let null = serde_json::Value::Null;
        self.tell(&[Event::new(catalogue::changes::TOPIC, "", null)]).await
    }

    async fn tell(&self, events: &[Event]) -> Result<(), Error> {
        match events {
            [] => Ok(()),
            _ => events::append(&mut self.bus.clone(), &self.stream, events).await,
        }
    }
}
