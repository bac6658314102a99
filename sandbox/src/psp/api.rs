//! The merchant's API under `/v1`: JSON in, JSON out, `Authorization: Bearer SECRET`.
//!
//! | request | answer |
//! |---|---|
//! | `POST /v1/payments` with `Idempotency-Key` | 201, the payment |
//! | `GET /v1/payments?reference&created_after&cursor&limit` | 200, `{data, has_more, next_cursor}`, oldest first |
//! | `GET /v1/payments/{id}` | 200, the payment |
//! | `POST /v1/payments/{id}/capture` with `Idempotency-Key` | 200, the payment |
//! | `POST /v1/payments/{id}/cancel` | 200, the payment |
//! | `POST /v1/payments/{id}/refunds` with `Idempotency-Key` | 201, the refund with its payment |
//! | `GET /v1/movements?day&cursor&limit` | 200, `{data, next_cursor}`, what moved on a day (UTC), oldest first |
//!
//! Errors are `{"error": {"code", "message"}}`. An answer that is given again carries
//! `idempotent-replayed: true`. `created_after` is RFC 3339 or unix seconds, and exclusive.
//! Deciding anything is the provider's work, not done here.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{ConnectInfo, Path, Query, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use jiff::{Timestamp, civil::Date};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::connection::Cut;

use super::book::Listing;
use super::charges::{Answer, CaptureRequest, RefundRequest};
use super::event::PaymentView;
use super::ids::PaymentId;
use super::keys::IdempotencyKey;
use super::movement::{self, Movement, MovementId};
use super::problem::Problem;
use super::provider::Provider;
use super::terms::Proposal;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 100;

/// The routes under `/v1`.
pub fn routes(provider: Provider) -> Router<Provider> {
    Router::new()
        .route("/payments", post(create).get(list))
        .route("/payments/{id}", get(load))
        .route("/payments/{id}/capture", post(capture))
        .route("/payments/{id}/cancel", post(cancel))
        .route("/payments/{id}/refunds", post(refund))
        .route("/movements", get(movements))
        .fallback(|| async { Problem::not_found("there is nothing at this address") })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(middleware::from_fn_with_state(provider, gate))
}

/// Turns strangers away, and plays the faults that concern every request.
async fn gate(
    State(provider): State<Provider>,
    ConnectInfo(connection): ConnectInfo<Cut>,
    request: Request,
    next: Next,
) -> Response {
    if provider.faults().settings().outage {
        return Problem::outage().into_response();
    }
    let token = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    if !token.is_some_and(|token| provider.knows(token)) {
        return ([(WWW_AUTHENTICATE, "Bearer")], Problem::unauthorised()).into_response();
    }
    let is_writing = request.method() == Method::POST;
    let response = next.run(request).await;
    let is_lost = response.extensions().get::<LostAnswer>().is_some()
        || (is_writing && response.status().is_success() && provider.faults().loses_answer());
    if is_lost {
        connection.cut();
    }
    response
}

/// Marks an answer that the client must not get.
#[derive(Clone, Copy)]
struct LostAnswer;

async fn create(
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let proposal: Proposal = parse(body)?;
    Ok(answered(provider.create(&proposal, &key).await?))
}

async fn capture(
    State(provider): State<Provider>,
    id: Result<Path<PaymentId>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id?;
    let key = idempotency_key(&headers)?;
    let request: CaptureRequest = parse(body)?;
    Ok(answered(provider.capture(&id, request, &key).await?))
}

async fn refund(
    State(provider): State<Provider>,
    id: Result<Path<PaymentId>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id?;
    let key = idempotency_key(&headers)?;
    let request: RefundRequest = parse(body)?;
    Ok(answered(provider.refund(&id, request, &key).await?))
}

async fn load(
    State(provider): State<Provider>,
    id: Result<Path<PaymentId>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id?;
    let payment = provider.load(&id).await?;
    Ok(Json(provider.view(&payment)).into_response())
}

async fn cancel(
    State(provider): State<Provider>,
    id: Result<Path<PaymentId>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id?;
    let payment = provider.cancel(&id).await?;
    Ok(Json(provider.view(&payment)).into_response())
}

#[derive(Deserialize)]
struct ListQuery {
    reference: Option<String>,
    created_after: Option<String>,
    cursor: Option<PaymentId>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct ListView<'a> {
    data: Vec<PaymentView<'a>>,
    has_more: bool,
    /// Give it back as `cursor` to get what follows.
    next_cursor: Option<&'a PaymentId>,
}

async fn list(
    State(provider): State<Provider>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let listing = Listing {
        reference: query.reference,
        created_after: query.created_after.as_deref().map(moment).transpose()?,
        cursor: query.cursor,
        limit: query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT),
    };
    let page = provider.read(|book| book.list(&listing)).await?;
    let last = page.payments.last().filter(|_| page.has_more);
    let view = ListView {
        data: page.payments.iter().map(|payment| provider.view(payment)).collect(),
        has_more: page.has_more,
        next_cursor: last.map(|payment| &payment.id),
    };
    Ok(Json(view).into_response())
}

#[derive(Deserialize)]
struct DayQuery {
    day: Date,
    cursor: Option<MovementId>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct MovementsView {
    data: Vec<Movement>,
    /// Give it back as `cursor` to get what follows.
    next_cursor: Option<MovementId>,
}

async fn movements(
    State(provider): State<Provider>,
    query: Result<Query<DayQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let day = provider.read(|book| movement::of_day(book.payments(), query.day)).await?;
    let (mut data, next_cursor) = movement::page(day, query.cursor.as_ref(), limit);
    if provider.faults().settings().withhold_fees {
        data.iter_mut().for_each(|movement| movement.fee_minor = None);
    }
    Ok(Json(MovementsView { data, next_cursor }).into_response())
}

fn answered(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = [(CONTENT_TYPE, "application/json")];
    let mut response = (status, headers, answer.body).into_response();
    if answer.is_repeated {
        let replayed = axum::http::HeaderValue::from_static("true");
        response.headers_mut().insert("idempotent-replayed", replayed);
    }
    if answer.is_lost {
        response.extensions_mut().insert(LostAnswer);
    }
    response
}

fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKey, Problem> {
    headers
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok())
        .and_then(IdempotencyKey::parse)
        .ok_or_else(Problem::no_idempotency_key)
}

/// Reads a JSON body, whatever content type it claims.
pub(super) fn parse<T: DeserializeOwned>(
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Problem> {
    serde_json::from_slice(&body?).map_err(|error| Problem::invalid_json(&error))
}

/// A moment as RFC 3339 or as unix seconds.
fn moment(text: &str) -> Result<Timestamp, Problem> {
    let seconds = text.parse().ok().and_then(|s| Timestamp::from_second(s).ok());
    seconds
        .or_else(|| text.parse().ok())
        .ok_or_else(|| Problem::invalid_query("created_after must be RFC 3339 or unix seconds"))
}
