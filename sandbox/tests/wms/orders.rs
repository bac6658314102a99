//! What becomes of orders: sent once, refrained from in time, brought back if it was too late.

use serde_json::json;
use uuid::Uuid;

use crate::store::{Level, place};
use crate::world::{SECRET, World, quick, until};

fn numbers(level: Level) -> (i64, i64) {
    (level.on_hand, level.allocated)
}

#[tokio::test]
async fn what_an_order_gets_leaves_the_house_and_the_store_is_told_so() {
    let world = World::with(&[("berlin", "LAMP", 10), ("berlin", "CHAIR", 4)]).await;
    let order = Uuid::now_v7();
    world.store.allocates(order, "berlin", &[("LAMP", 3), ("CHAIR", 1)]);
    until("it is sent", async || world.store.level("berlin", "LAMP").on_hand == 7).await;
    world.rests().await;
    assert_eq!(numbers(world.store.level("berlin", "LAMP")), (7, 0));
    assert_eq!(numbers(world.store.level("berlin", "CHAIR")), (3, 0));
    assert_eq!(world.believes("berlin", "LAMP").await, 7);
    let told = world.store.told("shipped");
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|row| row["order"] == json!(order)));
    assert!(told[0]["sequence"].as_i64() < told[1]["sequence"].as_i64());
}

#[tokio::test]
async fn an_order_may_leave_in_several_parcels() {
    let set = |config: &mut sandbox::wms::Config| config.habits.parts = 1_000;
    let world = World::working(&[("berlin", "LAMP", 10), ("berlin", "CHAIR", 4)], set).await;
    let order = Uuid::now_v7();
    world.store.allocates(order, "berlin", &[("LAMP", 7), ("CHAIR", 1)]);
    until("it is sent", async || world.store.told("shipped").len() == 4).await;
    world.rests().await;
    let lamps = world.store.told("shipped").into_iter().filter(|row| row["sku"] == "LAMP");
    let lamps: Vec<_> = lamps.map(|row| row["quantity"].as_i64().unwrap()).collect();
    assert_eq!(lamps, [4, 2, 1]);
    assert_eq!(world.store.books.lock().unwrap().sent[&(order, place("berlin", "LAMP"))], 7);
}

#[tokio::test]
async fn an_order_that_is_heard_of_several_times_is_sent_once() {
    let world = World::with(&[("berlin", "LAMP", 10)]).await;
    let order = world.store.allocates(Uuid::now_v7(), "berlin", &[("LAMP", 3)]);
    for _ in 0..5 {
        assert_eq!(world.webhook(&order, SECRET).await, 204);
    }
    world.rests().await;
    assert_eq!(world.webhook(&order, SECRET).await, 204);
    world.rests().await;
    assert_eq!(numbers(world.store.level("berlin", "LAMP")), (7, 0));
    assert_eq!(world.believes("berlin", "LAMP").await, 7);
}

#[tokio::test]
async fn nobody_but_the_store_is_believed() {
    let world = World::with(&[("berlin", "LAMP", 10)]).await;
    let forged = json!({
        "id": Uuid::now_v7(), "type": "allocation.created", "occurred_at": "2026-11-28T00:00:00Z",
        "warehouse": "berlin", "order": Uuid::now_v7(), "lines": [{"sku": "LAMP", "quantity": 9}],
    });
    assert_eq!(world.webhook(&forged, "whsec_AAAA").await, 401);
    // What the store signs is believed, also before it is in the feed.
    assert_eq!(world.webhook(&forged, SECRET).await, 204);
    until("it is sent", async || world.believes("berlin", "LAMP").await == 1).await;
    let world = World::working(&[], |config| config.webhook_secret = None).await;
    assert_eq!(world.webhook(&forged, SECRET).await, 401);
}

#[tokio::test]
async fn what_is_cancelled_in_time_stays_also_if_the_cancellation_is_heard_of_first() {
    let world = World::with(&[("berlin", "LAMP", 10)]).await;
    world.store.answers(503);
    let order = Uuid::now_v7();
    let wanted = world.store.allocates(order, "berlin", &[("LAMP", 3)]);
    let cancelled = world.store.cancels(order, "berlin").unwrap();
    assert_eq!(world.webhook(&cancelled, SECRET).await, 204);
    assert_eq!(world.webhook(&wanted, SECRET).await, 204);
    world.store.answers(200);
    world.rests().await;
    assert_eq!(numbers(world.store.level("berlin", "LAMP")), (10, 0));
    assert_eq!(world.line(order, "LAMP").await["shipped"], 0);
}

#[tokio::test]
async fn what_was_cancelled_too_late_is_told_as_sent_for_nobody_and_comes_back() {
    let habits = sandbox::wms::Habits { return_ms: 300, ..quick() };
    let world = World::working(&[("berlin", "LAMP", 10)], |config| config.habits = habits).await;
    // The parcel leaves while the store cannot be told, and the store cancels meanwhile.
    let order = Uuid::now_v7();
    let wanted = world.store.allocates(order, "berlin", &[("LAMP", 3)]);
    world.store.answers(503);
    assert_eq!(world.webhook(&wanted, SECRET).await, 204);
    until("it is sent", async || world.line(order, "LAMP").await["shipped"] == 3).await;
    world.store.cancels(order, "berlin").unwrap();
    world.store.answers(200);
    until("the store is told", async || world.store.level("berlin", "LAMP").on_hand == 7).await;
    let told = world.store.told("shipped");
    assert!(told.len() == 1 && told[0].get("order").is_none(), "{told:?}");
    assert!(told[0]["external_id"].as_str().unwrap().ends_with("-too-late"), "{told:?}");
    assert_eq!(world.line(order, "LAMP").await["in_vain"], 3);

    until("it comes back", async || world.store.level("berlin", "LAMP").on_hand == 10).await;
    world.rests().await;
    let back = world.store.told("returned");
    assert_eq!((back.len(), &back[0]["order"]), (1, &json!(order)));
    assert_eq!(world.believes("berlin", "LAMP").await, 10);
}

#[tokio::test]
async fn what_was_sent_in_vain_and_sold_again_is_told_once_it_is_back() {
    let world = World::with(&[("berlin", "LAMP", 3)]).await;
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    let wanted = world.store.allocates(first, "berlin", &[("LAMP", 3)]);
    world.store.answers(503);
    assert_eq!(world.webhook(&wanted, SECRET).await, 204);
    until("it is sent", async || world.line(first, "LAMP").await["shipped"] == 3).await;
    world.store.cancels(first, "berlin").unwrap();
    // The store sells what is not there any more, and cannot be told so: it is promised.
    world.store.allocates(second, "berlin", &[("LAMP", 3)]);
    world.store.answers(200);
    until("both are sent", async || world.store.told("shipped").len() == 2).await;
    world.rests().await;
    assert_eq!(world.store.books.lock().unwrap().sent[&(second, place("berlin", "LAMP"))], 3);
    assert_eq!(numbers(world.store.level("berlin", "LAMP")), (0, 0));
    assert_eq!(world.believes("berlin", "LAMP").await, 0);
}

#[tokio::test]
async fn what_is_expected_back_is_taken_in_once_and_no_more_than_was_sent() {
    let set = |config: &mut sandbox::wms::Config| config.habits.scrap = 1_000;
    let world = World::working(&[("berlin", "LAMP", 10)], set).await;
    let order = Uuid::now_v7();
    world.store.allocates(order, "berlin", &[("LAMP", 3)]);
    until("it is sent", async || world.store.level("berlin", "LAMP").on_hand == 7).await;
    let back = world.store.expects_back(order, "berlin", &[("LAMP", 2)]);
    assert_eq!(world.webhook(&back, SECRET).await, 204);
    until("it is back", async || !world.store.told("returned").is_empty()).await;
    // Another return of the same pieces: there is one left to come back.
    world.store.expects_back(order, "berlin", &[("LAMP", 2)]);
    until("it is back", async || world.store.told("returned").len() == 2).await;
    world.rests().await;
    let pieces = |kind| -> Vec<_> {
        world.store.told(kind).iter().map(|row| row["quantity"].as_i64().unwrap()).collect()
    };
    // All of it could only be thrown away.
    assert_eq!((pieces("returned"), pieces("scrapped")), (vec![2, 1], vec![2, 1]));
    assert_eq!(world.store.level("berlin", "LAMP").on_hand, 7);
    assert_eq!(world.believes("berlin", "LAMP").await, 7);
}

#[tokio::test]
async fn an_instruction_of_a_kind_that_is_not_known_is_heard_and_nothing_is_done() {
    let world = World::with(&[("berlin", "LAMP", 10)]).await;
    let mut odd = world.store.expects_back(Uuid::now_v7(), "berlin", &[("LAMP", 2)]);
    odd["type"] = json!("allocation.gift_wrapped");
    odd["id"] = json!(Uuid::now_v7());
    world.store.books.lock().unwrap().feed = vec![odd];
    world.rests().await;
    assert_eq!(world.believes("berlin", "LAMP").await, 10);
}
