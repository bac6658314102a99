//! What is told when availability changes, and what is not.

use crate::stockroom::{MINUTES, Stockroom, order, sku, want};
use domain::stock::StockClass;
use inventory::{StockChanged, event::TOPIC};

/// What was told so far, in order, and the outbox emptied.
async fn told(room: &Stockroom) -> Vec<StockChanged> {
    let rows: Vec<(String, String, serde_json::Value)> =
        sqlx::query_as("select topic, key, payload from outbox order by position")
            .fetch_all(&room.database.pool)
            .await
            .unwrap();
    sqlx::query("delete from outbox").execute(&room.database.pool).await.unwrap();
    let event = |(topic, key, payload): (String, String, serde_json::Value)| {
        let event: StockChanged = serde_json::from_value(payload.clone()).unwrap();
        assert_eq!((topic.as_str(), key.as_str()), (TOPIC, event.sku.as_str()));
        // Nothing is told that the type does not know.
        assert_eq!(serde_json::to_value(&event).unwrap(), payload);
        event
    };
    rows.into_iter().map(event).collect()
}

#[tokio::test]
async fn every_number_has_the_class_that_the_domain_gives_it() {
    let room = Stockroom::empty().await;
    let mut before = 0;
    for count in [1, 2, 5, 6, 7, 5, 4, 0, 6, 0] {
        room.inventory.set_levels("north", &[(sku("mug"), count)], "count").await.unwrap();
        let events = told(&room).await;
        let (class, class_before) = (StockClass::of(count), StockClass::of(before));
        if class == class_before {
            assert!(events.is_empty(), "{before} to {count}: {events:?}");
        } else {
            assert_eq!(events.len(), 1, "{before} to {count}");
            assert_eq!((events[0].available, events[0].class), (count, class));
            let changed = std::mem::discriminant(&class) != std::mem::discriminant(&class_before);
            assert_eq!(events[0].class_changed, changed, "{before} to {count}");
        }
        before = count;
    }
}

#[tokio::test]
async fn sales_out_of_plenty_are_not_told_and_the_last_ones_are() {
    let room = Stockroom::with(&[("north", "mug", 5), ("south", "mug", 4)]).await;
    told(&room).await;
    let buy = async |quantity| {
        room.inventory.hold(order(), &[want("mug", quantity)], MINUTES).await.unwrap();
        told(&room).await
    };
    // 9 to 6: plenty before and after.
    assert!(buy(3).await.is_empty());
    // 6 to 5: few left now.
    let events = buy(1).await;
    assert_eq!(events[0].class, StockClass::FewLeft { left: 5 });
    assert!(events[0].class_changed);
    // 5 to 3: still few, but another number.
    let events = buy(2).await;
    assert_eq!((events[0].available, events[0].class_changed), (3, false));
    // 3 to 0, out of two warehouses: told once.
    let events = buy(3).await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].class, events[0].class_changed), (StockClass::SoldOut, true));
}

#[tokio::test]
async fn paying_tells_nothing_and_giving_back_does() {
    let room = Stockroom::with(&[("north", "mug", 2), ("north", "cup", 1)]).await;
    let (paid, given_back) = (order(), order());
    room.inventory.hold(paid, &[want("mug", 1)], MINUTES).await.unwrap();
    room.inventory.hold(given_back, &[want("mug", 1), want("cup", 1)], MINUTES).await.unwrap();
    told(&room).await;
    room.inventory.allocate(paid).await.unwrap();
    assert!(told(&room).await.is_empty());
    room.inventory.release(given_back).await.unwrap();
    let mut events = told(&room).await;
    events.sort_by(|a, b| a.sku.cmp(&b.sku));
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|event| event.available == 1 && event.class_changed));
}

#[tokio::test]
async fn a_hold_that_is_refused_tells_nothing() {
    let room = Stockroom::with(&[("north", "mug", 2)]).await;
    told(&room).await;
    room.inventory.hold(order(), &[want("mug", 3)], MINUTES).await.unwrap_err();
    assert!(told(&room).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_grow_with_every_event_of_a_sku_and_the_last_one_is_true() {
    let room = Stockroom::with(&[("north", "mug", 3)]).await;
    let workers = (0..10).map(|number| {
        let inventory = room.inventory.clone();
        tokio::spawn(async move {
            let warehouse = if number % 2 == 0 { "north" } else { "south" };
            inventory.receive(warehouse, &[(sku("mug"), 1)], "delivery", None).await.unwrap();
            let (reference, wish) = (order(), [want("mug", 2)]);
            if inventory.hold(reference, &wish, MINUTES).await.is_ok() && number % 3 == 0 {
                inventory.release(reference).await.unwrap();
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    let events = told(&room).await;
    assert!(events.is_sorted_by(|a, b| a.version < b.version), "{events:#?}");
    assert_eq!(events.last().unwrap().available, room.available("mug").await);
}

#[tokio::test]
async fn who_looks_knows_which_events_are_older_than_what_was_found() {
    let room = Stockroom::with(&[("north", "mug", 4), ("south", "mug", 2)]).await;
    let mug = sku("mug");
    let look = async || room.inventory.stock(std::slice::from_ref(&mug)).await.unwrap()[&mug];
    let before = look().await;
    assert_eq!(before.available, 6);
    assert!(told(&room).await.iter().all(|event| event.version <= before.version));
    room.inventory.hold(order(), &[want("mug", 3)], MINUTES).await.unwrap();
    let events = told(&room).await;
    let after = look().await;
    assert!(events[0].version > before.version);
    assert_eq!((events[0].available, events[0].version), (after.available, after.version));
    let unknown = sku("nowhere");
    let found = room.inventory.stock(std::slice::from_ref(&unknown)).await.unwrap();
    assert_eq!(found[&unknown], inventory::StockNow::default());
}

#[tokio::test]
async fn the_relay_is_woken() {
    let room = Stockroom::empty().await;
    let mut listener = sqlx::postgres::PgListener::connect(&room.database.url).await.unwrap();
    listener.listen("inventory_outbox").await.unwrap();
    room.inventory.receive("north", &[(sku("mug"), 1)], "delivery", None).await.unwrap();
    let woken = tokio::time::timeout(std::time::Duration::from_secs(5), listener.recv()).await;
    assert_eq!(woken.unwrap().unwrap().channel(), "inventory_outbox");
}
