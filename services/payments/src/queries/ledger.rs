//! SQL about captures and the ledger.

use super::{money, unreadable};
use crate::{
    Balance, Capture,
    ledger::{Cause, Transfer},
};
use domain::payment::IntentState;
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

/// Posts a transfer for its cause; `false` if that was posted before, then nothing is written.
pub(crate) async fn post(
    connection: &mut PgConnection,
    cause: Cause,
    transfer: &Transfer<'_>,
) -> Result<bool, sqlx::Error> {
    let posting = Uuid::now_v7();
    let (kind, attempt, refund) = match cause {
        Cause::Capture(attempt) => ("capture", Some(attempt), None),
        Cause::Refund(refund) => ("refund", None, Some(refund)),
    };
    let posted = sqlx::query(
        "insert into postings (id, kind, attempt, refund)
         values ($1, $2, $3, $4)
         on conflict do nothing",
    )
    .bind(posting)
    .bind(kind)
    .bind(attempt)
    .bind(refund)
    .execute(&mut *connection)
    .await?;
    if posted.rows_affected() == 0 {
        return Ok(false);
    }
    let sides = [transfer.debit, transfer.credit];
    sqlx::query(
        "insert into accounts (code, kind)
         select * from unnest($1::text[], $2::text[])
         on conflict do nothing",
    )
    .bind(sides.map(|account| account.code().into_owned()))
    .bind(sides.map(|account| account.kind()))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into entries (posting, account, amount_minor, currency)
         values ($1, $2, $4, $5),
           ($1, $3, -$4, $5)",
    )
    .bind(posting)
    .bind(transfer.debit.code())
    .bind(transfer.credit.code())
    .bind(transfer.amount.minor())
    .bind(transfer.amount.currency().code())
    .execute(connection)
    .await?;
    Ok(true)
}

/// Debits and credits of every account.
pub(crate) async fn trial_balance(pool: &PgPool) -> Result<Vec<Balance>, sqlx::Error> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "select account,
           currency,
           coalesce(sum(amount_minor) filter (where amount_minor > 0), 0)::bigint,
           coalesce(-sum(amount_minor) filter (where amount_minor < 0), 0)::bigint
         from entries
         group by account, currency
         order by account, currency",
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|(account, currency, debit, credit)| {
            Ok(Balance {
                account,
                debit: money(debit, &currency)?,
                credit: money(credit, &currency)?,
            })
        })
        .collect()
}
