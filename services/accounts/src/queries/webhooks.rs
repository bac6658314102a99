//! SQL about what is sent to those who want to be told.

use crate::webhooks::{Heard, Message};
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use std::{collections::HashMap, time::Duration};
use uuid::Uuid;

/// How far what a source tells was taken over.
pub async fn cursor(pool: &PgPool, source: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("select cursor from webhook_sources where name = $1")
        .bind(source)
        .fetch_optional(pool)
        .await
}

/// Takes messages over for the endpoints that want them, if the source is still where the caller believes; whether
/// it is.
pub async fn carry(
    pool: &PgPool,
    source: &str,
    after: Option<&str>,
    next: &str,
    messages: &[Message],
) -> Result<bool, sqlx::Error> {
    let all = || messages.iter();
    let carried: i64 = sqlx::query_scalar(
        "with carried as (
           insert into webhook_sources as source (name, cursor)
           values ($1, $3)
           on conflict (name) do update
           set cursor = excluded.cursor
           where source.cursor = $2
           returning name
         ), wanted as (
           select endpoint.id as endpoint, message.*
           from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
             as message (id, type, place, body, occurred_at)
           join webhook_endpoints as endpoint
             on message.type = any(endpoint.types)
             and (cardinality(endpoint.places) = 0 or message.place = any(endpoint.places))
           where exists (select from carried)
         ), kept as (
           insert into webhook_messages (id, type, place, body, occurred_at)
           select distinct on (id) id, type, place, body, occurred_at
           from wanted
           on conflict (id) do nothing
         ), sent as (
           insert into webhook_deliveries (endpoint, message)
           select endpoint, id
           from wanted
           order by occurred_at, id
           on conflict (endpoint, message) do nothing
         )
         select count(*)
         from carried",
    )
    .bind(source)
    .bind(after)
    .bind(next)
    .bind(all().map(|message| message.id).collect::<Vec<_>>())
    .bind(all().map(|message| message.kind.as_str()).collect::<Vec<_>>())
    .bind(all().map(|message| message.place.as_deref()).collect::<Vec<_>>())
    .bind(all().map(Message::body).collect::<Vec<_>>())
    .bind(all().map(|message| message.occurred_at.to_sqlx()).collect::<Vec<_>>())
    .fetch_one(pool)
    .await?;
    Ok(carried > 0)
}

/// Takes messages over for the endpoints that want them.
pub async fn hand_over(pool: &PgPool, messages: &[Message]) -> Result<(), sqlx::Error> {
    let all = || messages.iter();
    sqlx::query(
        "with wanted as (
           select endpoint.id as endpoint, message.*
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
             as message (id, type, place, body, occurred_at)
           join webhook_endpoints as endpoint
             on message.type = any(endpoint.types)
             and (cardinality(endpoint.places) = 0 or message.place = any(endpoint.places))
         ), kept as (
           insert into webhook_messages (id, type, place, body, occurred_at)
           select distinct on (id) id, type, place, body, occurred_at
           from wanted
           on conflict (id) do nothing
         )
         insert into webhook_deliveries (endpoint, message)
         select endpoint, id
         from wanted
         order by occurred_at, id
         on conflict (endpoint, message) do nothing",
    )
    .bind(all().map(|message| message.id).collect::<Vec<_>>())
    .bind(all().map(|message| message.kind.as_str()).collect::<Vec<_>>())
    .bind(all().map(|message| message.place.as_deref()).collect::<Vec<_>>())
    .bind(all().map(Message::body).collect::<Vec<_>>())
    .bind(all().map(|message| message.occurred_at.to_sqlx()).collect::<Vec<_>>())
    .execute(pool)
    .await?;
    Ok(())
}

/// A delivery that somebody has taken, with all that is needed to send it.
#[derive(sqlx::FromRow)]
pub struct Due {
    pub id: i64,
    pub lease: Uuid,
    pub attempts: i32,
    pub earlier_attempts: i32,
    pub endpoint: Uuid,
    pub url: String,
    pub secret: Vec<u8>,
    /// While it holds.
    pub former_secret: Option<Vec<u8>>,
    pub message: Uuid,
    pub body: String,
}

/// Takes what is due: of each endpoint up to so many, less those that the caller is sending to it already. Nobody
/// else takes the same before the lease ends.
pub async fn take(
    pool: &PgPool,
    busy: &HashMap<Uuid, u32>,
    at_once: u32,
    lease: Duration,
) -> Result<Vec<Due>, sqlx::Error> {
    let (endpoints, counts): (Vec<_>, Vec<_>) =
        busy.iter().map(|(endpoint, count)| (*endpoint, i64::from(*count))).unzip();
    sqlx::query_as(
        "with due as materialized (
           select waiting.id
           from webhook_endpoints as target
           left join unnest($1::uuid[], $2::bigint[]) as busy (endpoint, messages)
             on busy.endpoint = target.id
           cross join lateral (
             select delivery.id
             from webhook_deliveries as delivery
             where delivery.endpoint = target.id
               and delivery.state = 'waiting'
               and delivery.next_at <= now()
             order by delivery.next_at
             limit greatest($3 - coalesce(busy.messages, 0), 0)
             for update skip locked
           ) as waiting
           where target.disabled_at is null
         ), taken as (
           update webhook_deliveries as delivery
           set
             attempts = delivery.attempts + 1,
             lease = $4,
             next_at = now() + make_interval(secs => $5)
           from due
           where delivery.id = due.id
           returning delivery.*
         )
         select
           taken.id, taken.lease, taken.attempts, taken.earlier_attempts, taken.endpoint, taken.message,
           target.url, target.secret, message.body,
           case when target.former_until > now() then target.former_secret end as former_secret
         from taken
         join webhook_endpoints as target on target.id = taken.endpoint
         join webhook_messages as message on message.id = taken.message",
    )
    .bind(endpoints)
    .bind(counts)
    .bind(i64::from(at_once))
    .bind(Uuid::now_v7())
    .bind(lease.as_secs_f64())
    .fetch_all(pool)
    .await
}

/// Writes down what was heard of a delivery, and when it is tried again, if ever. Nothing, if somebody else has it
/// by now.
pub async fn note(
    pool: &PgPool,
    due: &Due,
    heard: &Heard,
    took: Duration,
    wait: Option<Duration>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with noted as (
           update webhook_deliveries
           set
             state = case
               when $5::text is null then 'delivered'
               when $6::double precision is null then 'dead'
               else 'waiting'
             end,
             ended_at = case when $5::text is null or $6::double precision is null then now() end,
             next_at = now() + make_interval(secs => coalesce($6, 0)),
             lease = null
           where id = $1
             and lease = $2
           returning id, attempts
         )
         insert into webhook_attempts (delivery, number, milliseconds, status, failure)
         select id, attempts, $3, $4, $5
         from noted",
    )
    .bind(due.id)
    .bind(due.lease)
    .bind(i32::try_from(took.as_millis()).unwrap_or(i32::MAX))
    .bind(heard.status.map(|status| i16::try_from(status).unwrap_or(i16::MAX)))
    .bind(&heard.failure)
    .bind(wait.map(|wait| wait.as_secs_f64()))
    .execute(pool)
    .await?;
    Ok(())
}
