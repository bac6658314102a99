//! What lies on the shelves: deliveries and counts, slips and miscounts.

use sandbox::wms::{Begin, Faults, Habits};
use serde_json::{Value, json};

use crate::world::{World, quick, until};

#[tokio::test]
async fn what_a_supplier_brings_is_told_and_what_is_no_delivery_is_refused() {
    let world = World::working(&[], |config| config.begin = Begin::Empty).await;
    let brought = json!({"warehouse": "lyon", "lines": [{"sku": "LAMP", "quantity": 12}]});
    assert_eq!(world.post("/test/receive", brought).await.status(), 204);
    world.rests().await;
    assert_eq!(world.store.level("lyon", "LAMP").on_hand, 12);
    assert_eq!(world.believes("lyon", "LAMP").await, 12);
    for wrong in [
        json!({"warehouse": "moon", "lines": [{"sku": "LAMP", "quantity": 1}]}),
        json!({"warehouse": "lyon", "lines": [{"sku": "LAMP", "quantity": 0}]}),
        json!({"warehouse": "lyon", "lines": [{"sku": "LAMP", "quantity": 1_000_000_000_000_i64}]}),
        json!({"warehouse": "lyon", "lines": []}),
        json!({"lines": 1}),
    ] {
        assert_eq!(world.post("/test/receive", wrong.clone()).await.status(), 422, "{wrong}");
    }
    assert_eq!(world.believes("lyon", "LAMP").await, 12);
}

#[tokio::test]
async fn a_slip_of_the_pen_lasts_until_the_next_count() {
    let faults = Faults { slips: 1_000, ..Faults::default() };
    let world = World::working(&[("berlin", "LAMP", 10)], |config| config.faults = faults).await;
    world.store.allocates(uuid::Uuid::now_v7(), "berlin", &[("LAMP", 3)]);
    until("it is sent", async || world.store.level("berlin", "LAMP").on_hand == 7).await;
    world.rests().await;
    let believed = world.believes("berlin", "LAMP").await;
    assert!(believed == 6 || believed == 8, "{believed}");
    assert_eq!(world.post("/test/count", Value::Null).await.status(), 204);
    world.rests().await;
    assert_eq!(world.believes("berlin", "LAMP").await, 7);
    assert_eq!(world.store.level("berlin", "LAMP").on_hand, 7);
}

#[tokio::test]
async fn a_miscount_is_told_and_the_next_count_mends_it() {
    let faults = Faults { miscounts: 1_000, ..Faults::default() };
    let world = World::working(&[("berlin", "LAMP", 10)], |config| config.faults = faults).await;
    world.post("/test/count", Value::Null).await;
    world.rests().await;
    let believed = world.believes("berlin", "LAMP").await;
    assert!(believed == 9 || believed == 11, "{believed}");
    assert_eq!(world.store.level("berlin", "LAMP").on_hand, believed);
    world.post("/test/faults", json!({"miscounts": 0})).await;
    world.post("/test/count", Value::Null).await;
    world.rests().await;
    assert_eq!(world.believes("berlin", "LAMP").await, 10);
    assert_eq!(world.store.level("berlin", "LAMP").on_hand, 10);
}

#[tokio::test]
async fn a_count_that_the_store_cannot_take_yet_is_told_again() {
    let world = World::with(&[("berlin", "LAMP", 10)]).await;
    // The store has promised all of them to an order that the warehouse does not hear of.
    world.store.books.lock().unwrap().levels.values_mut().for_each(|level| level.allocated = 10);
    world.post("/test/faults", json!({"miscounts": 1_000})).await;
    until("fewer are counted than there are", async || {
        world.post("/test/count", Value::Null).await;
        world.believes("berlin", "LAMP").await == 9
    })
    .await;
    let refused = async || world.state().await["refused"].as_array().unwrap().len() == 1;
    until("it is refused", refused).await;
    // A count of one too many may have been taken before.
    assert!(world.store.level("berlin", "LAMP").on_hand >= 10);
    world.store.books.lock().unwrap().levels.values_mut().for_each(|level| level.allocated = 0);
    world.rests().await;
    assert_eq!(world.store.level("berlin", "LAMP").on_hand, 9);
}

#[tokio::test]
async fn people_count_and_suppliers_come_by_themselves() {
    let habits = Habits { receive_every_ms: 20, count_every_ms: 30, ..quick() };
    let world = World::working(&[("berlin", "LAMP", 10)], |config| config.habits = habits).await;
    until("goods come", async || world.store.told("received").len() >= 3).await;
    let counts = async || {
        let books = world.store.books.lock().unwrap();
        books.requests.iter().filter(|body| body.get("as_of").is_some()).count() >= 2
    };
    until("counts come", counts).await;
    let idle = serde_json::to_value(quick()).unwrap();
    assert_eq!(world.post("/test/habits", idle).await.status(), 200);
    world.rests().await;
    assert_eq!(world.believes("berlin", "LAMP").await, world.store.level("berlin", "LAMP").on_hand);
}
