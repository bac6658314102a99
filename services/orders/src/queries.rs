//! The SQL of this service; nowhere else is any.

pub(crate) mod cancelling;
pub(crate) mod happenings;
pub(crate) mod invoices;
pub(crate) mod letters;
pub(crate) mod parcels;
pub(crate) mod requests;
pub(crate) mod returns;
pub(crate) mod status;
pub(crate) mod sweep;
pub(crate) mod timeline;

use crate::record::{AddressRecord, LineRecord, OrderRecord};
use domain::{
    Address, Country, OrderNumber, Sku,
    order::{Actor, CancelReason, Happened, OrderNews},
    pricing::Totals,
    stock::Demand,
};
use sqlx::{PgConnection, PgPool, types::Json};
use std::time::Duration;
use uuid::Uuid;

const COLUMNS: &str = "id, number, access_key, cart_id, cart_version, digest, state, cancel_reason, \
    email, shipping_method, currency, items_minor, shipping_minor, total_minor, taxes, placed_at, \
    paid_at, expires_at < now() as expired, payment_status, refunded_minor, fulfilment_status";

type Result<T> = std::result::Result<T, sqlx::Error>;

fn select(condition: &str) -> sqlx::AssertSqlSafe<String> {
    // Both parts are constants of this file.
    sqlx::AssertSqlSafe(format!("select {COLUMNS} from orders where {condition}"))
}

/// A new order with its lines.
pub(crate) struct NewOrder<'a> {
    pub id: Uuid,
    pub number: &'a OrderNumber,
    pub access_key: &'a str,
    pub market: &'a str,
    pub cart_id: &'a str,
    pub cart_version: u32,
    pub digest: &'a [u8],
    pub email: &'a str,
    pub address: &'a Address,
    pub shipping_method: &'a str,
    pub totals: &'a Totals,
    pub lines: &'a [LineRecord],
    pub request: Option<&'a [u8]>,
    pub time_to_pay: Duration,
    pub first_check: Duration,
}

/// Writes the order with its address, lines and first event in one transaction. `false` when this
/// order is there already, or another of the same cart version.
pub(crate) async fn insert(pool: &PgPool, order: &NewOrder<'_>) -> Result<bool> {
    let mut transaction = pool.begin().await?;
    let inserted = sqlx::query(
        "insert into orders (id, number, access_key, market, cart_id, cart_version, digest, email,
           shipping_method, currency, items_minor, shipping_minor, total_minor, taxes, expires_at,
           next_check_at, requests)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
           now() + make_interval(secs => $15), now() + make_interval(secs => $16), $17)
         on conflict do nothing",
    )
    .bind(order.id)
    .bind(order.number.as_str())
    .bind(order.access_key)
    .bind(order.market)
    .bind(order.cart_id)
    .bind(i64::from(order.cart_version))
    .bind(order.digest)
    .bind(order.email)
    .bind(order.shipping_method)
    .bind(order.totals.total.currency().code())
    .bind(order.totals.items.minor())
    .bind(order.totals.shipping.minor())
    .bind(order.totals.total.minor())
    .bind(Json(&order.totals.taxes))
    .bind(order.time_to_pay.as_secs_f64())
    .bind(order.first_check.as_secs_f64())
    .bind(order.request.into_iter().collect::<Vec<_>>())
    .execute(&mut *transaction)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    insert_address(&mut transaction, order).await?;
    insert_lines(&mut transaction, order).await?;
    timeline::record(&mut transaction, order.id, Actor::Shopper, &Happened::Placed, None).await?;
    transaction.commit().await?;
    Ok(true)
}

async fn insert_address(connection: &mut PgConnection, order: &NewOrder<'_>) -> Result<()> {
    sqlx::query(
        "insert into addresses (order_id, full_name, street, city, postal_code, country)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(order.id)
    .bind(order.address.full_name())
    .bind(order.address.street())
    .bind(order.address.city())
    .bind(order.address.postal_code())
    .bind(Country::code(&order.address.country()))
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_lines(connection: &mut PgConnection, order: &NewOrder<'_>) -> Result<()> {
    fn column<'a, T>(lines: &'a [LineRecord], of: impl Fn(&'a LineRecord) -> T) -> Vec<T> {
        lines.iter().map(of).collect()
    }
    let lines = order.lines;
    sqlx::query(
        "insert into lines (order_id, position, sku, product_id, slug, name, options, quantity,
           unit_minor, total_minor, tax_rate_basis_points)
         select $1, row_number() over (), line.*
         from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[],
           $8::bigint[], $9::bigint[], $10::int[]) as line",
    )
    .bind(order.id)
    .bind(column(lines, |line| line.sku.as_str()))
    .bind(column(lines, |line| line.product_id.as_str()))
    .bind(column(lines, |line| line.slug.as_str()))
    .bind(column(lines, |line| line.name.as_str()))
    .bind(column(lines, |line| line.options.as_str()))
    .bind(column(lines, |line| line.quantity))
    .bind(column(lines, |line| line.unit_minor))
    .bind(column(lines, |line| line.total_minor))
    .bind(column(lines, |line| line.tax_rate_basis_points))
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn find(pool: &PgPool, id: Uuid) -> Result<Option<OrderRecord>> {
    sqlx::query_as(select("id = $1")).bind(id).fetch_optional(pool).await
}

pub(crate) async fn load(pool: &PgPool, id: Uuid) -> Result<OrderRecord> {
    sqlx::query_as(select("id = $1")).bind(id).fetch_one(pool).await
}

pub(crate) async fn find_by_number(
    pool: &PgPool,
    number: &OrderNumber,
) -> Result<Option<OrderRecord>> {
    sqlx::query_as(select("number = $1")).bind(number.as_str()).fetch_optional(pool).await
}

/// The order of a version of a cart that did not end without payment.
pub(crate) async fn find_by_cart(
    pool: &PgPool,
    cart_id: &str,
    cart_version: u32,
) -> Result<Option<OrderRecord>> {
    sqlx::query_as(select("cart_id = $1 and cart_version = $2 and state <> 'cancelled'"))
        .bind(cart_id)
        .bind(i64::from(cart_version))
        .fetch_optional(pool)
        .await
}

/// The orders of a cart that still await their payment.
pub(crate) async fn list_awaiting_of_cart(
    pool: &PgPool,
    cart_id: &str,
) -> Result<Vec<OrderRecord>> {
    sqlx::query_as(select("cart_id = $1 and state = 'awaiting_payment' order by placed_at"))
        .bind(cart_id)
        .fetch_all(pool)
        .await
}

/// How many orders of this version of a cart ended without payment.
pub(crate) async fn count_cancelled(
    pool: &PgPool,
    cart_id: &str,
    cart_version: u32,
) -> Result<i64> {
    sqlx::query_scalar(
        "select count(*)
         from orders
         where cart_id = $1
           and cart_version = $2
           and state = 'cancelled'",
    )
    .bind(cart_id)
    .bind(i64::from(cart_version))
    .fetch_one(pool)
    .await
}

/// Locks the order until the transaction ends: finalising and cancelling wait for each other.
pub(crate) async fn lock(connection: &mut PgConnection, id: Uuid) -> Result<OrderRecord> {
    sqlx::query_as(select("id = $1 for update")).bind(id).fetch_one(connection).await
}

/// As [`lock`], for an order that may never have been written.
pub(crate) async fn find_and_lock(
    connection: &mut PgConnection,
    id: Uuid,
) -> Result<Option<OrderRecord>> {
    sqlx::query_as(select("id = $1 for update")).bind(id).fetch_optional(connection).await
}

/// The order is paid. From now on the sweeper looks whether it was sent.
pub(crate) async fn mark_paid(
    connection: &mut PgConnection,
    id: Uuid,
    cart_to_empty: bool,
    first_look: Duration,
) -> Result<()> {
    sqlx::query(
        "update orders
         set state = 'paid', paid_at = now(), cart_to_empty = $2, payment_status = 'paid',
           checks = 0, next_check_at = now() + make_interval(secs => $3)
         where id = $1",
    )
    .bind(id)
    .bind(cart_to_empty)
    .bind(first_look.as_secs_f64())
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn mark_cancelled(
    connection: &mut PgConnection,
    id: Uuid,
    reason: CancelReason,
) -> Result<()> {
    sqlx::query(
        "update orders
         set state = 'cancelled', cancelled_at = now(), cancel_reason = $2,
           cancelling_by = null, cancelling_why = null
         where id = $1",
    )
    .bind(id)
    .bind(reason.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// Remembers that the money of a cancelled order goes back; from now on, the sweeper tries.
pub(crate) async fn set_refund_due(connection: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query("update orders set refund_due = true where id = $1")
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes that the money went back; `false` if that was noted before.
pub(crate) async fn clear_refund_due(connection: &mut PgConnection, id: Uuid) -> Result<bool> {
    let cleared: Option<Uuid> = sqlx::query_scalar(
        "update orders
         set refund_due = false
         where id = $1
           and refund_due
         returning id",
    )
    .bind(id)
    .fetch_optional(connection)
    .await?;
    Ok(cleared.is_some())
}

pub(crate) async fn set_cart_emptied(pool: &PgPool, id: Uuid) -> Result<()> {
    sqlx::query("update orders set cart_to_empty = false where id = $1")
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

/// More time to pay, and the sweeper looks as soon and as often as at a new order.
pub(crate) async fn extend(
    pool: &PgPool,
    id: Uuid,
    time: Duration,
    first_check: Duration,
) -> Result<()> {
    sqlx::query(
        "update orders
         set expires_at = now() + make_interval(secs => $2),
           checks = 0,
           next_check_at = now() + make_interval(secs => $3)
         where id = $1
           and state = 'awaiting_payment'",
    )
    .bind(id)
    .bind(time.as_secs_f64())
    .bind(first_check.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(())
}

/// What was ordered, and how many of it.
pub(crate) async fn list_ordered(pool: &PgPool, id: Uuid) -> Result<Vec<Demand>> {
    let lines: Vec<(String, i32)> =
        sqlx::query_as("select sku, quantity from lines where order_id = $1 order by position")
            .bind(id)
            .fetch_all(pool)
            .await?;
    let demand = |(sku, quantity): (String, i32)| {
        let sku = Sku::parse(&sku).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Demand { sku, quantity: quantity.unsigned_abs() })
    };
    lines.into_iter().map(demand).collect()
}

const LINES: &str =
    "select sku, product_id, slug, name, options, quantity, unit_minor, total_minor,
       tax_rate_basis_points
     from lines
     where order_id = $1
     order by position";

/// What was bought, for whoever holds the order's lock.
pub(crate) async fn list_lines(connection: &mut PgConnection, id: Uuid) -> Result<Vec<LineRecord>> {
    sqlx::query_as(LINES).bind(id).fetch_all(connection).await
}

pub(crate) async fn lines_and_address(
    pool: &PgPool,
    id: Uuid,
) -> Result<(Vec<LineRecord>, AddressRecord)> {
    let lines = sqlx::query_as(LINES).bind(id).fetch_all(pool);
    let address = sqlx::query_as(
        "select full_name, street, city, postal_code, country from addresses where order_id = $1",
    )
    .bind(id)
    .fetch_one(pool);
    tokio::try_join!(lines, address)
}

/// Tells the event bus, and through it the order's open page, how the order stands.
pub(crate) async fn tell(
    connection: &mut PgConnection,
    order: &OrderRecord,
    news: &OrderNews,
) -> Result<()> {
    let payload = serde_json::to_value(news).map_err(|error| sqlx::Error::Encode(error.into()))?;
    platform::outbox::publish(connection, crate::TOPIC, &order.number, &payload).await
}
