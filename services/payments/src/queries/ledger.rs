//! SQL about captures and the ledger.

use super::{money, unreadable};
use crate::{
    Balance, Capture,
    account::{Account, Cause, Entry, Posting, tax_rate},
};
use domain::{
    money::{Currency, Money},
    payment::IntentState,
};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct CaptureRow {
    intent: Uuid,
    intent_state: String,
    attempt: Uuid,
    provider: String,
    provider_reference: String,
    amount_minor: i64,
    refunded_minor: i64,
    currency: String,
}

/// What the succeeded attempt of an order has taken.
pub(crate) async fn find_capture(
    pool: &PgPool,
    order: Uuid,
) -> Result<Option<Capture>, sqlx::Error> {
    let row: Option<CaptureRow> = sqlx::query_as(
        "select intents.id as intent,
           intents.state as intent_state,
           attempts.id as attempt,
           attempts.provider,
           attempts.provider_reference,
           coalesce(attempts.captured_minor, attempts.amount_minor) as amount_minor,
           (
             select coalesce(sum(refunds.amount_minor), 0)::bigint
             from refunds
             where refunds.attempt = attempts.id
               and refunds.state = 'succeeded'
           ) as refunded_minor,
           attempts.currency
         from intents
         join attempts on attempts.intent = intents.id
         where intents.order_reference = $1
           and attempts.state = 'succeeded'",
    )
    .bind(order)
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(Capture {
            order,
            intent: row.intent,
            attempt: row.attempt,
            provider: row.provider,
            provider_reference: row.provider_reference,
            amount: money(row.amount_minor, &row.currency)?,
            refunded: money(row.refunded_minor, &row.currency)?,
            intent_state: IntentState::parse(&row.intent_state)
                .ok_or_else(|| unreadable("state of an intent", &row.intent_state))?,
        })
    })
    .transpose()
}

/// Writes a posting in one statement; `false` if its cause was posted before, then nothing is written.
pub(crate) async fn post(
    connection: &mut PgConnection,
    posting: &Posting<'_>,
) -> Result<bool, sqlx::Error> {
    let (kind, attempt, refund, intent) = match posting.cause {
        Cause::Capture(attempt) => ("capture", Some(attempt), None, None),
        Cause::Fee(attempt) => ("fee", Some(attempt), None, None),
        Cause::Refund(refund) => ("refund", None, Some(refund), None),
        Cause::Reversal(refund) => ("reversal", None, Some(refund), None),
        Cause::Sale(intent) => ("sale", None, None, Some(intent)),
    };
    let entries = &posting.entries;
    let text = |of: fn(&Entry<'_>) -> String| entries.iter().map(of).collect::<Vec<_>>();
    let written: i64 = sqlx::query_scalar(
        "with posted as (
           insert into postings (id, kind, attempt, refund, intent)
           values ($1, $2, $3, $4, $5)
           on conflict do nothing
           returning id
         ),
         opened as (
           insert into accounts (code, kind)
           select distinct account, kind
           from posted
           cross join unnest($6::text[], $7::text[]) as entry (account, kind)
           order by account
           on conflict do nothing
         ),
         entered as (
           insert into entries (posting, account, amount_minor, currency)
           select posted.id, account, minor, entry.currency
           from posted
           cross join unnest($6::text[], $8::bigint[], $9::text[]) as entry (account, minor, currency)
         )
         select count(*)
         from posted",
    )
    .bind(Uuid::now_v7())
    .bind(kind)
    .bind(attempt)
    .bind(refund)
    .bind(intent)
    .bind(text(|entry| entry.account.code().into_owned()))
    .bind(text(|entry| entry.account.kind().to_owned()))
    .bind(entries.iter().map(|entry| entry.amount.minor()).collect::<Vec<_>>())
    .bind(text(|entry| entry.amount.currency().code().to_owned()))
    .fetch_one(connection)
    .await?;
    Ok(written > 0)
}

/// Whether it is posted what an attempt took.
pub(crate) async fn is_capture_posted(
    connection: &mut PgConnection,
    attempt: Uuid,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select exists (
           select
           from postings
           where kind = 'capture'
             and attempt = $1
         )",
    )
    .bind(attempt)
    .fetch_one(connection)
    .await
}

/// What is left of each part of a sale: what was sold, without tax, and the tax of each rate. Nothing if
/// nothing was sold.
pub(crate) async fn left_of_sale(
    connection: &mut PgConnection,
    intent: Uuid,
    currency: Currency,
) -> Result<Vec<(Account<'static>, Money)>, sqlx::Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "with about as (
           select id
           from postings
           where kind = 'sale'
             and intent = $1
           union all
           select postings.id
           from attempts
           join refunds on refunds.attempt = attempts.id
           join postings on postings.kind = 'reversal' and postings.refund = refunds.id
           where attempts.intent = $1
         )
         select case when account like 'tax/%' then account else 'refund' end as part,
           -sum(amount_minor)::bigint
         from about
         join entries on entries.posting = about.id
         where account <> 'customer_receivable'
         group by part
         order by part",
    )
    .bind(intent)
    .fetch_all(connection)
    .await?;
    let part = |(code, minor): (String, i64)| {
        (tax_rate(&code).map_or(Account::Refund, Account::Tax), Money::new(minor, currency))
    };
    Ok(rows.into_iter().map(part).collect())
}

/// Debits and credits of every account in the postings about an order.
pub(crate) async fn books(pool: &PgPool, order: Uuid) -> Result<Vec<Balance>, sqlx::Error> {
    let rows: Vec<BalanceRow> = sqlx::query_as(
        "with mine as (
           select id
           from intents
           where order_reference = $1
         ),
         about as (
           select postings.id
           from mine
           join postings on postings.kind = 'sale' and postings.intent = mine.id
           union all
           select postings.id
           from mine
           join attempts on attempts.intent = mine.id
           join postings on postings.kind in ('capture', 'fee') and postings.attempt = attempts.id
           union all
           select postings.id
           from mine
           join attempts on attempts.intent = mine.id
           join refunds on refunds.attempt = attempts.id
           join postings on postings.kind in ('refund', 'reversal') and postings.refund = refunds.id
         )
         select account,
           currency,
           coalesce(sum(amount_minor) filter (where amount_minor > 0), 0)::bigint as debit_minor,
           coalesce(-sum(amount_minor) filter (where amount_minor < 0), 0)::bigint as credit_minor
         from about
         join entries on entries.posting = about.id
         group by account, currency
         order by account, currency",
    )
    .bind(order)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(Balance::try_from).collect()
}

#[derive(sqlx::FromRow)]
struct BalanceRow {
    account: String,
    currency: String,
    debit_minor: i64,
    credit_minor: i64,
}

impl TryFrom<BalanceRow> for Balance {
    type Error = sqlx::Error;

    fn try_from(row: BalanceRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            debit: money(row.debit_minor, &row.currency)?,
            credit: money(row.credit_minor, &row.currency)?,
            account: row.account,
        })
    }
}

/// Debits and credits of every account.
pub(crate) async fn trial_balance(pool: &PgPool) -> Result<Vec<Balance>, sqlx::Error> {
    let rows: Vec<BalanceRow> = sqlx::query_as(
        "select account,
           currency,
           coalesce(sum(amount_minor) filter (where amount_minor > 0), 0)::bigint as debit_minor,
           coalesce(-sum(amount_minor) filter (where amount_minor < 0), 0)::bigint as credit_minor
         from entries
         group by account, currency
         order by account, currency",
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(Balance::try_from).collect()
}
