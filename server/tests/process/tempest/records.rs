//! What is written down when all is over: in the store's databases, and in the provider's own books.

use super::shop::{Shelves, Shop};
use redis::streams::StreamRangeReply;
use serde_json::Value;
use sqlx::PgPool;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use uuid::Uuid;

/// An order, and what the store says of its money and its goods.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Order {
    pub id: Uuid,
    pub number: String,
    pub state: String,
    pub total_minor: i64,
    pub cart: String,
    /// What the ledger says that its provider has of it.
    pub in_the_books_minor: i64,
    /// What the store knows to have gone back.
    pub refunded_minor: i64,
    /// How often its timeline says so.
    pub placed: i64,
    pub paid: i64,
    pub cancelled: i64,
    pub refunded: i64,
    /// What of it is ordered and not the order's own, or the order's own and not ordered; cancelled pieces are
    /// nobody's.
    pub pieces_off: i64,
    pub pieces_own: i64,
}

/// A payment as the provider has it.
#[derive(Clone)]
pub struct Payment {
    pub id: String,
    /// The order of that attempt, if there is one.
    pub order: Option<Uuid>,
    pub status: String,
    pub amount_minor: i64,
    pub refunded_minor: i64,
}

impl Payment {
    /// What the provider has of it.
    pub fn kept_minor(&self) -> i64 {
        if self.status == "succeeded" { self.amount_minor - self.refunded_minor } else { 0 }
    }
}

impl fmt::Display for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, status, amount_minor, refunded_minor, .. } = self;
        write!(f, "payment {id} of {amount_minor}, {status}, {refunded_minor} went back")
    }
}

/// All of it.
pub struct Records {
    pub orders: Vec<Order>,
    pub payments: Vec<Payment>,
    /// What is on hand now, and what has left since the beginning.
    pub shelves: Shelves,
    pub left: Shelves,
    /// Pieces sold, by SKU.
    pub sold: BTreeMap<String, i64>,
    /// Sums of the ledger's entries by currency.
    pub ledger: Vec<(String, i64)>,
    /// How often the inbox has each of the provider's events.
    pub inbox: BTreeMap<String, i64>,
    /// What was marked as told to the bus since it last began, and is not there: service and order or SKU.
    pub untold: Vec<(String, String)>,
    /// What is left to be done: what, and how many.
    pub undone: Vec<(String, i64)>,
}

impl Records {
    pub async fn of(shop: &Shop) -> Self {
        let pool = &shop.store.database.pool;
        let attempts: Vec<(String, Uuid)> = sqlx::query_as(
            "select attempts.id::text, intents.order_reference
             from payments.attempts
             join payments.intents on intents.id = attempts.intent",
        )
        .fetch_all(pool)
        .await
        .unwrap();
        let shelves = |rows: Vec<(String, String, i64)>| -> Shelves {
            rows.into_iter().map(|(warehouse, sku, pieces)| ((warehouse, sku), pieces)).collect()
        };
        let on_hand = "select warehouse, sku, on_hand from inventory.stock_levels";
        let left = "
            select warehouse, sku, (-sum(on_hand))::bigint
            from inventory.movements
            where kind in ('shipped', 'returned')
            group by warehouse, sku";
        let sold = "
            select sku, sum(quantity)::bigint
            from orders.lines
            join orders.orders on orders.id = lines.order_id
            where state = 'paid'
            group by sku";
        let ledger = "
            select currency::text, sum(amount_minor)::bigint
            from payments.entries
            group by currency";
        let inbox = "
            select event_id, count(*)
            from payments.provider_events
            where processed_at is not null
            group by event_id";
        Self {
            orders: orders(pool).await,
            payments: payments(shop, &attempts.into_iter().collect()).await,
            shelves: shelves(sqlx::query_as(on_hand).fetch_all(pool).await.unwrap()),
            left: shelves(sqlx::query_as(left).fetch_all(pool).await.unwrap()),
            sold: sqlx::query_as(sold).fetch_all(pool).await.unwrap().into_iter().collect(),
            ledger: sqlx::query_as(ledger).fetch_all(pool).await.unwrap(),
            inbox: sqlx::query_as(inbox).fetch_all(pool).await.unwrap().into_iter().collect(),
            untold: untold(shop).await,
            undone: undone(shop).await,
        }
    }
}

async fn orders(pool: &PgPool) -> Vec<Order> {
    sqlx::query_as(
        "with money as (
           select intents.order_reference as id,
             sum(entries.amount_minor) filter (where account like 'provider_clearing/%') as minor
           from payments.entries
           join payments.postings on postings.id = entries.posting
           left join payments.refunds on refunds.id = postings.refund
           join payments.attempts on attempts.id = coalesce(postings.attempt, refunds.attempt)
           join payments.intents on intents.id = attempts.intent
           where postings.kind in ('capture', 'refund')
           group by intents.order_reference
         ), returned as (
           select intents.order_reference as id, sum(refunds.amount_minor) as minor
           from payments.refunds
           join payments.attempts on attempts.id = refunds.attempt
           join payments.intents on intents.id = attempts.intent
           where refunds.state = 'succeeded'
           group by intents.order_reference
         ), timeline as (
           select order_id as id,
             count(*) filter (where kind = 'placed') as placed,
             count(*) filter (where kind = 'paid') as paid,
             count(*) filter (where kind = 'cancelled') as cancelled,
             count(*) filter (where kind = 'refunded') as refunded
           from orders.events
           group by order_id
         ), own as (
           select reference as id, sku, sum(quantity - cancelled) as pieces
           from inventory.holds
           where state in ('held', 'allocated', 'shipped')
           group by reference, sku
         ), goods as (
           select coalesce(own.id, lines.order_id) as id,
             sum(abs(coalesce(own.pieces, 0) - coalesce(lines.quantity, 0))) as off,
             sum(coalesce(own.pieces, 0)) as own
           from orders.lines
           full join own on own.id = lines.order_id and own.sku = lines.sku
           group by coalesce(own.id, lines.order_id)
         )
         select orders.id, number, state, total_minor, cart_id || ' v' || cart_version as cart,
           coalesce(money.minor, 0)::bigint as in_the_books_minor,
           coalesce(returned.minor, 0)::bigint as refunded_minor,
           coalesce(placed, 0) as placed,
           coalesce(paid, 0) as paid,
           coalesce(cancelled, 0) as cancelled,
           coalesce(refunded, 0) as refunded,
           coalesce(off, 0)::bigint as pieces_off,
           coalesce(own, 0)::bigint as pieces_own
         from orders.orders
         left join money using (id)
         left join returned using (id)
         left join timeline using (id)
         left join goods using (id)
         order by placed_at",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// The provider's whole list, page by page.
async fn payments(shop: &Shop, orders: &BTreeMap<String, Uuid>) -> Vec<Payment> {
    let mut payments = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = shop.asks_provider(&format!("v1/payments?limit=100{cursor}")).await;
        for one in page["data"].as_array().unwrap() {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            payments.push(Payment {
                id: text("id"),
                // The store's attempt is its reference there.
                order: orders.get(&text("reference")).copied(),
                status: text("status"),
                amount_minor: one["amount_minor"].as_i64().unwrap(),
                refunded_minor: one["refunded_minor"].as_i64().unwrap(),
            });
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return payments,
        }
    }
}

/// What the outboxes say was told to the bus since it began, and the bus does not have.
async fn untold(shop: &Shop) -> Vec<(String, String)> {
    let url = shop.store.direct_settings();
    let url = url.iter().find(|(name, _)| *name == "REDIS_URL").map(|(_, url)| url.clone());
    let client = redis::Client::open(url.unwrap()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let stream = platform::events::stream(shop.store.namespace());
    let entries: StreamRangeReply =
        redis::cmd("XRANGE").arg(&[&*stream, "-", "+"]).query_async(&mut connection).await.unwrap();
    let told: BTreeSet<String> = entries
        .ids
        .iter()
        .filter_map(|entry| entry.get::<String>("event"))
        .filter_map(|event| serde_json::from_str::<Value>(&event).ok())
        .filter_map(|event| event["id"].as_str().map(str::to_owned))
        .collect();
    let marked: Vec<(String, String, String)> = sqlx::query_as(
        "select id::text, service, key
         from (
           select id, 'orders' as service, key, relayed_at from orders.outbox
           union all
           select id, 'payments', key, relayed_at from payments.outbox
           union all
           select id, 'inventory', key, relayed_at from inventory.outbox
         ) as events
         where relayed_at > $1::timestamptz",
    )
    .bind(&shop.bus_since)
    .fetch_all(&shop.store.database.pool)
    .await
    .unwrap();
    let missing = marked.into_iter().filter(|(id, ..)| !told.contains(id));
    missing.map(|(_, service, key)| (service, key)).collect()
}

/// What is left to be done by the store, each kind of which there is any, with how many there are.
pub async fn undone(shop: &Shop) -> Vec<(String, i64)> {
    let left: Result<Vec<(String, i64)>, sqlx::Error> = sqlx::query_as(
        "select what, number
         from (
           select 'orders that await their payment' as what, count(*) as number
           from orders.orders where state = 'awaiting_payment'
           union all
           select 'carts to be emptied', count(*) from orders.orders where cart_to_empty
           union all
           select 'refunds to be asked for', count(*) from orders.orders where refund_due
           union all
           select 'attempts without an outcome', count(*)
           from payments.attempts where state in ('recorded', 'requires_action', 'processing')
           union all
           select 'refunds without an outcome', count(*) from payments.refunds where state = 'recorded'
           union all
           select 'webhooks not acted on', count(*)
           from payments.provider_events where processed_at is null
           union all
           select 'pieces held', count(*) from inventory.holds where state = 'held'
           union all
           select 'parcels not sent', count(*) from inventory.holds where state = 'allocated'
           union all
           select 'instructions not acknowledged', count(*)
           from inventory.instructions where acknowledged_at is null
           union all
           select 'instructions not told', count(*) from inventory.untold_lines
           union all
           select 'news of orders not told', count(*) from orders.outbox where relayed_at is null
           union all
           select 'news of payments not told', count(*) from payments.outbox where relayed_at is null
           union all
           select 'news of stock not told', count(*) from inventory.outbox where relayed_at is null
         ) as left_over
         where number > 0",
    )
    .fetch_all(&shop.store.database.pool)
    .await;
    let mut left = left.unwrap_or_else(|error| vec![(format!("no database: {error}"), 1)]);
    let warehouse = shop.asks_warehouse("test/state").await.unwrap_or_default();
    for name in ["open", "returns", "untold", "unacknowledged"] {
        match warehouse[name].as_i64() {
            Some(0) => {}
            Some(number) => left.push((format!("{name} in the warehouse"), number)),
            None => left.push(("a warehouse that says nothing".to_owned(), 1)),
        }
    }
    left
}
