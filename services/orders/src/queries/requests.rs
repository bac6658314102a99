//! SQL about the names under which programs ask for orders.

use super::{Result, select};
use crate::record::OrderRecord;
use sqlx::PgPool;
use uuid::Uuid;

/// The order of a cart that a program asked for under this name and that did not end without payment.
pub(crate) async fn find(
    pool: &PgPool,
    cart_id: &str,
    request: &[u8],
) -> Result<Option<OrderRecord>> {
    sqlx::query_as(select("cart_id = $1 and $2 = any(requests) and state <> 'cancelled'"))
        .bind(cart_id)
        .bind(request)
        .fetch_optional(pool)
        .await
}

/// Writes down one more name under which a program asked for this order.
pub(crate) async fn add(pool: &PgPool, id: Uuid, request: &[u8]) -> Result<()> {
    sqlx::query(
        "update orders
         set requests = array_append(requests, $2)
         where id = $1
           and not ($2 = any(requests))",
    )
    .bind(id)
    .bind(request)
    .execute(pool)
    .await?;
    Ok(())
}
