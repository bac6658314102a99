//! All SQL of the service: here that about keys.

pub mod endpoints;
pub mod letters;
pub mod webhooks;

use crate::{
    key::{ApiKey, KeyHash, KeyId, KeyKind},
    keys::KeyRecord,
    scope::{Scope, Scopes},
};
use sqlx::PgPool;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    kind: String,
    scopes: Vec<String>,
    secret_hash: Vec<u8>,
    created_at: jiff_sqlx::Timestamp,
    last_used_at: Option<jiff_sqlx::Timestamp>,
    revoked_at: Option<jiff_sqlx::Timestamp>,
}

impl From<Row> for KeyRecord {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            // The database knows no third kind; what is not known may least.
            kind: KeyKind::parse(&row.kind).unwrap_or(KeyKind::Publishable),
            scopes: Scopes::known(&row.scopes),
            hash: KeyHash::stored(&row.secret_hash),
            created_at: row.created_at.to_jiff(),
            last_used_at: row.last_used_at.map(|at| at.to_jiff()),
            revoked_at: row.revoked_at.map(|at| at.to_jiff()),
        }
    }
}

/// Keeps a new key.
pub async fn add(
    pool: &PgPool,
    key: &ApiKey,
    name: &str,
    scopes: &Scopes,
) -> Result<(), sqlx::Error> {
    let scopes: Vec<_> = scopes.iter().map(Scope::as_str).collect();
    sqlx::query(
        "insert into api_keys (id, name, kind, scopes, secret_hash)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(key.id().as_str())
    .bind(name)
    .bind(key.kind().as_str())
    .bind(scopes)
    .bind(key.hash().as_bytes())
    .execute(pool)
    .await?;
    Ok(())
}

/// All keys, the newest first.
pub async fn list(pool: &PgPool) -> Result<Vec<KeyRecord>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, name, kind, scopes, secret_hash, created_at, last_used_at, revoked_at
         from api_keys
         order by created_at desc, id",
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(KeyRecord::from).collect())
}

/// The key of an id.
pub async fn find(pool: &PgPool, id: &KeyId) -> Result<Option<KeyRecord>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(
        "select id, name, kind, scopes, secret_hash, created_at, last_used_at, revoked_at
         from api_keys
         where id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(pool)
    .await?;
    Ok(row.map(KeyRecord::from))
}

/// Ends a key; whether it had not ended before.
pub async fn revoke(pool: &PgPool, id: &KeyId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update api_keys
         set revoked_at = now()
         where id = $1
           and revoked_at is null",
    )
    .bind(id.as_str())
    .execute(pool)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Writes down a use, unless one was written within the last minute.
pub async fn note_use(pool: &PgPool, id: &KeyId) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update api_keys
         set last_used_at = now()
         where id = $1
           and (last_used_at is null or last_used_at < now() - interval '1 minute')",
    )
    .bind(id.as_str())
    .execute(pool)
    .await?;
    Ok(())
}
