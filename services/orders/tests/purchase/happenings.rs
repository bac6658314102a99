//! What happened to orders: told to who listens to one, and handed over to who wants to be told of all.

use crate::world::{CHAIR, LAMP, World};
use orders::{HAPPENINGS, Timelines};

#[tokio::test]
async fn what_happened_to_an_order_is_told_in_its_order_and_behind_a_place() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(LAMP, 1).await).await.unwrap();
    let other = world.place(&world.shopper(CHAIR, 1).await).await.unwrap();
    world.choose(&placed.pay, "success").await;
    world.look(&placed).await;
    let all = world.orders.happenings(&placed.number, 0).await.unwrap();
    let kinds: Vec<_> = all.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, ["order.placed", "order.paid"]);
    assert!(kinds.iter().all(|kind| HAPPENINGS.contains(kind)));
    assert_eq!(world.orders.happenings(&placed.number, all[0].place).await.unwrap(), all[1..]);
    assert!(world.orders.happenings(&placed.number, all[1].place).await.unwrap().is_empty());
    assert_eq!(world.orders.happenings(&other.number, 0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn everything_is_there_to_be_told_under_its_name_until_it_was() {
    let world = World::new().await;
    let timelines = Timelines::new(world.pool.clone());
    let placed = world.place(&world.shopper(LAMP, 1).await).await.unwrap();
    let first = timelines.list_untold().await.unwrap();
    assert_eq!((first.len(), &first[0].number), (1, &placed.number));
    assert_eq!(first[0].total, world.look(&placed).await.totals.total);
    world.choose(&placed.pay, "success").await;
    world.look(&placed).await;
    let both = timelines.list_untold().await.unwrap();
    assert_eq!((both.len(), &both[0]), (2, &first[0]), "it is told again under the same name");
    assert_ne!(both[0].id, both[1].id);
    timelines.mark_told(&first).await.unwrap();
    assert_eq!(timelines.list_untold().await.unwrap(), both[1..]);
    timelines.mark_told(&both).await.unwrap();
    assert!(timelines.list_untold().await.unwrap().is_empty());
    // An event that is not written is not told either.
    let mut transaction = world.pool.begin().await.unwrap();
    let event = "insert into events (order_id, kind) select id, 'paid' from orders";
    sqlx::query(event).execute(&mut *transaction).await.unwrap();
    assert!(timelines.list_untold().await.unwrap().is_empty());
    transaction.rollback().await.unwrap();
    assert!(timelines.list_untold().await.unwrap().is_empty());
}
