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
use domain::OrderNumber;
use futures::stream;
use platform::events::Feed;
use serde::Deserialize;
use serde_json::json;
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
        Ok(Some(order)) => json!({ "state": order.state, "payment": order.payment }),
        Ok(None) => return not_found(),
        Err(error) => {
            tracing::error!(%error, "an order could not be read");
            return problem(StatusCode::SERVICE_UNAVAILABLE, "try_again", "Please try again.");
        }
    };
    let listener = Listener { live, number, key: query.key, news, place, first: Some(now) };
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
    first: Option<serde_json::Value>,
}

impl Listener {
    async fn next(&mut self) -> Option<Event> {
        debug_assert_eq!(self.place.num_permits(), 1);
        if let Some(now) = self.first.take() {
            return Some(order_event(&now));
        }
        loop {
            let news = tokio::select! {
                news = self.news.recv() => news,
                () = self.live.stop.cancelled() => return None,
            };
            match news {
                Ok(event) if event.topic == "order" && event.key == self.number.as_str() => {
                    return Some(order_event(&event.payload));
                }
                Ok(_) => {}
                // Some news was missed: what counts is how it stands now.
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    let order = self.live.stores.orders.find(&self.number, &self.key).await;
                    let order = order.ok().flatten()?;
                    let now = json!({ "state": order.state, "payment": order.payment });
                    return Some(order_event(&now));
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

fn order_event(payload: &serde_json::Value) -> Event {
    Event::default().event("order").data(payload.to_string())
}
