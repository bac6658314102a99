//! Levels page by page.

use crate::stockroom::{MINUTES, Stockroom, order, sku, want};
use inventory::{LevelFilter, LevelKey, LevelNow};

fn names(levels: &[LevelNow]) -> Vec<(&str, &str)> {
    levels.iter().map(|level| (level.sku.as_str(), level.warehouse.as_str())).collect()
}

#[tokio::test]
async fn a_level_is_told_with_all_its_numbers() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 2)], MINUTES).await.unwrap();
    room.inventory.allocate(reference).await.unwrap();
    room.inventory.hold(order(), &[want("mug", 3)], MINUTES).await.unwrap();
    let filter = LevelFilter { limit: 10, ..LevelFilter::default() };
    let page = room.inventory.list_levels(&filter).await.unwrap();
    let level = LevelNow {
        sku: sku("mug"),
        warehouse: "north".to_owned(),
        on_hand: 9,
        held: 3,
        allocated: 2,
        available: 4,
        version: 4,
    };
    assert_eq!(page.levels, [level]);
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn page_after_page_tells_every_level_once() {
    let stock = [("north", "a", 1), ("south", "a", 1), ("north", "b", 1), ("south", "c", 1)];
    let room = Stockroom::with(&stock).await;
    let mut filter = LevelFilter { limit: 3, ..LevelFilter::default() };
    let first = room.inventory.list_levels(&filter).await.unwrap();
    assert_eq!(names(&first.levels), [("a", "north"), ("a", "south"), ("b", "north")]);
    assert_eq!(first.next, Some(LevelKey { sku: sku("b"), warehouse: "north".to_owned() }));
    filter.after = first.next;
    let second = room.inventory.list_levels(&filter).await.unwrap();
    assert_eq!(names(&second.levels), [("c", "south")]);
    assert_eq!(second.next, None);
}

#[tokio::test]
async fn only_what_is_asked_for_is_told() {
    let stock = [("north", "a", 1), ("south", "a", 1), ("north", "b", 1), ("south", "c", 1)];
    let room = Stockroom::with(&stock).await;
    let ask = async |skus: &[&str], warehouses: &[&str], after: Option<(&str, &str)>| {
        let filter = LevelFilter {
            skus: skus.iter().map(|name| sku(name)).collect(),
            warehouses: warehouses.iter().map(|code| (*code).to_owned()).collect(),
            after: after
                .map(|(name, code)| LevelKey { sku: sku(name), warehouse: code.to_owned() }),
            // Nobody gets nothing for asking for nothing.
            limit: 0,
        };
        let page = room.inventory.list_levels(&filter).await.unwrap();
        (names(&page.levels).first().map(|(a, b)| format!("{a} {b}")), page.next.is_some())
    };
    let found = |text: &str, more| (Some(text.to_owned()), more);
    assert_eq!(ask(&["c", "a"], &[], None).await, found("a north", true));
    assert_eq!(ask(&["c", "a"], &[], Some(("a", "north"))).await, found("a south", true));
    assert_eq!(ask(&["c", "a"], &["south"], Some(("a", "south"))).await, found("c south", false));
    assert_eq!(ask(&[], &["south"], None).await, found("a south", true));
    assert_eq!(ask(&[], &["moon"], None).await, (None, false));
    assert_eq!(ask(&["no-such-thing"], &[], None).await, (None, false));
}
