//! What the software answers for itself as JSON, and the switches of its test panel.
//!
//! | request | answer |
//! |---|---|
//! | `GET /v1/levels` | what lies where as the software believes, as of now, and what the store may not know of it |
//! | `GET /v1/orders` | what was wanted, cancelled, sent and taken back, by order and warehouse |
//! | `GET /test/state` | what is still to be done and told |
//! | `GET`, `POST /test/faults` | the faults; a POST changes those that it names |
//! | `GET`, `POST /test/habits` | how people work; a POST replaces all of it |
//! | `POST /test/receive` `{warehouse, lines: [{sku, quantity}]}` | 204; a supplier has brought these |
//! | `POST /test/count` | 204; all shelves are counted |
//!
//! No secret is asked for: whoever reaches the sandbox may play with it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::journal::Unwritable;

use super::book::{Book, JobLine};
use super::config::Habits;
use super::faults::{FaultChange, Faults};
use super::record::{Line, Move, MoveKind, Pieces, Place, Record};
use super::refusals::Topic;
use super::warehouse::Warehouse;

/// More of something than any supplier brings.
const MOST_PIECES: i64 = 1_000_000;

/// The routes under `/v1` and `/test`.
pub fn routes() -> Router<Warehouse> {
    Router::new()
        .route("/v1/levels", get(levels))
        .route("/v1/orders", get(orders))
        .route("/test/state", get(state))
        .route("/test/faults", get(faults).post(change_faults))
        .route("/test/habits", get(habits).post(change_habits))
        .route("/test/receive", post(receive))
        .route("/test/count", post(count))
}

/// Why something was not done.
pub enum Problem {
    /// It is not what is asked for.
    Unfit(String),
    /// The disk refuses.
    Unwritable(Unwritable),
}

impl From<Unwritable> for Problem {
    fn from(unwritable: Unwritable) -> Self {
        Self::Unwritable(unwritable)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::Unfit(message) => (StatusCode::UNPROCESSABLE_ENTITY, message),
            Self::Unwritable(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
        };
        (status, Json(json!({ "error": message }))).into_response()
    }
}

/// What lies where, as the software believes.
#[derive(Serialize)]
struct Levels<'a> {
    source: &'a str,
    /// The numbers are of this instant.
    as_of: Timestamp,
    /// All that lies in these warehouses is told.
    warehouses: &'a [String],
    levels: Vec<Pieces>,
    /// Movements that are in the numbers, and which the store may not have heard of.
    untold: Vec<UntoldMovement>,
}

#[derive(Serialize)]
struct UntoldMovement {
    external_id: String,
    #[serde(flatten)]
    adds: Pieces,
}

async fn levels(State(warehouse): State<Warehouse>) -> Result<Response, Problem> {
    let (as_of, levels, untold) = warehouse
        .read(|book, now| {
            let level = |(place, level): (&Place, &super::book::Level)| Pieces {
                place: place.clone(),
                on_hand: level.known,
            };
            let untold = book.untold.values().map(|one| UntoldMovement {
                external_id: book.external_id(one),
                adds: Pieces { place: one.movement.place.clone(), on_hand: one.movement.adds() },
            });
            (now, book.levels.iter().map(level).collect(), untold.collect())
        })
        .await?;
    let (source, warehouses) = (warehouse.source(), warehouse.warehouses());
    Ok(Json(Levels { source, as_of, warehouses, levels, untold }).into_response())
}

#[derive(Serialize)]
struct Order {
    order: Uuid,
    warehouse: String,
    parcels: u32,
    lines: Vec<OrderLine>,
}

#[derive(Serialize)]
struct OrderLine {
    sku: String,
    wanted: i64,
    cancelled: i64,
    shipped: i64,
    returned: i64,
    in_vain: i64,
    brought_back: i64,
}

impl OrderLine {
    fn of((sku, line): (&String, &JobLine)) -> Self {
        let JobLine { wanted, cancelled, shipped, returned, brought_back } = *line;
        let (sku, in_vain) = (sku.clone(), line.in_vain());
        Self { sku, wanted, cancelled, shipped, returned, in_vain, brought_back }
    }
}

async fn orders(State(warehouse): State<Warehouse>) -> Result<Json<Vec<Order>>, Problem> {
    let orders = warehouse.read(|book, _| {
        let order = |((order, warehouse), job): (&super::book::JobKey, &super::book::Job)| Order {
            order: *order,
            warehouse: warehouse.clone(),
            parcels: job.parcels,
            lines: job.lines.iter().map(OrderLine::of).collect(),
        };
        book.jobs.iter().map(order).collect()
    });
    Ok(Json(orders.await?))
}

/// What is still to be done and told.
#[derive(Debug, Serialize)]
pub struct Standing {
    /// How often the software was started.
    pub lives: u64,
    /// Whether it is known what lay there at first.
    pub is_stocked: bool,
    /// Orders with something to be sent or to come back.
    pub open: usize,
    /// Returns that are expected.
    pub returns: usize,
    /// Movements that the store may not have.
    pub untold: usize,
    /// Counted shelves that it may not have heard of.
    pub uncounted: usize,
    /// Instructions that it may believe unheard.
    pub unacknowledged: usize,
    /// What it refused last, in words.
    pub refused: Vec<String>,
}

impl Standing {
    /// As it stands.
    pub fn of(book: &Book, warehouse: &Warehouse) -> Self {
        let refused = warehouse.refusals().list(book);
        let said = refused.iter().map(|(topic, refusal)| {
            let what = match topic {
                Topic::Movement(number) => format!("movement {number}"),
                Topic::Count(as_of) => format!("count as of {as_of}"),
            };
            format!("{what}: {:?}, {} times", refusal.outcome, refusal.times)
        });
        Self {
            lives: book.lives,
            is_stocked: book.is_stocked,
            open: book.open.len(),
            returns: book.returns.len(),
            untold: book.untold.len(),
            uncounted: book.counts.iter().map(|count| count.counted.len()).sum(),
            unacknowledged: book.heard.values().filter(|is_known| !**is_known).count(),
            refused: said.collect(),
        }
    }
}

async fn state(State(warehouse): State<Warehouse>) -> Result<Json<Standing>, Problem> {
    Ok(Json(warehouse.read(|book, _| Standing::of(book, &warehouse)).await?))
}

async fn faults(State(warehouse): State<Warehouse>) -> Json<Faults> {
    Json(warehouse.faults())
}

async fn change_faults(
    State(warehouse): State<Warehouse>,
    body: Bytes,
) -> Result<Json<Faults>, Problem> {
    Ok(Json(warehouse.change_faults(&parse::<FaultChange>(&body)?)))
}

async fn habits(State(warehouse): State<Warehouse>) -> Json<Habits> {
    Json(warehouse.habits())
}

async fn change_habits(
    State(warehouse): State<Warehouse>,
    body: Bytes,
) -> Result<Json<Habits>, Problem> {
    warehouse.change_habits(parse(&body)?);
    Ok(Json(warehouse.habits()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivery {
    warehouse: String,
    lines: Vec<Line>,
}

async fn receive(State(warehouse): State<Warehouse>, body: Bytes) -> Result<StatusCode, Problem> {
    let delivery: Delivery = parse(&body)?;
    received(&warehouse, &delivery.warehouse, delivery.lines).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A supplier has brought these.
///
/// # Errors
/// It is not for one of the warehouses, nothing was brought, or the disk refuses.
pub async fn received(warehouse: &Warehouse, code: &str, lines: Vec<Line>) -> Result<(), Problem> {
    if !warehouse.warehouses().iter().any(|ours| ours == code) {
        return Err(Problem::Unfit(format!("{code:?} is not looked after here")));
    }
    let is_fit = |line: &Line| (1..=MOST_PIECES).contains(&line.quantity) && !line.sku.is_empty();
    if lines.is_empty() || !lines.iter().all(is_fit) {
        return Err(Problem::Unfit("nothing was brought, or absurdly much".to_owned()));
    }
    let kind = MoveKind::Received;
    let moved = |Line { sku, quantity }| {
        let place = Place { warehouse: code.to_owned(), sku };
        Move { place, kind, quantity, order: None }
    };
    let moves: Vec<_> = lines.into_iter().map(moved).collect();
    let position = warehouse
        .change(|_, at| Some(Record::Moved { at, moves, slips: Vec::new(), closes: None }))?;
    settle(warehouse, position).await
}

async fn count(State(warehouse): State<Warehouse>) -> Result<StatusCode, Problem> {
    counted(&warehouse).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All shelves are counted.
///
/// # Errors
/// The disk refuses.
pub async fn counted(warehouse: &Warehouse) -> Result<(), Problem> {
    let position = warehouse.count()?;
    settle(warehouse, position).await
}

async fn settle(
    warehouse: &Warehouse,
    position: Option<crate::journal::Position>,
) -> Result<(), Problem> {
    if let Some(position) = position {
        warehouse.settled(position).await?;
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::Unfit(error.to_string()))
}
