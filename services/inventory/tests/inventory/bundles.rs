//! Bundles: sold as one, lying as many.

use crate::stockroom::{MINUTES, Stockroom, order, part, sku, want};
use domain::stock::{Recipe, Shortage, StockClass};
use inventory::{BundleError, HoldError, StockChanged};

/// A tea set is a pot and four cups.
async fn with_tea_set(stock: &[(&str, &str, u32)]) -> Stockroom {
    let room = Stockroom::with(stock).await;
    let components = [(sku("pot"), 1), (sku("cup"), 4)];
    room.inventory.define_bundle(&sku("set"), &components).await.unwrap();
    forget(&room).await;
    room
}

async fn forget(room: &Stockroom) {
    sqlx::query("delete from outbox").execute(&room.database.pool).await.unwrap();
}

/// What was told of bundles since, the oldest first.
async fn told_of_set(room: &Stockroom) -> Vec<StockChanged> {
    let rows: Vec<serde_json::Value> =
        sqlx::query_scalar("select payload from outbox where key = 'set' order by position")
            .fetch_all(&room.database.pool)
            .await
            .unwrap();
    forget(room).await;
    rows.into_iter().map(|payload| serde_json::from_value(payload).unwrap()).collect()
}

#[tokio::test]
async fn as_many_can_be_bought_as_the_components_allow_all_warehouses_together() {
    let stock = [("north", "pot", 3), ("north", "cup", 5), ("south", "cup", 6)];
    let room = with_tea_set(&stock).await;
    // Eleven cups are two sets and three cups.
    assert_eq!((room.available("set").await, room.available("cup").await), (2, 11));
    let held = room.inventory.hold(order(), &[want("set", 2)], MINUTES).await.unwrap();
    assert_eq!(held, [part("north", "cup", 5), part("south", "cup", 3), part("north", "pot", 2)]);
    assert_eq!((room.available("set").await, room.available("cup").await), (0, 3));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn lines_that_share_a_component_are_summed_and_a_shortage_names_what_was_asked_for() {
    let room = with_tea_set(&[("north", "pot", 9), ("north", "cup", 9)]).await;
    let lines = [want("set", 2), want("cup", 2)];
    let error = room.inventory.hold(order(), &lines, MINUTES).await.unwrap_err();
    let HoldError::OutOfStock(shortages) = error else { panic!("{error}") };
    assert_eq!(shortages, [Shortage { sku: sku("set"), left: 1 }]);
    let lines = [want("set", 2), want("cup", 1)];
    let held = room.inventory.hold(order(), &lines, MINUTES).await.unwrap();
    assert_eq!(held, [part("north", "cup", 9), part("north", "pot", 2)]);
}

#[tokio::test]
async fn an_order_that_holds_bundles_is_told_how_many() {
    let room = with_tea_set(&[("north", "pot", 3), ("north", "cup", 12)]).await;
    let (sets, cups) = (order(), order());
    room.inventory.hold(sets, &[want("set", 2), want("cup", 1)], MINUTES).await.unwrap();
    room.inventory.hold(cups, &[want("cup", 3)], MINUTES).await.unwrap();
    let held = room.inventory.held_for(&[sets]).await.unwrap();
    let expected = [(sku("cup"), 9), (sku("pot"), 2), (sku("set"), 2)];
    assert_eq!(held.into_iter().collect::<Vec<_>>(), expected);
    let held = room.inventory.held_for(&[cups]).await.unwrap();
    assert_eq!(held.into_iter().collect::<Vec<_>>(), [(sku("cup"), 3)]);
}

#[tokio::test]
async fn a_bundle_with_a_component_that_is_nowhere_cannot_be_bought() {
    let room = with_tea_set(&[("north", "cup", 9)]).await;
    assert_eq!(room.available("set").await, 0);
    let error = room.inventory.hold(order(), &[want("set", 1)], MINUTES).await.unwrap_err();
    assert_eq!(error.to_string(), "out of stock: only 0 of set left");
}

#[tokio::test]
async fn the_same_hold_of_a_bundle_again_is_the_same_hold() {
    let room = with_tea_set(&[("north", "pot", 2), ("north", "cup", 9)]).await;
    let reference = order();
    let first = room.inventory.hold(reference, &[want("set", 2)], MINUTES).await.unwrap();
    let again = room.inventory.hold(reference, &[want("set", 2)], MINUTES).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(room.count("select count(*) from movements where kind = 'held'").await, 2);
    assert_eq!(room.inventory.allocate(reference).await.unwrap().allocations, first);
}

#[tokio::test]
async fn a_movement_of_a_component_tells_of_the_bundle() {
    let room = with_tea_set(&[("north", "pot", 20), ("north", "cup", 30)]).await;
    let version = async || room.inventory.stock(&[sku("set")]).await.unwrap()[&sku("set")].version;
    // Seven sets; three cups go, and six are left: plenty still.
    room.inventory.hold(order(), &[want("cup", 3)], MINUTES).await.unwrap();
    assert!(told_of_set(&room).await.is_empty());
    room.inventory.hold(order(), &[want("cup", 4)], MINUTES).await.unwrap();
    let events = told_of_set(&room).await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].available, events[0].class_changed), (5, true));
    assert_eq!(events[0].version, version().await);
    // Pots are what is short now, and each of a change's SKUs is told.
    let reference = order();
    room.inventory.hold(reference, &[want("pot", 20)], MINUTES).await.unwrap();
    let sold_out = told_of_set(&room).await;
    assert_eq!((sold_out[0].class, sold_out.len()), (StockClass::SoldOut, 1));
    assert!(sold_out[0].version > events[0].version);
    room.inventory.release(reference).await.unwrap();
    let back = told_of_set(&room).await;
    assert_eq!((back[0].available, back[0].version), (5, version().await));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_news_of_a_bundle_is_true_whoever_moves_which_component() {
    let room = with_tea_set(&[("north", "pot", 3), ("south", "cup", 12)]).await;
    let workers = (0..12).map(|number| {
        let inventory = room.inventory.clone();
        tokio::spawn(async move {
            let wish = if number % 2 == 0 { want("pot", 1) } else { want("cup", 4) };
            for _ in 0..4 {
                let reference = order();
                if inventory.hold(reference, std::slice::from_ref(&wish), MINUTES).await.is_ok() {
                    inventory.release(reference).await.unwrap();
                }
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    let events = told_of_set(&room).await;
    assert!(events.is_sorted_by(|a, b| a.version < b.version), "{events:#?}");
    let last = events.last().unwrap();
    assert_eq!(last.available, room.available("set").await);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn another_recipe_is_newer_news_whatever_its_components_count() {
    let room =
        with_tea_set(&[("north", "pot", 3), ("north", "cup", 12), ("north", "jug", 2)]).await;
    for _ in 0..5 {
        room.inventory.hold(order(), &[want("cup", 1)], MINUTES).await.unwrap();
    }
    let stock = async || room.inventory.stock(&[sku("set")]).await.unwrap()[&sku("set")];
    let before = stock().await;
    forget(&room).await;
    room.inventory.define_bundle(&sku("set"), &[(sku("jug"), 1)]).await.unwrap();
    let after = stock().await;
    assert!(after.version > before.version);
    assert_eq!(after.available, 2);
    let events = told_of_set(&room).await;
    assert_eq!((events[0].available, events[0].version), (2, after.version));
    let recipe = Recipe { bundle: sku("set"), component: sku("jug"), quantity: 1 };
    assert_eq!(room.inventory.recipes(&[sku("set"), sku("cup")]).await.unwrap(), [recipe]);
}

#[tokio::test]
async fn what_is_no_bundle_is_refused_with_its_reason() {
    let room = with_tea_set(&[("north", "pot", 3)]).await;
    let define = async |bundle: &str, components: &[(&str, u32)]| {
        let components: Vec<_> = components.iter().map(|(name, n)| (sku(name), *n)).collect();
        room.inventory.define_bundle(&sku(bundle), &components).await.unwrap_err()
    };
    assert!(matches!(define("box", &[]).await, BundleError::Empty { .. }));
    for components in [&[("cup", 0)][..], &[("cup", 1001)], &[("cup", 1), ("cup", 2)]] {
        assert!(matches!(define("box", components).await, BundleError::Quantity { .. }));
    }
    assert!(matches!(define("box", &[("set", 1)]).await, BundleError::BundleInBundle));
    assert!(matches!(define("box", &[("box", 1)]).await, BundleError::BundleInBundle));
    assert!(matches!(define("cup", &[("saucer", 1)]).await, BundleError::BundleInBundle));
    let error = define("pot", &[("lid", 1)]).await;
    assert!(matches!(error, BundleError::BundleInBundle | BundleError::HasStock { .. }), "{error}");
    room.inventory.receive("north", &[(sku("mug"), 1)], "delivery", None).await.unwrap();
    let error = define("mug", &[("lid", 1)]).await;
    assert!(matches!(error, BundleError::HasStock { bundle } if bundle == sku("mug")));
    let delivery = room.inventory.receive("north", &[(sku("set"), 1)], "delivery", None).await;
    assert!(delivery.is_err());
}
