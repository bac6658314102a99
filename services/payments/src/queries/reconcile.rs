//! SQL that compares: what moved on a day, and what of it is posted.

use super::{attempts, refunds};
use crate::{Attempt, Refund};
use jiff::civil::Date;
use sqlx::PgPool;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// An attempt with all that is known of its money.
pub(crate) struct Known {
    pub(crate) attempt: Attempt,
    pub(crate) order: Uuid,
    /// Whether it is posted what it took.
    pub(crate) is_posted: bool,
    /// Whether it is posted what the provider keeps of that.
    pub(crate) is_fee_posted: bool,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) posted_refunds: HashSet<Uuid>,
}

/// The attempts at a provider whose money moved on a day (in UTC), by what is recorded here.
pub(crate) async fn moved_on(
    pool: &PgPool,
    provider: &str,
    day: Date,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "with moved as (
           select attempts.id, coalesce(postings.posted_at, attempts.updated_at) as at
           from attempts
           left join postings on postings.kind = 'capture' and postings.attempt = attempts.id
           where attempts.provider = $1
             and attempts.state = 'succeeded'
           union all
           select attempts.id, refunds.updated_at
           from refunds
           join attempts on attempts.id = refunds.attempt
           where attempts.provider = $1
             and refunds.state = 'succeeded'
         )
         select distinct id
         from moved
         where at >= $2::date::timestamp at time zone 'UTC'
           and at < ($2::date + 1)::timestamp at time zone 'UTC'",
    )
    .bind(provider)
    .bind(jiff_sqlx::ToSqlx::to_sqlx(day))
    .fetch_all(pool)
    .await
}

/// What is known of these attempts, as far as they were made at this provider.
pub(crate) async fn load(
    pool: &PgPool,
    provider: &str,
    ids: &[Uuid],
) -> Result<Vec<Known>, sqlx::Error> {
    let found = attempts::list_with_orders(pool, ids, provider).await?;
    let mut refunds_by_attempt: HashMap<Uuid, Vec<Refund>> = HashMap::new();
    for refund in refunds::list_of(pool, ids).await? {
        refunds_by_attempt.entry(refund.attempt).or_default().push(refund);
    }
    let posted: Vec<(String, Uuid)> = sqlx::query_as(
        "select kind, attempt
         from postings
         where kind in ('capture', 'fee')
           and attempt = any($1)
         union all
         select postings.kind, postings.refund
         from refunds
         join postings on postings.kind = 'refund' and postings.refund = refunds.id
         where refunds.attempt = any($1)",
    )
    .bind(ids)
    .fetch_all(pool)
    .await?;
    let posted: HashSet<(String, Uuid)> = posted.into_iter().collect();
    let is_posted = |kind: &str, cause: Uuid| posted.contains(&(kind.to_owned(), cause));
    Ok(found
        .into_iter()
        .map(|(attempt, order)| {
            let refunds = refunds_by_attempt.remove(&attempt.id).unwrap_or_default();
            let posted_refunds = refunds.iter().map(|refund| refund.id);
            Known {
                order,
                is_posted: is_posted("capture", attempt.id),
                is_fee_posted: is_posted("fee", attempt.id),
                posted_refunds: posted_refunds.filter(|id| is_posted("refund", *id)).collect(),
                refunds,
                attempt,
            }
        })
        .collect())
}
