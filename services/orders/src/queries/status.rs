//! SQL about how orders stand: the statuses that they are filtered by.

use super::Result;
use crate::list::{Cursor, OrderFilter};
use domain::order::{FulfilmentStatus, PaymentStatus};
use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

/// A row of a list.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct SummaryRecord {
    pub id: Uuid,
    pub number: String,
    pub state: String,
    pub payment_status: String,
    pub fulfilment_status: String,
    pub email: String,
    pub currency: String,
    pub total_minor: i64,
    pub refunded_minor: i64,
    pub placed_at: jiff_sqlx::Timestamp,
}

/// How the money stands, of an order whose lock is held.
pub(crate) async fn set_payment(
    connection: &mut PgConnection,
    id: Uuid,
    status: PaymentStatus,
    refunded_minor: i64,
) -> Result<()> {
    sqlx::query("update orders set payment_status = $2, refunded_minor = $3 where id = $1")
        .bind(id)
        .bind(status.as_str())
        .bind(refunded_minor)
        .execute(connection)
        .await?;
    Ok(())
}

/// How the goods stand, of an order whose lock is held.
pub(crate) async fn set_fulfilment(
    connection: &mut PgConnection,
    id: Uuid,
    status: FulfilmentStatus,
) -> Result<()> {
    sqlx::query("update orders set fulfilment_status = $2 where id = $1")
        .bind(id)
        .bind(status.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// At most so many orders that the filter lets through, newest first.
pub(crate) async fn list(
    pool: &PgPool,
    filter: &OrderFilter,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<SummaryRecord>> {
    let mut query = QueryBuilder::<Postgres>::new(
        "select id, number, state, payment_status, fulfilment_status, email, currency, total_minor,
           refunded_minor, placed_at
         from orders
         where true",
    );
    // States are written out, not bound: an index that holds some of them only is used for what it holds. They are
    // names of this program's own.
    if let Some(state) = filter.state {
        query.push(" and state = '").push(state.as_str()).push("'");
    }
    if let Some(status) = filter.payment_status {
        query.push(" and payment_status = '").push(status.as_str()).push("'");
    }
    if let Some(status) = filter.fulfilment {
        // Only paid orders have goods to send; others are not what is asked for.
        query.push(" and state = 'paid' and fulfilment_status = '").push(status.as_str()).push("'");
    }
    if let Some(email) = &filter.email {
        query.push(" and email = ").push_bind(email.as_str().to_owned());
    }
    if let Some(Cursor { placed_at, id }) = after {
        query.push(" and (placed_at, id) < (timestamptz 'epoch' + ");
        query.push_bind(placed_at.as_microsecond()).push(" * interval '1 microsecond', ");
        query.push_bind(*id).push(")");
    }
    query.push(" order by placed_at desc, id desc limit ").push_bind(limit);
    query.build_query_as().fetch_all(pool).await
}
