//! SQL about invoices and credit notes.

use super::Result;
use crate::invoices::{Credit, Facts};
use domain::{Money, invoice::InvoiceKind};
use serde_json::Value;
use sqlx::{PgConnection, PgPool, types::Json};
use std::time::Duration;
use uuid::Uuid;

/// Writes in the caller's transaction that the order is to have an invoice. It has one at most.
pub(crate) async fn ask_for_invoice(connection: &mut PgConnection, order: Uuid) -> Result<()> {
    ask(connection, order, InvoiceKind::Invoice, "", None).await
}

/// Writes in the caller's transaction that what went back is to be credited, once for each refund.
pub(crate) async fn ask_for_credit_note(
    connection: &mut PgConnection,
    order: Uuid,
    credit: &Credit,
) -> Result<()> {
    ask(connection, order, InvoiceKind::CreditNote, &credit.refund, Some(credit)).await
}

async fn ask(
    connection: &mut PgConnection,
    order: Uuid,
    kind: InvoiceKind,
    cause: &str,
    credit: Option<&Credit>,
) -> Result<()> {
    sqlx::query(
        "insert into invoices_due (id, order_id, kind, cause, credit)
         values ($1, $2, $3, $4, $5)
         on conflict (order_id, kind, cause) do nothing",
    )
    .bind(Uuid::now_v7())
    .bind(order)
    .bind(kind.as_str())
    .bind(cause)
    .bind(credit.map(Json))
    .execute(connection)
    .await?;
    Ok(())
}

/// Something that is to be issued.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Due {
    pub id: Uuid,
    pub order_id: Uuid,
    pub kind: String,
    pub cause: String,
    /// [`Credit`], as this release or another has written it.
    pub credit: Option<Json<Value>>,
    /// As what it was issued already.
    pub invoice_id: Option<Uuid>,
    pub attempts: i32,
}

/// Takes what is due and has waited longest. It is the transaction's own until that ends.
pub(crate) async fn take_due(connection: &mut PgConnection) -> Result<Option<Due>> {
    sqlx::query_as(
        "select id, order_id, kind, cause, credit, invoice_id, attempts
         from invoices_due
         where next_at <= now()
         order by next_at, id
         limit 1
         for update skip locked",
    )
    .fetch_optional(connection)
    .await
}

/// It is issued, and is printed by whoever has taken it, or by another after this time.
pub(crate) async fn set_issued(
    connection: &mut PgConnection,
    due: Uuid,
    invoice: Uuid,
    lease: Duration,
) -> Result<()> {
    sqlx::query(
        "update invoices_due
         set invoice_id = $2,
             next_at = now() + make_interval(secs => $3)
         where id = $1",
    )
    .bind(due)
    .bind(invoice)
    .bind(lease.as_secs_f64())
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts off what could not be issued, and notes why.
pub(crate) async fn put_off(pool: &PgPool, id: Uuid, wait: Duration, failure: &str) -> Result<()> {
    sqlx::query(
        "update invoices_due
         set attempts = attempts + 1,
             next_at = now() + make_interval(secs => $2),
             failure = $3
         where id = $1",
    )
    .bind(id)
    .bind(wait.as_secs_f64())
    .bind(failure)
    .execute(pool)
    .await?;
    Ok(())
}

/// A number that is the transaction's own, with the day that it was taken on: nobody takes the next one, nor a later
/// day for an earlier one, before the transaction ends.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct Number {
    pub year: i32,
    pub serial: i32,
    pub today: jiff_sqlx::Date,
}

/// Takes the next number of a series for the year that it is, by the database's clock.
pub(crate) async fn take_number(connection: &mut PgConnection, series: &str) -> Result<Number> {
    sqlx::query_as(
        "insert into invoice_counters as counter (series, year, last)
         values ($1, extract(year from clock_timestamp())::integer, 1)
         on conflict (series, year) do update
         set last = counter.last + 1
         returning year, last as serial, clock_timestamp()::date as today",
    )
    .bind(series)
    .fetch_one(connection)
    .await
}

/// What is issued.
pub(crate) struct New<'a> {
    pub id: Uuid,
    pub order: Uuid,
    pub kind: InvoiceKind,
    pub cause: &'a str,
    pub number: Number,
    pub corrects: Option<Uuid>,
    pub total: Money,
    pub facts: &'a Facts,
}

/// Issues a document under its number, and answers that as it is read.
pub(crate) async fn insert(connection: &mut PgConnection, new: &New<'_>) -> Result<String> {
    sqlx::query_scalar(
        "insert into invoices (id, order_id, kind, series, year, serial, cause, issued_on, currency, total_minor,
           corrects, facts)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         returning number",
    )
    .bind(new.id)
    .bind(new.order)
    .bind(new.kind.as_str())
    .bind(new.kind.series())
    .bind(new.number.year)
    .bind(new.number.serial)
    .bind(new.cause)
    .bind(new.number.today)
    .bind(new.total.currency().code())
    .bind(new.total.minor())
    .bind(new.corrects)
    .bind(Json(new.facts))
    .fetch_one(connection)
    .await
}

/// A document as it was issued.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct InvoiceRecord {
    pub id: Uuid,
    pub number: String,
    pub issued_on: jiff_sqlx::Date,
    pub facts: Json<Facts>,
}

const COLUMNS: &str = "id, number, issued_on, facts";

fn select(condition: &str) -> sqlx::AssertSqlSafe<String> {
    // Both parts are constants of this file.
    sqlx::AssertSqlSafe(format!("select {COLUMNS} from invoices where {condition}"))
}

/// The invoice of an order, locked until the transaction ends: its credit notes are issued one after the other.
pub(crate) async fn lock_invoice(
    connection: &mut PgConnection,
    order: Uuid,
) -> Result<Option<InvoiceRecord>> {
    sqlx::query_as(select("order_id = $1 and kind = 'invoice' for update"))
        .bind(order)
        .fetch_optional(connection)
        .await
}

/// The credit notes of an order.
pub(crate) async fn list_credit_notes(
    connection: &mut PgConnection,
    order: Uuid,
) -> Result<Vec<InvoiceRecord>> {
    sqlx::query_as(select("order_id = $1 and kind = 'credit_note' order by year, serial"))
        .bind(order)
        .fetch_all(connection)
        .await
}

pub(crate) async fn load(pool: &PgPool, id: Uuid) -> Result<InvoiceRecord> {
    sqlx::query_as(select("id = $1")).bind(id).fetch_one(pool).await
}

/// Keeps a document as it was printed, after which there is nothing left to be done for it. What was printed before
/// stays.
pub(crate) async fn keep_print(pool: &PgPool, due: Uuid, id: Uuid, pdf: &[u8]) -> Result<()> {
    sqlx::query(
        "with done as (
           delete from invoices_due where id = $1
         )
         insert into invoice_prints (invoice_id, pdf)
         values ($2, $3)
         on conflict (invoice_id) do nothing",
    )
    .bind(due)
    .bind(id)
    .bind(pdf)
    .execute(pool)
    .await?;
    Ok(())
}

/// What is printed of an order.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct PrintedRecord {
    pub kind: String,
    pub number: String,
    pub issued_on: jiff_sqlx::Date,
    pub currency: String,
    pub total_minor: i64,
}

/// The documents of an order that can be read, the invoice first.
pub(crate) async fn list_printed(pool: &PgPool, order: Uuid) -> Result<Vec<PrintedRecord>> {
    sqlx::query_as(
        "select kind, number, issued_on, currency, total_minor
         from invoices
         join invoice_prints on invoice_id = id
         where order_id = $1
         order by kind desc, year, serial",
    )
    .bind(order)
    .fetch_all(pool)
    .await
}

/// A document of an order as it was printed.
pub(crate) async fn find_print(
    pool: &PgPool,
    order: Uuid,
    number: &str,
) -> Result<Option<Vec<u8>>> {
    sqlx::query_scalar(
        "select pdf
         from invoices
         join invoice_prints on invoice_id = id
         where order_id = $1
           and number = $2",
    )
    .bind(order)
    .bind(number)
    .fetch_optional(pool)
    .await
}
