//! All that is known of an order, in the order in which it happened, for a person who has to find out what went wrong.

use super::{diary::Diary, shop::Shop};
use std::fmt::Write;
use uuid::Uuid;

/// The story of an order.
pub async fn of(shop: &Shop, diary: &Diary, order: Uuid) -> String {
    let pool = &shop.store.database.pool;
    let number: Option<String> =
        sqlx::query_scalar("select number from orders.orders where id = $1")
            .bind(order)
            .fetch_optional(pool)
            .await
            .unwrap();
    let number = number.unwrap_or_else(|| "an order that was never written".to_owned());
    let lines: Vec<(String, String)> = sqlx::query_as(
        "with attempts_of as (
           select attempts.*
           from payments.attempts
           join payments.intents on intents.id = attempts.intent
           where order_reference = $1
         )
         select to_char(at, 'HH24:MI:SS.MS'), said
         from (
           select placed_at as at,
             format('order    %s for %s %s, of cart %s v%s; now %s', id, total_minor, currency, cart_id,
               cart_version, state) as said
           from orders.orders where id = $1
           union all
           select occurred_at, format('timeline %s %s', kind, facts)
           from orders.events where order_id = $1
           union all
           select occurred_at, format('told     %s, relayed %s', payload, relayed_at)
           from orders.outbox where key = $2
           union all
           select created_at, format('attempt  %s recorded at %s', id, provider) from attempts_of
           union all
           select updated_at, format('attempt  %s is %s as %s', id, state, provider_reference)
           from attempts_of
           union all
           select refunds.updated_at,
             format('refund   %s of %s is %s', refunds.id, refunds.amount_minor, refunds.state)
           from payments.refunds join attempts_of on attempts_of.id = refunds.attempt
           union all
           select posted_at,
             format('posting  %s: %s', kind, string_agg(account || ' ' || entries.amount_minor, ', '))
           from payments.postings
           join payments.entries on entries.posting = postings.id
           left join payments.refunds on refunds.id = postings.refund
           join attempts_of on attempts_of.id = coalesce(postings.attempt, refunds.attempt)
           group by postings.id, posted_at, kind
           union all
           select received_at,
             format('webhook  %s %s, %s deliveries, acted on %s', event_id, kind, deliveries, processed_at)
           from payments.provider_events
           where payment_reference in (select provider_reference from attempts_of)
           union all
           select recorded_at,
             format('stock    %s %s in %s: on hand %s, held %s, allocated %s', kind, sku, warehouse, on_hand,
               held, allocated)
           from inventory.movements where reference = $1
         ) as happened
         order by at",
    )
    .bind(order)
    .bind(&number)
    .fetch_all(pool)
    .await
    .unwrap();
    let mut story = format!("the story of {number} ({order})\n");
    for (at, said) in lines {
        let _ = writeln!(story, "  {at} {said}");
    }
    for payment in at_provider(shop, order).await {
        let _ = writeln!(story, "  the provider: {payment}");
    }
    for line in diary.of(&number) {
        let _ = writeln!(story, "  the customer: {line}");
    }
    story
}

/// What the provider has of an order's attempts, and how it told of it.
async fn at_provider(shop: &Shop, order: Uuid) -> Vec<String> {
    let attempts: Vec<String> = sqlx::query_scalar(
        "select attempts.id::text
         from payments.attempts
         join payments.intents on intents.id = attempts.intent
         where order_reference = $1
         order by attempts.created_at",
    )
    .bind(order)
    .fetch_all(&shop.store.database.pool)
    .await
    .unwrap();
    let mut told = Vec::new();
    for attempt in attempts {
        let list = shop.asks_provider(&format!("v1/payments?reference={attempt}")).await;
        for payment in list["data"].as_array().into_iter().flatten() {
            told.push(payment.to_string());
            let id = payment["id"].as_str().unwrap_or_default();
            told.push(shop.asks_provider(&format!("test/payments/{id}/events")).await.to_string());
        }
    }
    told
}
