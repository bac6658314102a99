//! SQL about disputes.

use super::{money, unreadable};
use crate::{Dispute, provider::ProviderDispute};
use domain::payment::DisputeState;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// What [`DisputeRow`] is read from.
macro_rules! columns {
    () => {
        "disputes.id, disputes.attempt, disputes.provider_reference, disputes.amount_minor,
           disputes.fee_minor, attempts.currency, disputes.reason, disputes.state,
           disputes.opened_at"
    };
}

#[derive(sqlx::FromRow)]
struct DisputeRow {
    id: Uuid,
    attempt: Uuid,
    provider_reference: String,
    amount_minor: i64,
    fee_minor: i64,
    currency: String,
    reason: String,
    state: String,
    opened_at: jiff_sqlx::Timestamp,
}

impl TryFrom<DisputeRow> for Dispute {
    type Error = sqlx::Error;

    fn try_from(row: DisputeRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.id,
            attempt: row.attempt,
            provider_reference: row.provider_reference,
            amount: money(row.amount_minor, &row.currency)?,
            fee: money(row.fee_minor, &row.currency)?,
            reason: row.reason,
            state: DisputeState::parse(&row.state)
                .ok_or_else(|| unreadable("state of a dispute", &row.state))?,
            opened_at: row.opened_at.to_jiff(),
        })
    }
}

/// Records a dispute as opened; `None` if it is known.
pub(crate) async fn open(
    connection: &mut PgConnection,
    attempt: Uuid,
    said: &ProviderDispute,
) -> Result<Option<Dispute>, sqlx::Error> {
    sqlx::query_as::<_, DisputeRow>(
        "insert into disputes (id, attempt, provider_reference, amount_minor, fee_minor, reason)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (attempt, provider_reference) do nothing
         returning id, attempt, provider_reference, amount_minor, fee_minor, $7 as currency, reason,
           state, opened_at",
    )
    .bind(Uuid::now_v7())
    .bind(attempt)
    .bind(&said.id)
    .bind(said.amount.minor())
    .bind(said.fee.minor())
    .bind(&said.reason)
    .bind(said.amount.currency().code())
    .fetch_optional(connection)
    .await?
    .map(Dispute::try_from)
    .transpose()
}

/// Records how a dispute was decided; `None` if that is no news.
pub(crate) async fn decide(
    connection: &mut PgConnection,
    attempt: Uuid,
    provider_reference: &str,
    state: DisputeState,
) -> Result<Option<Dispute>, sqlx::Error> {
    sqlx::query_as::<_, DisputeRow>(concat!(
        "update disputes
         set state = $3,
           decided_at = now()
         from attempts
         where disputes.attempt = $1
           and disputes.provider_reference = $2
           and dispute_may_become(disputes.state, $3)
           and attempts.id = disputes.attempt
         returning ",
        columns!(),
    ))
    .bind(attempt)
    .bind(provider_reference)
    .bind(state.as_str())
    .fetch_optional(connection)
    .await?
    .map(Dispute::try_from)
    .transpose()
}

/// The disputes of an order, oldest first.
pub(crate) async fn list(pool: &PgPool, order: Uuid) -> Result<Vec<Dispute>, sqlx::Error> {
    sqlx::query_as::<_, DisputeRow>(concat!(
        "select ",
        columns!(),
        "
         from intents
         join attempts on attempts.intent = intents.id
         join disputes on disputes.attempt = attempts.id
         where intents.order_reference = $1
         order by disputes.opened_at, disputes.id",
    ))
    .bind(order)
    .fetch_all(pool)
    .await?
    .into_iter()
    .map(Dispute::try_from)
    .collect()
}

/// The disputes of these attempts.
pub(crate) async fn list_of(pool: &PgPool, attempts: &[Uuid]) -> Result<Vec<Dispute>, sqlx::Error> {
    sqlx::query_as::<_, DisputeRow>(concat!(
        "select ",
        columns!(),
        "
         from disputes
         join attempts on attempts.id = disputes.attempt
         where disputes.attempt = any($1)",
    ))
    .bind(attempts)
    .fetch_all(pool)
    .await?
    .into_iter()
    .map(Dispute::try_from)
    .collect()
}
