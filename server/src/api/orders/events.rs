//! An order as it changes, for apps that show it and tills that wait for its payment.

use super::{Number, opened, unknown};
use crate::{
    api::{
        Till,
        gate::Caller,
        problem::{Code, Problem},
    },
    client::ClientAddress,
    live::{NoStream, Opened, Told},
};
use ::orders::{Happening, Untold};
use axum::{
    Extension,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use client::OrderStanding;
use domain::{OrderNumber, order::OrderView};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, schema::Schema},
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// An order as it changes.
///
/// A stream of server-sent events. `happened`: something happened to the order, with its place on the timeline as its
/// id; who comes back with the last one in `Last-Event-ID` is told the rest, who comes without all from the beginning.
/// `standing`: how the order stands, at the beginning and whenever that has changed.
#[utoipa::path(
    get,
    path = "/api/v1/orders/{number}/events",
    operation_id = "follow_order",
    tag = "orders",
    params(
        Number,
        (
            "Order-Key" = Option<String>,
            Header,
            description = "What opens it.",
            min_length = 1,
            max_length = 64,
            pattern = "^[!-~]+$",
        ),
        (
            "Last-Event-ID" = Option<String>,
            Header,
            description = "The id of what was told last.",
            min_length = 1,
            max_length = 19,
            pattern = "^[0-9]+$",
        ),
    ),
    responses((
        status = 200,
        description = "The data of its events is a `Happening` or an `OrderStanding`.",
        content_type = "text/event-stream",
        body = String,
    )),
)]
pub async fn follow(
    till: Till,
    Extension(caller): Extension<Caller>,
    Extension(client): Extension<ClientAddress>,
    Number(number): Number,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let opened: Opened = opened(number, &caller, &headers)?;
    let last = headers.get(LAST_EVENT_ID).and_then(|last| last.to_str().ok());
    // What is no id of ours was told by somebody else: then all is told.
    let after = last.and_then(|last| last.parse().ok()).unwrap_or(0);
    let told = Told { standing, happening };
    let stream = till.live.timeline(till.orders.clone(), opened, told, after, client.limited());
    let body = stream.await.map_err(refusal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        // nginx would gather what is told one by one.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, body).into_response())
}

fn refusal(why: NoStream) -> Problem {
    match why {
        NoStream::Unknown => unknown(),
        NoStream::Failed(error) => Problem::of_error(&error),
        NoStream::Full(_) => {
            let words = "Too many are listening, or too many from your address.";
            Problem::new(Code::Busy, words).later(30)
        }
    }
}

fn standing(order: &OrderView) -> String {
    // Plain data with string keys serialises without fail.
    serde_json::to_string(&OrderStanding::from(order)).unwrap_or_default()
}

fn happening(number: &OrderNumber, happening: &Happening) -> String {
    let Happening { kind, at, .. } = happening;
    let told = client::Happening { kind: kind.clone(), at: *at, number: number.to_string() };
    serde_json::to_string(&told).unwrap_or_default()
}

/// What webhooks tell of an order.
#[derive(Debug, Serialize)]
pub struct OrderEvent {
    number: String,
    total: client::Money,
    occurred_at: Timestamp,
}

impl From<&Untold> for OrderEvent {
    fn from(untold: &Untold) -> Self {
        let (number, total) = (untold.number.to_string(), untold.total.into());
        Self { number, total, occurred_at: untold.happening.at }
    }
}

/// The shapes of what the stream tells, for the document, which cannot say which event has which.
pub fn shapes() -> [(String, RefOr<Schema>); 2] {
    [
        (client::Happening::name().into_owned(), client::Happening::schema()),
        (OrderStanding::name().into_owned(), OrderStanding::schema()),
    ]
}
