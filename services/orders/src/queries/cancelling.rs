//! SQL about paid orders that somebody wants cancelled.

use super::Result;
use domain::order::Actor;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Remembers who wants an order cancelled and why, until it is or cannot be any more. Whoever wanted it first stays.
pub(crate) async fn remember(
    connection: &mut PgConnection,
    id: Uuid,
    by: Actor,
    why: Option<&str>,
) -> Result<()> {
    sqlx::query(
        "update orders
         set cancelling_by = $2, cancelling_why = $3
         where id = $1
           and cancelling_by is null",
    )
    .bind(id)
    .bind(by.as_str())
    .bind(why)
    .execute(connection)
    .await?;
    Ok(())
}

/// Who wants the order cancelled, and why.
pub(crate) async fn find(
    connection: &mut PgConnection,
    id: Uuid,
) -> Result<Option<(String, Option<String>)>> {
    sqlx::query_as(
        "select cancelling_by, cancelling_why
         from orders
         where id = $1
           and cancelling_by is not null",
    )
    .bind(id)
    .fetch_optional(connection)
    .await
}

/// Forgets it: it came to an end, one way or the other.
pub(crate) async fn forget(connection: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query("update orders set cancelling_by = null, cancelling_why = null where id = $1")
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Orders whose cancellation was begun, and stopped half-way or is under way.
pub(crate) async fn list(pool: &PgPool, limit: i64) -> Result<Vec<Uuid>> {
    sqlx::query_scalar("select id from orders where cancelling_by is not null order by id limit $1")
        .bind(limit)
        .fetch_all(pool)
        .await
}
