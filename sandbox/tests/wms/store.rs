//! A store as far as warehouses know it: levels, a feed of instructions, and answers to what it is told. Written
//! from the description of the API, and not from the store's code.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

pub const KEY: &str = "vtr_sk_of_tests";

type Place = (String, String);

#[derive(Default, Clone, Copy)]
pub struct Level {
    pub on_hand: i64,
    pub allocated: i64,
}

#[derive(Default)]
pub struct Books {
    pub levels: BTreeMap<Place, Level>,
    /// What orders have and was neither sent nor cancelled.
    pub open: HashMap<(Uuid, Place), i64>,
    pub sent: HashMap<(Uuid, Place), i64>,
    pub told: HashMap<String, Value>,
    /// When what was added to what is on hand.
    moved: Vec<(Place, Timestamp, i64)>,
    counted: HashMap<Place, Timestamp>,
    pub feed: Vec<Value>,
    pub acknowledged: HashSet<String>,
    /// Every request that told something, as it came.
    pub requests: Vec<Value>,
    /// Everything is answered with this, if it is not 200.
    status: u16,
    /// What is told twice is booked twice.
    pub careless: bool,
}

#[derive(Clone)]
pub struct Store {
    pub books: Arc<Mutex<Books>>,
    pub url: String,
}

pub fn place(warehouse: &str, sku: &str) -> Place {
    (warehouse.to_owned(), sku.to_owned())
}

impl Store {
    pub async fn with(stock: &[(&str, &str, i64)]) -> Self {
        let mut books = Books { status: 200, ..Books::default() };
        for (warehouse, sku, on_hand) in stock {
            let level = Level { on_hand: *on_hand, allocated: 0 };
            books.levels.insert(place(warehouse, sku), level);
        }
        let books = Arc::new(Mutex::new(books));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let api = Router::new()
            .route("/levels", get(levels).put(count))
            .route("/movements", post(movements))
            .route("/instructions", get(instructions))
            .route("/instructions/acknowledgements", post(acknowledge));
        let router = Router::new().nest("/api/v1/inventory", api).with_state(books.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { books, url }
    }

    /// From now on everything is answered with this status.
    pub fn answers(&self, status: u16) {
        self.books.lock().unwrap().status = status;
    }

    pub fn level(&self, warehouse: &str, sku: &str) -> Level {
        self.books.lock().unwrap().levels.get(&place(warehouse, sku)).copied().unwrap_or_default()
    }

    fn instruct(&self, kind: &str, order: Uuid, warehouse: &str, lines: &[(&str, i64)]) -> Value {
        let lines: Vec<Value> = lines
            .iter()
            .map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity }))
            .collect();
        json!({
            "id": Uuid::now_v7(), "type": kind, "occurred_at": Timestamp::now(),
            "warehouse": warehouse, "order": order, "lines": lines,
        })
    }

    /// An order gets these; the instruction, which is in the feed from now on.
    pub fn allocates(&self, order: Uuid, warehouse: &str, lines: &[(&str, i64)]) -> Value {
        let instruction = self.instruct("allocation.created", order, warehouse, lines);
        let mut books = self.books.lock().unwrap();
        for (sku, quantity) in lines {
            let place = place(warehouse, sku);
            books.levels.entry(place.clone()).or_default().allocated += quantity;
            *books.open.entry((order, place)).or_default() += quantity;
        }
        books.feed.push(instruction.clone());
        instruction
    }

    /// Whatever of the order was not told to be sent is cancelled.
    pub fn cancels(&self, order: Uuid, warehouse: &str) -> Option<Value> {
        let mut books = self.books.lock().unwrap();
        let mut lines = Vec::new();
        for ((of, place), open) in &mut books.open {
            if *of == order && place.0 == warehouse && *open > 0 {
                lines.push((place.clone(), std::mem::take(open)));
            }
        }
        for (place, quantity) in &lines {
            books.levels.get_mut(place).unwrap().allocated -= quantity;
        }
        let lines: Vec<_> = lines.iter().map(|((_, sku), many)| (sku.as_str(), *many)).collect();
        if lines.is_empty() {
            return None;
        }
        let instruction = self.instruct("allocation.cancelled", order, warehouse, &lines);
        books.feed.push(instruction.clone());
        Some(instruction)
    }

    pub fn expects_back(&self, order: Uuid, warehouse: &str, lines: &[(&str, i64)]) -> Value {
        let mut instruction = self.instruct("return.expected", order, warehouse, lines);
        instruction["return"] = json!(Uuid::now_v7());
        self.books.lock().unwrap().feed.push(instruction.clone());
        instruction
    }

    /// What was told of one kind, by name.
    pub fn told(&self, kind: &str) -> Vec<Value> {
        let books = self.books.lock().unwrap();
        let mut told: Vec<_> =
            books.told.values().filter(|row| row["kind"] == kind).cloned().collect();
        told.sort_by_key(|row| row["sequence"].as_i64());
        told
    }
}

/// Whether the request may pass: the key is right, and the store is not out of order.
fn refused(books: &Books, headers: &HeaderMap) -> Option<Response> {
    if headers.get("authorization").is_none_or(|key| key != &format!("Bearer {KEY}")) {
        return Some(StatusCode::UNAUTHORIZED.into_response());
    }
    let status = StatusCode::from_u16(books.status).unwrap();
    (status != StatusCode::OK).then(|| status.into_response())
}

type Shared = State<Arc<Mutex<Books>>>;
type Asked = Query<Vec<(String, String)>>;

fn asked<'a>(query: &'a Asked, name: &str) -> Vec<&'a str> {
    query.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
}

async fn levels(State(books): Shared, headers: HeaderMap, query: Asked) -> Response {
    let books = books.lock().unwrap();
    if let Some(refused) = refused(&books, &headers) {
        return refused;
    }
    // Two on a page, so that pages are turned.
    let after: usize = asked(&query, "after").first().map_or(0, |after| after.parse().unwrap());
    let wanted = asked(&query, "warehouse");
    let ours = books.levels.iter().filter(|((code, _), _)| wanted.contains(&code.as_str()));
    let item = |((warehouse, sku), level): (&Place, &Level)| {
        json!({
            "warehouse": warehouse, "sku": sku, "on_hand": level.on_hand,
            "allocated": level.allocated, "held": 0, "available": 0, "version": 1,
        })
    };
    let all: Vec<_> = ours.map(item).collect();
    let page: Vec<_> = all.iter().skip(after).take(2).collect();
    let next = (after + 2 < all.len()).then(|| (after + 2).to_string());
    Json(json!({ "items": page, "next": next })).into_response()
}

async fn instructions(State(books): Shared, headers: HeaderMap, query: Asked) -> Response {
    let books = books.lock().unwrap();
    if let Some(refused) = refused(&books, &headers) {
        return refused;
    }
    let after: usize = asked(&query, "after").first().map_or(0, |after| after.parse().unwrap());
    let wanted = asked(&query, "warehouse");
    let page: Vec<_> = books.feed.iter().skip(after).take(3).collect();
    let next = after + page.len();
    let is_ours = |item: &&&Value| wanted.contains(&item["warehouse"].as_str().unwrap());
    let items: Vec<_> = page.iter().filter(is_ours).collect();
    Json(json!({ "items": items, "next": next.to_string() })).into_response()
}

async fn acknowledge(State(books): Shared, headers: HeaderMap, body: Json<Value>) -> Response {
    let mut books = books.lock().unwrap();
    if let Some(refused) = refused(&books, &headers) {
        return refused;
    }
    let ids = body["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
    let items: Vec<_> = ids.map(|id| json!({ "id": id, "answer": "acknowledged" })).collect();
    let ids = items.iter().map(|item| item["id"].as_str().unwrap().to_owned());
    books.acknowledged.extend(ids);
    Json(json!({ "items": items })).into_response()
}

async fn movements(State(books): Shared, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut books = books.lock().unwrap();
    if let Some(refused) = refused(&books, &headers) {
        return refused;
    }
    books.requests.push(body.clone());
    let rows = body["movements"].as_array().unwrap();
    let mut items = vec![Value::Null; rows.len()];
    // What adds pieces before what takes some.
    let adds = |row: &Value| matches!(row["kind"].as_str().unwrap(), "received" | "returned");
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| adds(row)) {
        items[at] = apply(&mut books, row, row["quantity"].as_i64().unwrap());
    }
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| !adds(row)) {
        items[at] = apply(&mut books, row, -row["quantity"].as_i64().unwrap());
    }
    Json(json!({ "applied": 0, "refused": 0, "items": items })).into_response()
}

fn apply(books: &mut Books, row: &Value, adds: i64) -> Value {
    let name = row["external_id"].as_str().unwrap().to_owned();
    let answer = |outcome: &str| json!({ "external_id": name, "outcome": outcome });
    if let Some(before) = books.told.get(&name).filter(|_| !books.careless) {
        return answer(if before == row { "already_applied" } else { "conflict" });
    }
    let place = place(row["warehouse"].as_str().unwrap(), row["sku"].as_str().unwrap());
    let at: Timestamp = row["occurred_at"].as_str().unwrap().parse().unwrap();
    let counted = books.counted.get(&place).is_some_and(|counted| at <= *counted);
    let adds = if counted { 0 } else { adds };
    let order = row.get("order").and_then(Value::as_str).map(|order| order.parse().unwrap());
    let order: Option<Uuid> = order.filter(|_| row["kind"] == "shipped");
    let quantity = row["quantity"].as_i64().unwrap();
    let open = order.map(|order| books.open.get(&(order, place.clone())).copied());
    if open.is_some_and(|open| open.unwrap_or_default() < quantity) {
        return answer("not_allocated");
    }
    let level = books.levels.entry(place.clone()).or_default();
    let allocated = level.allocated - if order.is_some() { quantity } else { 0 };
    if adds < 0 && level.on_hand + adds < allocated {
        return answer("would_take_promised");
    }
    (level.on_hand, level.allocated) = (level.on_hand + adds, allocated);
    if let Some(order) = order {
        *books.open.entry((order, place.clone())).or_default() -= quantity;
        *books.sent.entry((order, place.clone())).or_default() += quantity;
    }
    books.moved.push((place, at, adds));
    books.told.insert(name.clone(), row.clone());
    answer(if counted { "applied_before_count" } else { "applied" })
}

async fn count(State(books): Shared, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut books = books.lock().unwrap();
    if let Some(refused) = refused(&books, &headers) {
        return refused;
    }
    books.requests.push(body.clone());
    let as_of: Timestamp = body["as_of"].as_str().unwrap().parse().unwrap();
    let mut items = Vec::new();
    for row in body["levels"].as_array().unwrap() {
        let place = place(row["warehouse"].as_str().unwrap(), row["sku"].as_str().unwrap());
        let outcome = match books.counted.get(&place) {
            Some(last) if *last == as_of => "already_counted",
            Some(last) if *last > as_of => "outdated",
            _ => {
                let since = books.moved.iter().filter(|(of, at, _)| *of == place && *at > as_of);
                let since: i64 = since.map(|(_, _, adds)| adds).sum();
                let level = books.levels.entry(place.clone()).or_default();
                let on_hand = row["on_hand"].as_i64().unwrap() + since;
                if on_hand < level.allocated {
                    "below_promised"
                } else {
                    let difference = on_hand - level.on_hand;
                    level.on_hand = on_hand;
                    books.moved.push((place.clone(), as_of, difference));
                    books.counted.insert(place, as_of);
                    if difference == 0 { "agrees" } else { "adjusted" }
                }
            }
        };
        items.push(json!({ "outcome": outcome }));
    }
    Json(json!({ "items": items })).into_response()
}
