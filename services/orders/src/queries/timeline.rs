//! SQL about the timeline of an order: it is only ever added to.

use super::Result;
use domain::order::{Actor, Happened};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A row of the timeline.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct EventRecord {
    pub kind: String,
    pub facts: Value,
    pub actor: String,
    pub why: Option<String>,
    pub occurred_at: jiff_sqlx::Timestamp,
}

/// Writes down what happened to an order, who did it, and why in their words.
pub(crate) async fn record(
    connection: &mut PgConnection,
    order: Uuid,
    by: Actor,
    happened: &Happened,
    why: Option<&str>,
) -> Result<()> {
    let (kind, facts) = kind_and_facts(happened)?;
    sqlx::query(
        "insert into events (order_id, kind, facts, actor, why) values ($1, $2, $3, $4, $5)",
    )
    .bind(order)
    .bind(kind)
    .bind(facts)
    .bind(by.as_str())
    .bind(why)
    .execute(connection)
    .await?;
    Ok(())
}

/// What happened to an order, oldest first.
pub(crate) async fn list(pool: &PgPool, order: Uuid) -> Result<Vec<EventRecord>> {
    sqlx::query_as(
        "select kind, facts, actor, why, occurred_at
         from events
         where order_id = $1
         order by id",
    )
    .bind(order)
    .fetch_all(pool)
    .await
}

/// The kind is a column of its own, the facts are what is left.
fn kind_and_facts(happened: &Happened) -> Result<(String, Value)> {
    let encode = |error: serde_json::Error| sqlx::Error::Encode(error.into());
    let mut facts = serde_json::to_value(happened).map_err(encode)?;
    let kind = facts.as_object_mut().and_then(|facts| facts.remove("kind"));
    match kind {
        Some(Value::String(kind)) => Ok((kind, facts)),
        _ => Err(sqlx::Error::Encode("what happened has no kind".into())),
    }
}
