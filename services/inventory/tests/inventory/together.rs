//! Those who want pieces at the same time are served together: that costs no more than serving one, everyone is
//! answered for themselves, and nobody waits without end.

use crate::{
    statements::Sent,
    stockroom::{MINUTES, Stockroom, order, want},
};
use domain::stock::Demand;
use inventory::{HoldError, Inventory, Taken};
use tokio::task::JoinSet;
use tracing_subscriber::{layer::SubscriberExt, registry::Registry};

type Held = Result<usize, HoldError>;

/// So many who are about to ask, each for what `wish` gives for their number; on one thread all of them ask before
/// any is served.
fn buyers(
    inventory: &Inventory,
    count: usize,
    wish: impl Fn(usize) -> Vec<Demand>,
) -> JoinSet<Held> {
    let mut buyers = JoinSet::new();
    for number in 0..count {
        let (inventory, wish) = (inventory.clone(), wish(number));
        buyers.spawn(async move {
            inventory.hold(order(), &wish, MINUTES).await.map(|parts| parts.len())
        });
    }
    buyers
}

async fn held_at_once(
    inventory: &Inventory,
    count: usize,
    wish: impl Fn(usize) -> Vec<Demand>,
) -> Vec<Held> {
    buyers(inventory, count, wish).join_all().await
}

#[tokio::test(flavor = "current_thread")]
async fn sixty_cost_as_many_statements_as_one() {
    let room = Stockroom::with(&[("north", "mug", 40), ("south", "cup", 99)]).await;
    let sent = Sent::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(sent.clone()));
    let answers = held_at_once(&room.inventory, 60, |_| vec![want("mug", 1), want("cup", 1)]).await;
    assert_eq!(sent.between_begin_and_commit(), 3);
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(2))).count(), 40);
    let told =
        |answer: &&Held| matches!(answer, Err(HoldError::OutOfStock(short)) if short[0].left == 0);
    assert_eq!(answers.iter().filter(told).count(), 20);
    assert_eq!((room.available("mug").await, room.available("cup").await), (0, 59));
    room.assert_books_are_right().await;
}

#[tokio::test(flavor = "current_thread")]
async fn who_is_decided_about_later_finds_what_those_before_have_left_and_given_back() {
    let room = Stockroom::with(&[("north", "mug", 5), ("south", "mug", 1)]).await;
    let (first, inventory) = (order(), &room.inventory);
    inventory.hold(first, &[want("mug", 4)], MINUTES).await.unwrap();
    // Of six pieces two are free. The first order gives three back before the others are decided about.
    let (one, four, five) = ([want("mug", 1)], [want("mug", 4)], [want("mug", 5)]);
    let (less, too_many, rest) = tokio::join!(
        inventory.hold(first, &one, MINUTES),
        inventory.hold(order(), &five, MINUTES),
        inventory.hold(order(), &four, MINUTES),
    );
    assert_eq!(less.unwrap()[0].quantity, 1);
    assert_eq!(too_many.unwrap().iter().map(|part| part.quantity).sum::<u32>(), 5);
    assert!(matches!(rest, Err(HoldError::OutOfStock(short)) if short[0].left == 0));
    room.assert_books_are_right().await;
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_paid_is_allocated_beside_what_is_being_held() {
    let room = Stockroom::with(&[("north", "mug", 3)]).await;
    let (held, given_back, inventory) = (order(), order(), &room.inventory);
    inventory.hold(held, &[want("mug", 1)], MINUTES).await.unwrap();
    inventory.hold(given_back, &[want("mug", 1)], MINUTES).await.unwrap();
    inventory.release(given_back).await.unwrap();
    let two = [want("mug", 2)];
    let (paid, anew, too_late, unknown) = tokio::join!(
        inventory.allocate(held),
        inventory.allocate(given_back),
        inventory.hold(order(), &two, MINUTES),
        inventory.allocate(order()),
    );
    assert_eq!((paid.unwrap().taken, anew.unwrap().taken), (Taken::FromHold, Taken::Anew));
    assert!(matches!(too_late, Err(HoldError::OutOfStock(short)) if short[0].left == 1));
    assert!(unknown.is_err());
    assert_eq!(room.level("north", "mug").await, (3, 0, 2));
    room.assert_books_are_right().await;
}

#[tokio::test(flavor = "current_thread")]
async fn one_who_cannot_be_served_spoils_nothing_for_the_others() {
    let room = Stockroom::with(&[("north", "mug", 9), ("north", "curse", 9)]).await;
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as $$
         begin raise exception 'planted'; end $$;
         create trigger refuse before insert on holds for each row when (new.sku = 'curse')
         execute function refuse();",
    )
    .execute(&room.database.pool)
    .await
    .unwrap();
    let wish = |number| vec![want(if number == 3 { "curse" } else { "mug" }, 1)];
    let answers = held_at_once(&room.inventory, 8, wish).await;
    assert!(matches!(&answers[3], Err(HoldError::Storage(_))), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(1))).count(), 7);
    assert_eq!((room.available("mug").await, room.available("curse").await), (2, 9));
    room.assert_books_are_right().await;
}

#[tokio::test(flavor = "current_thread")]
async fn who_comes_when_too_many_wait_is_told_so_at_once_unless_they_have_paid() {
    const QUEUE: usize = 1_024;
    let room = Stockroom::with(&[("north", "mug", 5)]).await;
    let (paid, inventory) = (order(), room.inventory.clone());
    inventory.hold(paid, &[want("mug", 1)], MINUTES).await.unwrap();
    let buyers = buyers(&inventory, QUEUE + 40, |_| vec![want("mug", 1)]);
    let allocated = tokio::spawn(async move { inventory.allocate(paid).await });
    let answers = buyers.join_all().await;
    let busy = answers.iter().filter(|answer| matches!(answer, Err(HoldError::Busy))).count();
    let held = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!((held, busy), (4, 40));
    assert_eq!(allocated.await.unwrap().unwrap().taken, Taken::FromHold);
    room.assert_books_are_right().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_sell_exactly_what_there_is() {
    let room = Stockroom::with(&[("north", "mug", 60), ("south", "mug", 40)]).await;
    let other = Inventory::new(room.database.pool.clone());
    let (here, there) = tokio::join!(
        held_at_once(&room.inventory, 120, |_| vec![want("mug", 1)]),
        held_at_once(&other, 120, |_| vec![want("mug", 1)]),
    );
    let answers: Vec<_> = here.into_iter().chain(there).collect();
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(1))).count(), 100);
    let told = answers.iter().filter(|answer| matches!(answer, Err(HoldError::OutOfStock(_))));
    assert_eq!(told.count(), 140);
    assert_eq!(room.available("mug").await, 0);
    room.assert_books_are_right().await;
}
