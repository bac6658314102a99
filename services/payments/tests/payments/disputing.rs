//! Money that a shopper's bank takes back, and what becomes of it.

use crate::world::{RETURN_URL, World};
use domain::{
    money::{Currency, Money},
    payment::DisputeState,
};
use payments::Error;
use serde_json::json;
use uuid::Uuid;

/// An order that is paid and posted, and the provider's name for its payment.
async fn paid(world: &World) -> (Uuid, String) {
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    world.payments.post_capture(order).await.unwrap();
    world.webhooks(1).await;
    (order, attempt.provider_reference.unwrap())
}

async fn take_in_all(world: &World, count: usize) -> Vec<String> {
    let webhooks = world.webhooks(count).await;
    for webhook in &webhooks {
        world.take_in(webhook).await.unwrap();
    }
    webhooks.iter().map(|webhook| webhook.kind()).collect()
}

async fn events(world: &World) -> Vec<String> {
    sqlx::query_scalar("select payload ->> 'event' from outbox order by position")
        .fetch_all(&world.database.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_disputed_is_on_an_account_of_its_own_until_it_is_decided() {
    let world = World::new().await;
    for (verdict, state) in [("won", DisputeState::Won), ("lost", DisputeState::Lost)] {
        let (order, payment) = paid(&world).await;
        world
            .dispute(&payment, "dispute", json!({"amount_minor": 1_200, "reason": "never came"}))
            .await;
        assert_eq!(take_in_all(&world, 1).await, ["dispute.opened"]);
        let dispute = world.payments.disputes(order).await.unwrap().remove(0);
        assert_eq!((dispute.state, dispute.amount.minor()), (DisputeState::Opened, 1_200));
        assert_eq!((dispute.reason.as_str(), dispute.fee.minor()), ("never came", 1_500));
        let books = world.books(order).await;
        assert_eq!((books["disputed"], books["fee"]), (1_200, 1_551));
        assert_eq!(books["provider_clearing/sandbox"], 1_900 - 51 - 1_200 - 1_500);

        world.dispute(&payment, "decide", json!({"verdict": verdict})).await;
        take_in_all(&world, 1).await;
        let dispute = world.payments.disputes(order).await.unwrap().remove(0);
        assert_eq!(dispute.state, state);
        let books = world.books(order).await;
        assert_eq!(books["disputed"], 0);
        let lost = books.get("dispute_loss").copied().unwrap_or_default();
        assert_eq!(lost, if state == DisputeState::Lost { 1_200 } else { 0 });
        assert_eq!(books["provider_clearing/sandbox"], 1_900 - 51 - 1_500 - lost);
    }
    assert_eq!(
        events(&world).await,
        ["captured", "disputed", "dispute_won", "captured", "disputed", "dispute_lost"]
    );
}

#[tokio::test]
async fn webhooks_of_a_dispute_in_any_order_and_number_end_in_the_same_books() {
    let world = World::new().await;
    let (order, payment) = paid(&world).await;
    world.dispute(&payment, "dispute", json!({})).await;
    world.dispute(&payment, "decide", json!({"verdict": "lost"})).await;
    let webhooks = world.webhooks(2).await;
    let mut deliveries = tokio::task::JoinSet::new();
    for webhook in webhooks.iter().rev().cycle().take(8).cloned() {
        let payments = world.payments.clone();
        deliveries.spawn(async move {
            payments.receive_webhook(&webhook.headers, &webhook.body).await.unwrap();
        });
    }
    deliveries.join_all().await;
    assert_eq!(world.count("select count(*) from disputes").await, 1);
    let books = world.books(order).await;
    assert_eq!((books["disputed"], books["dispute_loss"], books["fee"]), (0, 1_900, 1_551));
    assert_eq!(events(&world).await, ["captured", "disputed", "dispute_lost"]);
}

#[tokio::test]
async fn what_is_disputed_does_not_go_back_a_second_time() {
    let world = World::new().await;
    let (order, payment) = paid(&world).await;
    world.dispute(&payment, "dispute", json!({"amount_minor": 1_500})).await;
    let amount = Money::new(500, Currency::EUR);
    let refused = world.payments.refund(order, "a", amount, "returned").await;
    assert!(matches!(refused, Err(Error::RefundRefused { .. })), "{refused:?}");
    assert_eq!(world.only_payment().await["refunded_minor"], 0);
}

#[tokio::test]
async fn a_dispute_whose_webhooks_were_lost_is_found_by_the_providers_list() {
    let world = World::new().await;
    let (order, payment) = paid(&world).await;
    world.dispute(&payment, "dispute", json!({"amount_minor": 700})).await;
    world.dispute(&payment, "decide", json!({"verdict": "won"})).await;
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let told = world.payments.reconcile(today).await.unwrap();
    assert_eq!((told.movements, told.differences.len()), (3, 2), "{told:?}");
    assert!(told.differences.iter().all(|difference| difference.order == Some(order)));
    assert!(world.payments.reconcile_and_mend(today).await.unwrap().agrees());
    let books = world.books(order).await;
    assert_eq!((books["disputed"], books["provider_clearing/sandbox"]), (0, 1_900 - 51 - 1_500));
}

#[tokio::test]
async fn the_database_refuses_an_illegal_dispute() {
    let world = World::new().await;
    let (_, payment) = paid(&world).await;
    world.dispute(&payment, "dispute", json!({"amount_minor": 700})).await;
    take_in_all(&world, 1).await;
    world.dispute(&payment, "decide", json!({"verdict": "won"})).await;
    take_in_all(&world, 1).await;
    for (statement, constraint) in [
        (
            "insert into disputes (id, attempt, provider_reference, amount_minor, fee_minor, reason)
             select gen_random_uuid(), id, 'dp_1', 1901, 0, '' from attempts",
            "disputes_within_captured_ck",
        ),
        (
            "insert into disputes (id, attempt, provider_reference, amount_minor, fee_minor, reason, state,
               decided_at)
             select gen_random_uuid(), id, 'dp_1', 1, 0, '', 'lost', now() from attempts",
            "disputes_begin_opened_ck",
        ),
        ("update disputes set state = 'lost'", "disputes_transition_ck"),
        ("update disputes set state = 'opened', decided_at = null", "disputes_transition_ck"),
        ("update disputes set amount_minor = 1", "disputes_fixed_ck"),
        (
            "insert into disputes (id, attempt, provider_reference, amount_minor, fee_minor, reason)
             select gen_random_uuid(), attempt, provider_reference, 1, 0, '' from disputes",
            "disputes_once_uq",
        ),
    ] {
        let refused = sqlx::query(statement).execute(&world.database.pool).await.unwrap_err();
        let violated = refused.as_database_error().and_then(|error| error.constraint());
        assert_eq!(violated, Some(constraint), "{statement}");
    }
}
