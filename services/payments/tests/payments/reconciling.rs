//! The provider's list of the day and the books, held against each other over the wire: each kind of
//! difference is planted, found, explained, and mended if it can be.

use crate::world::{RETURN_URL, SECRET, World};
use domain::payment::IntentState;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use payments::{DifferenceKind, Reconciled, Refunded};
use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

/// The day on which a test began; none of them takes until midnight of the next.
fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

async fn paid(world: &World) -> Uuid {
    let order = world.order().await;
    world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    world.payments.post_capture(order).await.unwrap();
    order
}

/// What differs, in the words before the colon.
fn found(reconciled: &Reconciled) -> Vec<String> {
    let words = reconciled.differences.iter().map(|difference| {
        let told = difference.to_string();
        let (_, rest) = told.split_once(": ").unwrap();
        rest.split_once(':').unwrap().0.to_owned()
    });
    words.collect()
}

/// Statements that the database would refuse, by whoever can switch its triggers off.
async fn force(world: &World, statements: &[&'static str]) {
    let mut transaction = world.database.pool.begin().await.unwrap();
    for word in ["disable", "enable"] {
        for table in ["attempts", "refunds", "postings", "entries"] {
            let switch = format!("alter table {table} {word} trigger user");
            sqlx::query(AssertSqlSafe(switch)).execute(&mut *transaction).await.unwrap();
        }
        for statement in statements.iter().filter(|_| word == "disable") {
            let changed = sqlx::query(*statement).execute(&mut *transaction).await.unwrap();
            assert!(changed.rows_affected() > 0, "{statement}");
        }
    }
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_day_like_any_other_agrees() {
    let world = World::new().await;
    for number in 0..60 {
        let order = paid(&world).await;
        if number % 3 == 0 {
            world
                .payments
                .refund(order, "a", domain::Money::new(500, domain::Currency::EUR), "?")
                .await
                .unwrap();
        }
    }
    let declined = world.order().await;
    world.payments.pay(declined, RETURN_URL, Some("tok_declined")).await.unwrap();
    let day = today();
    let reconciled = world.payments.reconcile(day).await.unwrap();
    // More than fits into one part of the provider's list.
    assert_eq!(reconciled.movements, 80);
    assert!(reconciled.agrees() && reconciled.differences.is_empty(), "{reconciled:?}");
    let before = world.payments.reconcile(day.yesterday().unwrap()).await.unwrap();
    assert_eq!((before.movements, before.differences.len()), (0, 0));
}

#[tokio::test]
async fn money_that_was_taken_unheard_is_missing_here_and_mended() {
    let world = World::new().await;
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, None).await.unwrap();
    world.fill_in(&attempt.redirect_url.unwrap(), "card", "success").await;
    let reconciled = world.payments.reconcile(today()).await.unwrap();
    assert_eq!(found(&reconciled), ["missing here"]);
    assert!(!reconciled.agrees());
    let told = reconciled.differences[0].to_string();
    assert!(told.contains("€19.00 taken") && told.contains("requires_action"), "{told}");
    assert!(told.contains(&order.to_string()), "{told}");

    let mended = world.payments.reconcile_and_mend(today()).await.unwrap();
    assert!(mended.agrees() && mended.differences[0].is_mended, "{mended:?}");
    let standing = world.payments.standing(order).await.unwrap();
    assert_eq!(standing.intent.state, IntentState::Paid);
    assert!(world.payments.reconcile(today()).await.unwrap().differences.is_empty());
}

#[tokio::test]
async fn money_of_an_attempt_that_had_ended_here_is_found_too() {
    let world = World::new().await;
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, None).await.unwrap();
    let page = attempt.redirect_url.unwrap();
    sqlx::query("update attempts set state = 'cancelled', return_url = null, redirect_url = null")
        .execute(&world.database.pool)
        .await
        .unwrap();
    world.fill_in(&page, "card", "success").await;
    let mended = world.payments.reconcile_and_mend(today()).await.unwrap();
    assert_eq!((found(&mended), mended.agrees()), (vec!["missing here".to_owned()], true));
}

#[tokio::test]
async fn a_payment_that_is_none_of_ours_is_told_and_cannot_be_mended() {
    let world = World::new().await;
    paid(&world).await;
    world.foreign_payment("another shop's", Some("tok_ok")).await;
    world.foreign_payment(&Uuid::now_v7().to_string(), Some("tok_ok")).await;
    let mended = world.payments.reconcile_and_mend(today()).await.unwrap();
    assert_eq!(found(&mended), ["missing here", "missing here"]);
    assert!(!mended.agrees());
    let told = mended.differences[0].to_string();
    assert!(told.contains("no payment of ours") && told.contains("€5.00"), "{told}");
}

#[tokio::test]
async fn what_was_given_back_by_hand_is_missing_here_and_mended() {
    let world = World::new().await;
    let order = paid(&world).await;
    let payment = world.only_payment().await;
    let url =
        format!("http://{}/v1/payments/{}/refunds", world.psp(), payment["id"].as_str().unwrap());
    let request = world.client.post(url).bearer_auth(SECRET).json(&json!({"amount_minor": 400}));
    let answer = request.header("idempotency-key", "by-hand").send().await.unwrap();
    assert!(answer.status().is_success());
    let reconciled = world.payments.reconcile(today()).await.unwrap();
    assert_eq!(found(&reconciled), ["missing here"]);
    assert!(reconciled.differences[0].to_string().contains("€4.00 given back"));
    assert!(world.payments.reconcile_and_mend(today()).await.unwrap().agrees());
    assert_eq!(world.payments.captured(order).await.unwrap().unwrap().refunded.minor(), 400);
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_missing_here_and_mended_under_its_name() {
    let world = World::new().await;
    let order = paid(&world).await;
    world.faults(json!({"lose_answers": 1})).await;
    let lost = world.payments.refund_all(order, "no stock").await.unwrap();
    assert!(matches!(lost, Refunded::Pending(_)), "{lost:?}");
    assert_eq!(found(&world.payments.reconcile(today()).await.unwrap()), ["missing here"]);
    assert!(world.payments.reconcile_and_mend(today()).await.unwrap().agrees());
    assert_eq!(world.only_payment().await["refunds"].as_array().unwrap().len(), 1);
    assert_eq!(world.count("select count(*) from refunds").await, 1);
}

#[tokio::test]
async fn what_only_we_believe_is_missing_there() {
    let world = World::new().await;
    let order = world.order().await;
    world.payments.pay(order, RETURN_URL, Some("tok_challenge")).await.unwrap();
    sqlx::query(
        "update attempts
         set state = 'succeeded',
           return_url = null,
           redirect_url = null,
           fee_minor = 51",
    )
    .execute(&world.database.pool)
    .await
    .unwrap();
    world.payments.post_capture(order).await.unwrap();
    sqlx::query(
        "insert into refunds (id, attempt, amount_minor, idempotency_key, reason)
         select gen_random_uuid(), id, 100, 'made up', 'made up'
         from attempts",
    )
    .execute(&world.database.pool)
    .await
    .unwrap();
    sqlx::query("update refunds set state = 'succeeded', provider_reference = 're_made_up'")
        .execute(&world.database.pool)
        .await
        .unwrap();
    let mended = world.payments.reconcile_and_mend(today()).await.unwrap();
    assert_eq!(found(&mended), ["missing there", "missing there"]);
    assert!(!mended.agrees());
    assert!(mended.differences[0].to_string().contains("€19.00 taken"));
    assert!(mended.differences[1].to_string().contains("€1.00 given back"));
}

#[tokio::test]
async fn another_amount_here_than_there_is_told_and_not_mended() {
    let world = World::new().await;
    let order = paid(&world).await;
    let amount = domain::Money::new(500, domain::Currency::EUR);
    world.payments.refund(order, "a", amount, "damaged").await.unwrap();
    force(
        &world,
        &["update attempts set captured_minor = 1800", "update refunds set amount_minor = 400"],
    )
    .await;
    let mended = world.payments.reconcile_and_mend(today()).await.unwrap();
    assert_eq!(found(&mended), ["other amount", "other amount"]);
    assert!(!mended.agrees());
    let told = mended.differences[0].to_string();
    assert!(told.contains("€18.00 taken here, €19.00 there"), "{told}");
}

#[tokio::test]
async fn what_was_not_posted_is_told_and_posted() {
    let world = World::new().await;
    let order = world.order().await;
    world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    let reconciled = world.payments.reconcile(today()).await.unwrap();
    assert_eq!(found(&reconciled), ["not posted"]);
    assert!(world.payments.reconcile_and_mend(today()).await.unwrap().agrees());
    assert_eq!(world.owed(order).await, -1_900);

    // Nor is it for good when the ledger loses a line.
    let amount = domain::Money::new(500, domain::Currency::EUR);
    world.payments.refund(order, "a", amount, "damaged").await.unwrap();
    force(
        &world,
        &[
            "delete from entries where posting in (select id from postings where kind = 'refund')",
            "delete from postings where kind = 'refund'",
        ],
    )
    .await;
    let mended = world.payments.reconcile_and_mend(today()).await.unwrap();
    assert_eq!((found(&mended), mended.agrees()), (vec!["not posted".to_owned()], true));
    assert_eq!(world.owed(order).await, -1_400);
}

#[tokio::test]
async fn a_fee_is_unknown_until_it_is_told_and_then_posted() {
    let world = World::new().await;
    world.faults(json!({"withhold_fees": true})).await;
    let order = paid(&world).await;
    let mended = world.payments.reconcile_and_mend(today()).await.unwrap();
    assert_eq!((found(&mended), mended.agrees()), (vec!["fee unknown".to_owned()], false));
    world.faults(json!({"withhold_fees": false})).await;
    let told = world.payments.reconcile(today()).await.unwrap().differences.remove(0);
    assert!(matches!(told.kind, DifferenceKind::FeeUnknown { there: Some(_) }), "{told}");
    assert!(told.to_string().contains("€0.51"), "{told}");
    assert!(world.payments.reconcile_and_mend(today()).await.unwrap().agrees());
    assert_eq!(world.books(order).await["fee"], 51);

    force(&world, &["update attempts set fee_minor = 50"]).await;
    let mended = world.payments.reconcile_and_mend(today()).await.unwrap();
    assert_eq!((found(&mended), mended.agrees()), (vec!["other fee".to_owned()], false));
}
