//! The books: posted once, balanced, and never rewritten.

use crate::world::{RETURN_URL, World, price};
use domain::{
    money::{Currency, Money},
    payment::IntentState,
};
use payments::{Error, Happening, PaymentEvent, Settled};
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

/// The constraint that a statement violated.
fn violated(outcome: Result<impl Sized, sqlx::Error>) -> String {
    let error = outcome.err().expect("the database refuses");
    let database = error.as_database_error().unwrap_or_else(|| panic!("{error}"));
    database.constraint().unwrap_or_else(|| panic!("{database}")).to_owned()
}

async fn captured(world: &World) -> (Uuid, Uuid) {
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    (order, attempt.id)
}

/// Begins a posting for a capture in a transaction of its own.
async fn begin_posting(connection: &mut PgConnection, attempt: Uuid) -> Uuid {
    let posting = Uuid::now_v7();
    sqlx::query("insert into postings (id, kind, attempt) values ($1, 'capture', $2)")
        .bind(posting)
        .bind(attempt)
        .execute(&mut *connection)
        .await
        .unwrap();
    sqlx::query("insert into accounts (code, kind) values ('a', 'asset'), ('b', 'asset') on conflict do nothing")
        .execute(connection)
        .await
        .unwrap();
    posting
}

async fn enter(
    connection: &mut PgConnection,
    posting: Uuid,
    account: &str,
    minor: i64,
    currency: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into entries (posting, account, amount_minor, currency) values ($1, $2, $3, $4)",
    )
    .bind(posting)
    .bind(account)
    .bind(minor)
    .bind(currency)
    .execute(connection)
    .await?;
    Ok(())
}

#[tokio::test]
async fn a_capture_is_posted_once_however_many_finish_the_order() {
    let world = World::new().await;
    let (order, attempt) = captured(&world).await;
    assert_eq!(world.payments.list_unfinished(Duration::ZERO, 10).await.unwrap(), [order]);
    let mut finishing = JoinSet::new();
    for _ in 0..20 {
        let payments = world.payments.clone();
        finishing.spawn(async move { payments.post_capture(order).await.unwrap() });
    }
    let settled = finishing.join_all().await;
    assert_eq!(settled.iter().filter(|settled| matches!(settled, Settled::Now(_))).count(), 1);
    for settled in &settled {
        assert_eq!((settled.capture().attempt, settled.capture().amount), (attempt, price()));
    }

    let standing = world.payments.standing(order).await.unwrap();
    assert_eq!(standing.intent.state, IntentState::Paid);
    assert!(standing.intent.paid_at.is_some());
    assert!(world.payments.list_unfinished(Duration::ZERO, 10).await.unwrap().is_empty());
    let balances: Vec<(String, i64, i64)> = world
        .payments
        .trial_balance()
        .await
        .unwrap()
        .into_iter()
        .map(|balance| (balance.account, balance.debit.minor(), balance.credit.minor()))
        .collect();
    assert_eq!(
        balances,
        [
            ("customer_receivable".to_owned(), 0, 1_900),
            ("fee".to_owned(), 51, 0),
            ("provider_clearing/sandbox".to_owned(), 1_900, 51),
        ]
    );

    let (topic, key, payload): (String, String, serde_json::Value) =
        sqlx::query_as("select topic, key, payload from outbox")
            .fetch_one(&world.database.pool)
            .await
            .unwrap();
    assert_eq!((topic.as_str(), key), (payments::TOPIC, order.to_string()));
    let event: PaymentEvent = serde_json::from_value(payload).unwrap();
    assert_eq!(event.event, Happening::Captured);
    assert_eq!((event.order, event.attempt, event.amount), (order, attempt, price()));
}

#[tokio::test]
async fn nothing_is_posted_for_an_order_that_was_not_paid() {
    let world = World::new().await;
    let order = world.order().await;
    world.payments.pay(order, RETURN_URL, Some("tok_declined")).await.unwrap();
    let refused = world.payments.post_capture(order).await;
    assert!(matches!(refused, Err(Error::NothingCaptured { .. })), "{refused:?}");
    assert!(world.payments.trial_balance().await.unwrap().is_empty());
}

#[tokio::test]
async fn debits_and_credits_of_every_currency_are_equal() {
    let world = World::new().await;
    for (minor, currency) in [(1_900, Currency::EUR), (50_000, Currency::JPY), (7, Currency::EUR)] {
        let order = Uuid::now_v7();
        world.payments.open_intent(order, Money::new(minor, currency)).await.unwrap();
        world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
        world.payments.post_capture(order).await.unwrap();
        if minor == 7 {
            world.payments.refund_all(order, "small").await.unwrap();
        }
    }
    let balances = world.payments.trial_balance().await.unwrap();
    for currency in [Currency::EUR, Currency::JPY] {
        let of = balances.iter().filter(|balance| balance.debit.currency() == currency);
        let (debit, credit) = of.fold((0, 0), |(debit, credit), balance| {
            (debit + balance.debit.minor(), credit + balance.credit.minor())
        });
        assert_eq!(debit, credit, "{currency:?}");
        assert!(debit > 0, "{currency:?}");
    }
}

#[tokio::test]
async fn the_database_refuses_a_posting_that_does_not_balance() {
    let world = World::new().await;
    let (_, attempt) = captured(&world).await;
    let unbalanced: [&[(&str, i64, &str)]; 5] = [
        &[],
        &[("a", 5, "EUR")],
        &[("a", 5, "EUR"), ("b", -4, "EUR")],
        &[("a", 5, "EUR"), ("b", -5, "USD")],
        &[("a", 5, "EUR"), ("b", -5, "EUR"), ("b", 1, "USD")],
    ];
    let mut connection = world.database.pool.acquire().await.unwrap();
    for entries in unbalanced {
        let mut transaction = connection.begin().await.unwrap();
        let posting = begin_posting(&mut transaction, attempt).await;
        for (account, minor, currency) in entries {
            enter(&mut transaction, posting, account, *minor, currency).await.unwrap();
        }
        assert_eq!(violated(transaction.commit().await), "postings_balance_ck", "{entries:?}");
    }
    let mut transaction = connection.begin().await.unwrap();
    let posting = begin_posting(&mut transaction, attempt).await;
    let nothing = enter(&mut transaction, posting, "a", 0, "EUR").await;
    assert_eq!(violated(nothing), "entries_amount_not_zero_ck");
    drop(transaction);
    assert_eq!(world.count("select count(*) from postings").await, 0);
}

#[tokio::test]
async fn the_database_refuses_to_rewrite_the_books() {
    let world = World::new().await;
    let (order, attempt) = captured(&world).await;
    world.payments.post_capture(order).await.unwrap();
    let mut connection = world.database.pool.acquire().await.unwrap();
    for statement in [
        "update entries set amount_minor = amount_minor * 2",
        "delete from entries",
        "truncate entries",
        "update postings set posted_at = now()",
        "delete from postings",
        "truncate postings, entries",
    ] {
        let outcome = sqlx::query(statement).execute(&mut *connection).await;
        assert_eq!(violated(outcome), "ledger_append_only_ck", "{statement}");
    }
    // Nor does a posting grow once it is committed, balanced or not.
    let posting: Uuid = sqlx::query_scalar("select id from postings where kind = 'capture'")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    let late = enter(&mut connection, posting, "customer_receivable", 1, "EUR").await;
    assert_eq!(violated(late), "entries_with_their_posting_ck");
    let twice = sqlx::query("insert into postings (id, kind, attempt) values ($1, 'capture', $2)")
        .bind(Uuid::now_v7())
        .bind(attempt)
        .execute(&mut *connection)
        .await;
    assert_eq!(violated(twice), "posted_once_per_attempt_uq");
}
