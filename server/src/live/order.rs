//! How one order stands, told to whoever holds its key: now, and whenever that has changed. News from
//! the bus is only a reason to look, so that news that comes late or twice says nothing wrong.

use super::query::OrderKey;
use bytes::Bytes;
use domain::{
    OrderNumber,
    order::{OrderNews, OrderView},
};
use futures::{Stream, stream};
use orders::{Error, Orders};
use serde::Serialize;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{sync::Notify, time::timeout};

/// How soon it is looked again when the order could not be read.
pub const AGAIN: Duration = Duration::from_secs(2);

/// The news of one order, as events.
pub struct OrderWatch(Pin<Box<dyn Stream<Item = Bytes> + Send>>);

struct Watched {
    orders: Orders,
    order: OrderKey,
    nudges: Arc<Notify>,
    /// What is to be told before anything is waited for.
    first: Option<Told>,
    /// What was told last, so that a look that finds nothing new tells nothing.
    last: Told,
}

/// How an order stands, with how much happened to it so far: a page that shows less takes what is new from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Told {
    #[serde(flatten)]
    news: OrderNews,
    version: usize,
}

impl From<&OrderView> for Told {
    fn from(order: &OrderView) -> Self {
        Self { news: order.news(), version: order.timeline.len() }
    }
}

impl OrderWatch {
    /// Begins with how the order stands; `None` if there is no such order or the key is not its own.
    pub async fn begin(
        orders: Orders,
        order: OrderKey,
        nudges: Arc<Notify>,
    ) -> Result<Option<Self>, Error> {
        let Some(found) = orders.find(&order.number, &order.key).await? else { return Ok(None) };
        let now = Told::from(&found);
        let watched = Watched { orders, order, nudges, first: Some(now), last: now };
        let news = stream::unfold(watched, |mut watched| async move {
            let news = watched.next().await?;
            Some((on_the_wire(&news), watched))
        });
        Ok(Some(Self(Box::pin(news))))
    }
}

impl OrderWatch {
    /// The news that this stream brings.
    pub fn of(news: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Self(Box::pin(news))
    }
}

impl Stream for OrderWatch {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0.as_mut().poll_next(context)
    }
}

impl Watched {
    /// The next news; `None` once the order cannot be seen any more.
    async fn next(&mut self) -> Option<Told> {
        if let Some(now) = self.first.take() {
            return Some(now);
        }
        let mut patience = look_again_after(&self.order.number);
        loop {
            // Woken by news, or by the clock if that was lost.
            let _ = timeout(patience, self.nudges.notified()).await;
            patience = look_again_after(&self.order.number);
            match self.orders.find(&self.order.number, &self.order.key).await {
                Ok(Some(order)) => {
                    let now = Told::from(&order);
                    if now != std::mem::replace(&mut self.last, now) {
                        return Some(now);
                    }
                }
                Ok(None) => return None,
                Err(error) => {
                    tracing::warn!(%error, "an order could not be read");
                    patience = AGAIN;
                }
            }
        }
    }
}

/// When to look although nothing was heard: after 15 to 30 seconds, by the order, so that many open
/// pages do not look at once.
pub fn look_again_after(number: &OrderNumber) -> Duration {
    let spread: u64 = number.as_str().bytes().map(u64::from).sum();
    Duration::from_secs(15 + spread % 16)
}

/// Without an id: the one of what was told before stays the last.
fn on_the_wire(news: &Told) -> Bytes {
    // Plain data with string keys serialises without fail.
    let news = serde_json::to_string(news).unwrap_or_default();
    format!("event: order\ndata: {news}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_page_looks_by_itself_within_half_a_minute() {
        for number in ["V-0000-0001", "V-7K2M-9QXD", "V-ZZZZ-ZZZZ"] {
            let number = OrderNumber::parse(number).unwrap();
            let after = look_again_after(&number);
            assert!((15..=30).contains(&after.as_secs()), "{after:?}");
        }
    }
}
