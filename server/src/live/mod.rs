//! Live news to open pages, one stream of server-sent events each: how much there is of what a page
//! shows and what it costs ([`news`]), and how an order stands ([`order`]). It says what has become of
//! things, never what is charged: a decision is made from the databases.
//!
//! What was told last of everything that open pages show is kept on a [`board`]. It hears the event bus
//! once for the whole node ([`mod@follow`]) and knows which pages show what, so that news costs only those who
//! show it; what it does not know yet is looked up for many pages at once ([`look`]). A page that falls
//! behind gets the latest and nothing in between ([`mailbox`]). How many may listen stands in [`places`].

mod board;
mod follow;
mod listener;
mod look;
mod mailbox;
mod news;
mod order;
mod places;
mod query;
mod tell;
mod telling;
#[cfg(test)]
mod tests;
mod timeline;

pub use tell::Teller;
pub use timeline::{NoStream, Opened, Told};

use crate::{
    client::ClientAddress,
    config,
    guard::{misdirected, problem},
    stores::Stores,
};
use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use board::Board;
use follow::follow;
use look::look_up;
use news::{Kind, News};
use order::OrderWatch;
use orders::Orders;
use places::{Full, Places};
use platform::events::Feed;
use query::Shown;
use std::sync::Arc;
use telling::Telling;
use tokio_util::sync::CancellationToken;

/// Where a page that comes back says what it was told last.
const LAST_EVENT_ID: &str = "last-event-id";

/// What the streams are fed from. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    board: Arc<Board>,
    places: Places,
    /// Where they are served.
    orders: Option<Orders>,
}

impl Live {
    /// Streams fed by the bus until `stop`, which ends them.
    pub fn new(
        stores: &Stores,
        feed: &Feed,
        limits: &config::Live,
        stop: &CancellationToken,
    ) -> Self {
        let board = Arc::new(Board::new());
        tokio::spawn(follow(board.clone(), feed.subscribe(), feed.hears()));
        let inventory = stores.inventory.clone();
        tokio::spawn(look_up(board.clone(), Kind::Stock, stop.clone(), move |skus| {
            let inventory = inventory.clone();
            async move { inventory.stock(&skus).await.map(News::of_stock) }
        }));
        let catalogue = stores.catalogue.clone();
        tokio::spawn(look_up(board.clone(), Kind::Price, stop.clone(), move |skus| {
            let catalogue = catalogue.clone();
            async move { catalogue.prices(&skus).await.map(News::of_prices) }
        }));
        let (closing, stop) = (board.clone(), stop.clone());
        tokio::spawn(async move {
            stop.cancelled().await;
            closing.close();
        });
        Self { board, places: Places::new(limits), orders: stores.orders.clone() }
    }
}

/// `GET /events?sku=A&sku=B` and `GET /events?order=NUMBER&key=KEY`, or both at once: events `stock` and
/// `price` of what a page shows, as it stands now and whenever it changes, and `order` for whoever holds
/// the order's key. What the page was told before (`Last-Event-ID`) is not told again.
pub async fn events(
    State(live): State<Live>,
    Extension(client): Extension<ClientAddress>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let shown = match Shown::parse(query.as_deref().unwrap_or_default()) {
        Ok(shown) => shown,
        Err(wrong) => return problem(wrong.status(), wrong.code(), &wrong.to_string()),
    };
    let place = match live.places.take(client.limited()) {
        Ok(place) => place,
        Err(full) => return refusal(full),
    };
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    // Listening begins before looking, so that nothing falls in between.
    let listener =
        live.board.join(shown.skus, shown.order.as_ref().map(|order| order.number.clone()), last);
    let order = match shown.order {
        None => None,
        Some(order) => {
            let Some(orders) = live.orders else { return misdirected() };
            match OrderWatch::begin(orders, order, listener.nudges()).await {
                Ok(Some(watch)) => Some(watch),
                Ok(None) => {
                    return problem(StatusCode::NOT_FOUND, "not_found", "There is no such stream.");
                }
                Err(error) => {
                    tracing::error!(%error, "an order could not be read");
                    let words = "Please try again.";
                    return problem(StatusCode::SERVICE_UNAVAILABLE, "try_again", words);
                }
            }
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "private, no-store"),
        // nginx would gather what is told one by one.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(Telling::new(listener, order, place))).into_response()
}

fn refusal(full: Full) -> Response {
    let mut answer = match full {
        Full::Address => problem(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "Too many pages are listening from your address.",
        ),
        Full::Node => problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "Too many pages are listening. Please try again later.",
        ),
    };
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
    answer
}
