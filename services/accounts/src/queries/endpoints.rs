//! SQL about those who want to be told.

use crate::webhooks::EndpointNow;
use sqlx::PgPool;
use std::time::Duration;
use uuid::Uuid;

/// Keeps a new endpoint.
pub async fn add_endpoint(
    pool: &PgPool,
    id: Uuid,
    url: &str,
    types: &[String],
    places: &[String],
    secret: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into webhook_endpoints (id, url, types, places, secret)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(url)
    .bind(types)
    .bind(places)
    .bind(secret)
    .execute(pool)
    .await?;
    Ok(())
}

/// All endpoints, the oldest first, with what they have not taken.
pub async fn list_endpoints(pool: &PgPool) -> Result<Vec<EndpointNow>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: Uuid,
        url: String,
        types: Vec<String>,
        places: Vec<String>,
        created_at: jiff_sqlx::Timestamp,
        disabled_at: Option<jiff_sqlx::Timestamp>,
        waiting: i64,
        dead: i64,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "select
           id, url, types, places, created_at, disabled_at,
           (
             select count(*)
             from webhook_deliveries
             where endpoint = webhook_endpoints.id
               and state = 'waiting'
           ) as waiting,
           (
             select count(*)
             from webhook_deliveries
             where endpoint = webhook_endpoints.id
               and state = 'dead'
           ) as dead
         from webhook_endpoints
         order by created_at, id",
    )
    .fetch_all(pool)
    .await?;
    let now = |row: Row| {
        let Row { id, url, types, places, created_at, disabled_at, waiting, dead } = row;
        let created_at = created_at.to_jiff();
        let disabled_at = disabled_at.map(|at| at.to_jiff());
        EndpointNow { id, url, types, places, created_at, disabled_at, waiting, dead }
    };
    Ok(rows.into_iter().map(now).collect())
}

/// Whether there is such an endpoint.
pub async fn is_endpoint(pool: &PgPool, id: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from webhook_endpoints where id = $1)")
        .bind(id)
        .fetch_one(pool)
        .await
}

/// Puts a secret in the place of the one there is, which holds for some time yet; whether there is such an endpoint.
pub async fn rotate(
    pool: &PgPool,
    id: Uuid,
    secret: &[u8],
    former_for: Duration,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update webhook_endpoints
         set
           secret = $2,
           former_secret = secret,
           former_until = now() + make_interval(secs => $3)
         where id = $1",
    )
    .bind(id)
    .bind(secret)
    .bind(former_for.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Sends nothing there any more; whether there is such an endpoint.
pub async fn disable(pool: &PgPool, id: Uuid) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update webhook_endpoints
         set disabled_at = coalesce(disabled_at, now())
         where id = $1",
    )
    .bind(id)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Sends there again; whether there is such an endpoint.
pub async fn enable(pool: &PgPool, id: Uuid) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update webhook_endpoints
         set disabled_at = null
         where id = $1",
    )
    .bind(id)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() > 0)
}
