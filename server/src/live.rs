//! Live news to open pages over server-sent events. So far: how an order and its payment stand.

use crate::{guard::problem, stores::Stores};
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{OrderNumber, order::OrderNews};
use futures::stream;
use platform::events::Feed;
use serde::Deserialize;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

/// The most streams one node keeps open.
const STREAMS: usize = 10_000;

/// What the streams are fed from.
#[derive(Clone)]
pub struct Live {
    /// The services.
    pub stores: Stores,
    /// The event bus.
    pub feed: Feed,
    /// Ends every stream when the node stops.
    pub stop: CancellationToken,
    places: Arc<Semaphore>,
}

impl Live {
    /// Streams fed by the bus until `stop`.
    pub fn new(stores: Stores, feed: Feed, stop: CancellationToken) -> Self {
        Self { stores, feed, stop, places: Arc::new(Semaphore::new(STREAMS)) }
    }
}

/// Which order, and the key that opens it.
#[derive(Deserialize)]
pub struct OrderQuery {
    order: String,
    key: String,
}

/// `GET /events?order=…&key=…`: an `order` event with how the order stands now, and one for each
/// change. For whoever holds the order's key.
pub async fn order(
    State(live): State<Live>,
    query: Result<Query<OrderQuery>, QueryRejection>,
) -> Response {
    let not_found = || problem(StatusCode::NOT_FOUND, "not_found", "There is no such stream.");
    let Ok(Query(query)) = query else { return not_found() };
    let Ok(number) = OrderNumber::parse(&query.order) else { return not_found() };
    let Ok(place) = live.places.clone().try_acquire_owned() else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too many pages are listening.");
    };
    // Listening begins before looking, so that nothing falls in between.
    let news = live.feed.subscribe();
    let now = match live.stores.orders.find(&number, &query.key).await {
        Ok(Some(order)) => order.news(),
        Ok(None) => return not_found(),
        Err(error) => {
            tracing::error!(%error, "an order could not be read");
            return problem(StatusCode::SERVICE_UNAVAILABLE, "try_again", "Please try again.");
        }
    };
    let listener =
        Listener { live, number, key: query.key, news, place, first: Some(now), last: now };
    let stream = stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok::<_, Infallible>(event), listener))
    });
    let stream = Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)));
    ([(header::CACHE_CONTROL, "private, no-store")], stream).into_response()
}

struct Listener {
    live: Live,
    number: OrderNumber,
    key: String,
    news: broadcast::Receiver<Arc<platform::events::Event>>,
    // Given back when the stream ends.
    place: tokio::sync::OwnedSemaphorePermit,
    first: Option<OrderNews>,
    // What was told last, so that a look that finds nothing new tells nothing.
    last: OrderNews,
}

impl Listener {
    async fn next(&mut self) -> Option<Event> {
        debug_assert_eq!(self.place.num_permits(), 1);
        if let Some(now) = self.first.take() {
            return Some(order_event(&now));
        }
        let mut look = Box::pin(tokio::time::sleep(look_again_after(&self.number)));
        loop {
            let news = tokio::select! {
                news = self.news.recv() => Some(news),
                () = &mut look => None,
                () = self.live.stop.cancelled() => return None,
            };
            match news {
                Some(Ok(event)) if event.topic == "order" && event.key == self.number.as_str() => {
                    // What this version cannot read is found by the next look.
                    let Ok(news) = serde_json::from_value(event.payload.clone()) else { continue };
                    self.last = news;
                    return Some(order_event(&news));
                }
                Some(Ok(_)) => {}
                // Some news was missed, or may have been: what counts is how it stands now.
                Some(Err(broadcast::error::RecvError::Lagged(_))) | None => {
                    look = Box::pin(tokio::time::sleep(look_again_after(&self.number)));
                    let order = self.live.stores.orders.find(&self.number, &self.key).await;
                    match order {
                        Ok(Some(order)) if order.news() == self.last => {}
                        Ok(Some(order)) => {
                            self.last = order.news();
                            return Some(order_event(&self.last));
                        }
                        Ok(None) => return None,
                        Err(error) => tracing::warn!(%error, "an order could not be read"),
                    }
                }
                Some(Err(broadcast::error::RecvError::Closed)) => return None,
            }
        }
    }
}

/// When to look although nothing was heard: after 15 to 30 seconds, by the order, so that many open
/// pages do not look at once.
fn look_again_after(number: &OrderNumber) -> Duration {
    let spread: u64 = number.as_str().bytes().map(u64::from).sum();
    Duration::from_secs(15 + spread % 16)
}

fn order_event(news: &OrderNews) -> Event {
    // Plain data with string keys serialises without fail.
    let news = serde_json::to_string(news).unwrap_or_default();
    Event::default().event("order").data(news)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_page_looks_by_itself_within_half_a_minute() {
        for number in ["V-0000-0001", "V-7K2M-9QXD", "V-ZZZZ-ZZZZ"] {
            let after = look_again_after(&OrderNumber::parse(number).unwrap());
            assert!((15..=30).contains(&after.as_secs()), "{number}: {after:?}");
        }
    }
}
