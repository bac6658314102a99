//! What the database refuses by itself, whoever writes to it.

use crate::world::{RETURN_URL, World, price};
use domain::payment::{AttemptState, IntentState};
use payments::RefundState;
use platform::testing::TestDatabase;
use sqlx::PgPool;
use std::time::Duration;
use uuid::Uuid;

async fn database() -> TestDatabase {
    platform::testing::postgres(payments::SCHEMA, &payments::MIGRATOR).await
}

async fn intent(pool: &PgPool) -> Uuid {
    let id = Uuid::now_v7();
    sqlx::query("insert into intents (id, order_reference, amount_minor, currency) values ($1, $2, 1900, 'EUR')")
        .bind(id)
        .bind(Uuid::now_v7())
        .execute(pool)
        .await
        .unwrap();
    id
}

async fn try_attempt(pool: &PgPool, intent: Uuid) -> Result<Uuid, sqlx::Error> {
    let id = Uuid::now_v7();
    sqlx::query(
        "insert into attempts (id, intent, provider, amount_minor, currency, return_url)
         values ($1, $2, 'sandbox', 1900, 'EUR', 'https://shop.example/')",
    )
    .bind(id)
    .bind(intent)
    .execute(pool)
    .await?;
    Ok(id)
}

/// Puts an attempt into a state, with what the state needs.
async fn put(pool: &PgPool, attempt: Uuid, state: AttemptState) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update attempts
         set state = $2,
           provider_reference = coalesce(provider_reference, id::text),
           return_url = case when attempt_is_open($2) then 'https://shop.example/' end
         where id = $1",
    )
    .bind(attempt)
    .bind(state.as_str())
    .execute(pool)
    .await?;
    Ok(())
}

async fn run(pool: &PgPool, sql: &'static str, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query(sql).bind(id).execute(pool).await?;
    Ok(())
}

fn violated(outcome: Result<impl Sized, sqlx::Error>) -> String {
    let error = outcome.err().expect("the database refuses");
    let database = error.as_database_error().unwrap_or_else(|| panic!("{error}"));
    database.constraint().unwrap_or_else(|| panic!("{database}")).to_owned()
}

#[tokio::test]
async fn the_migrations_go_up_down_and_up_again() {
    let (schema, migrator) = (payments::SCHEMA, &payments::MIGRATOR);
    let tables = platform::testing::up_down_and_up_again(schema, migrator).await;
    assert!(tables.iter().any(|table| table == "entries"), "{tables:?}");
}

#[tokio::test]
async fn the_database_and_the_domain_have_the_same_transitions() {
    let database = database().await;
    let legal = |sql: &'static str, was: &'static str, next: &'static str| {
        let pool = database.pool.clone();
        async move {
            sqlx::query_scalar::<_, bool>(sql).bind(was).bind(next).fetch_one(&pool).await.unwrap()
        }
    };
    for was in IntentState::ALL {
        for next in IntentState::ALL {
            let sql = "select intent_may_become($1, $2)";
            let answer = legal(sql, was.as_str(), next.as_str()).await;
            assert_eq!(answer, was.may_become(next), "{was:?} to {next:?}");
        }
    }
    for was in AttemptState::ALL {
        for next in AttemptState::ALL {
            let sql = "select attempt_may_become($1, $2)";
            let answer = legal(sql, was.as_str(), next.as_str()).await;
            assert_eq!(answer, was.may_become(next), "{was:?} to {next:?}");
        }
    }
    for was in RefundState::ALL {
        for next in RefundState::ALL {
            let sql = "select refund_may_become($1, $2)";
            let answer = legal(sql, was.as_str(), next.as_str()).await;
            assert_eq!(answer, was.may_become(next), "{was:?} to {next:?}");
        }
    }
}

#[tokio::test]
async fn an_attempt_takes_only_legal_steps() {
    let database = database().await;
    let pool = &database.pool;
    for was in AttemptState::ALL {
        for next in AttemptState::ALL {
            let attempt = try_attempt(pool, intent(pool).await).await.unwrap();
            put(pool, attempt, was).await.unwrap();
            let outcome = put(pool, attempt, next).await;
            if was == next || was.may_become(next) {
                outcome.unwrap();
            } else {
                assert_eq!(violated(outcome), "attempts_transition_ck", "{was:?} to {next:?}");
            }
        }
    }
    let attempt = try_attempt(pool, intent(pool).await).await.unwrap();
    let unknown = "update attempts
         set state = 'lost', provider_reference = 'p', return_url = null
         where id = $1";
    assert_eq!(violated(run(pool, unknown, attempt).await), "attempts_state_known_ck");
    let unheard = "update attempts set state = 'processing' where id = $1";
    assert_eq!(violated(run(pool, unheard, attempt).await), "attempts_reference_known_ck");
    let unforgotten = "update attempts set state = 'cancelled' where id = $1";
    assert_eq!(violated(run(pool, unforgotten, attempt).await), "attempts_return_url_forgotten_ck");
}

#[tokio::test]
async fn an_intent_takes_only_legal_steps() {
    let database = database().await;
    let pool = &database.pool;
    const PAID: &str = "update intents set state = 'paid', paid_at = now() where id = $1";
    const CANCELLED: &str = "update intents set state = 'cancelled' where id = $1";
    const REFUNDED: &str = "update intents set state = 'refunded', paid_at = now() where id = $1";
    const OPEN: &str = "update intents set state = 'open', paid_at = null where id = $1";

    let unpaid = intent(pool).await;
    assert_eq!(violated(run(pool, PAID, unpaid).await), "intents_paid_by_attempt_ck");
    assert_eq!(violated(run(pool, REFUNDED, unpaid).await), "intents_transition_ck");

    let paid = intent(pool).await;
    let attempt = try_attempt(pool, paid).await.unwrap();
    for state in [
        AttemptState::Recorded,
        AttemptState::Processing,
        AttemptState::Authorised,
        AttemptState::Succeeded,
    ] {
        put(pool, attempt, state).await.unwrap();
        assert_eq!(
            violated(run(pool, CANCELLED, paid).await),
            "intents_cancelled_without_attempt_ck"
        );
    }
    run(pool, PAID, paid).await.unwrap();
    assert_eq!(violated(run(pool, OPEN, paid).await), "intents_transition_ck");
    assert_eq!(violated(run(pool, CANCELLED, paid).await), "intents_transition_ck");
    run(pool, REFUNDED, paid).await.unwrap();
    assert_eq!(violated(run(pool, PAID, paid).await), "intents_transition_ck");

    let cancelled = intent(pool).await;
    run(pool, CANCELLED, cancelled).await.unwrap();
    assert_eq!(violated(run(pool, OPEN, cancelled).await), "intents_transition_ck");
    assert_eq!(violated(try_attempt(pool, cancelled).await), "attempts_begin_while_open_ck");
    let dearer = "update intents set amount_minor = amount_minor + 1 where id = $1";
    assert_eq!(violated(run(pool, dearer, unpaid).await), "intents_fixed_ck");
}

#[tokio::test]
async fn an_intent_has_at_most_one_attempt_that_took_money_or_may() {
    let database = database().await;
    let pool = &database.pool;
    let intent = intent(pool).await;
    let first = try_attempt(pool, intent).await.unwrap();
    for state in [
        AttemptState::Recorded,
        AttemptState::RequiresAction,
        AttemptState::Processing,
        AttemptState::Authorised,
        AttemptState::Succeeded,
    ] {
        put(pool, first, state).await.unwrap();
        let second = try_attempt(pool, intent).await;
        assert_eq!(violated(second), "one_capture_per_intent_uq", "{state:?}");
    }
}

#[tokio::test]
async fn what_an_attempt_charges_is_what_is_owed_and_does_not_change() {
    let database = database().await;
    let pool = &database.pool;
    let intent = intent(pool).await;
    let cheaper = "insert into attempts (id, intent, provider, amount_minor, currency, return_url)
         values (gen_random_uuid(), $1, 'sandbox', 1899, 'EUR', '')";
    assert_eq!(violated(run(pool, cheaper, intent).await), "attempts_charge_what_is_owed_fk");
    let begun = "insert into attempts (id, intent, provider, amount_minor, currency, state)
         values (gen_random_uuid(), $1, 'sandbox', 1900, 'EUR', 'cancelled')";
    assert_eq!(violated(run(pool, begun, intent).await), "attempts_begin_recorded_ck");
    let attempt = try_attempt(pool, intent).await.unwrap();
    put(pool, attempt, AttemptState::Processing).await.unwrap();
    let renamed = "update attempts set provider_reference = 'other' where id = $1";
    assert_eq!(violated(run(pool, renamed, attempt).await), "attempts_fixed_ck");
}

#[tokio::test]
async fn no_more_goes_back_than_was_captured() {
    let world = World::new().await;
    let pool = &world.database.pool;
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap().id;
    let refund = |minor: i64, key: &'static str| async move {
        sqlx::query(
            "insert into refunds (id, attempt, amount_minor, idempotency_key, reason)
             values ($1, $2, $3, $4, 'test')",
        )
        .bind(Uuid::now_v7())
        .bind(attempt)
        .bind(minor)
        .bind(key)
        .execute(pool)
        .await
    };
    assert_eq!(violated(refund(1_901, "a").await), "refunds_within_captured_ck");
    refund(1_000, "a").await.unwrap();
    assert_eq!(violated(refund(900, "a").await), "one_refund_per_key_uq");
    assert_eq!(violated(refund(901, "b").await), "refunds_within_captured_ck");
    refund(900, "b").await.unwrap();
    assert_eq!(violated(refund(1, "c").await), "refunds_within_captured_ck");

    let failed = "update refunds set state = 'failed', failure_code = 'x' where attempt = $1";
    run(pool, failed, attempt).await.unwrap();
    let back = "update refunds set state = 'succeeded', failure_code = null,
         provider_reference = 're_1' where attempt = $1";
    assert_eq!(violated(run(pool, back, attempt).await), "refunds_transition_ck");
    refund(price().minor(), "a").await.unwrap();

    let unpaid = try_attempt(pool, intent(pool).await).await.unwrap();
    let early = "insert into refunds (id, attempt, amount_minor, idempotency_key, reason)
         values (gen_random_uuid(), $1, 1, 'k', 'test')";
    assert_eq!(violated(run(pool, early, unpaid).await), "refunds_within_captured_ck");
}

#[tokio::test]
async fn the_sweeper_is_told_of_what_stopped_half_way_and_of_nothing_else() {
    let world = World::new().await;
    let (untried, under_way, declined, unposted, posted) = (
        world.order().await,
        world.order().await,
        world.order().await,
        world.order().await,
        world.order().await,
    );
    for (order, token) in [
        (under_way, "tok_challenge"),
        (declined, "tok_declined"),
        (unposted, "tok_ok"),
        (posted, "tok_ok"),
    ] {
        world.payments.pay(order, RETURN_URL, Some(token)).await.unwrap();
    }
    world.payments.post_capture(posted).await.unwrap();
    let unfinished = world.payments.list_unfinished(Duration::ZERO, 10).await.unwrap();
    assert_eq!(unfinished, [under_way, unposted]);
    assert_eq!(world.payments.list_unfinished(Duration::ZERO, 1).await.unwrap(), [under_way]);
    let old = world.payments.list_unfinished(Duration::from_secs(60), 10).await.unwrap();
    assert!(old.is_empty());
    assert!(world.payments.standing(untried).await.unwrap().last_attempt.is_none());
}

#[tokio::test]
async fn the_attempt_that_counts_is_not_chosen_by_a_clock() {
    let world = World::new().await;
    let order = world.order().await;
    for token in ["tok_declined", "tok_ok"] {
        world.payments.pay(order, RETURN_URL, Some(token)).await.unwrap();
    }
    let skewed =
        "update attempts set created_at = now() + interval '1 hour' where state = 'declined'";
    sqlx::query(skewed).execute(&world.database.pool).await.unwrap();
    assert!(world.payments.standing(order).await.unwrap().is_captured());
}
