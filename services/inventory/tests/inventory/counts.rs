//! Counts that are older than now: what has moved since is kept.

use crate::stockroom::{MINUTES, Stockroom, order, want};
use inventory::{Answer, Count, CountAnswer, Mode, TellError, ToldKind, ToldMovement, UnknownSkus};
use jiff::{SignedDuration, Timestamp};

/// So many minutes ago by the database's clock.
async fn ago(room: &Stockroom, minutes: i64) -> Timestamp {
    let now: i64 =
        sqlx::query_scalar("select (extract(epoch from clock_timestamp()) * 1000000)::bigint")
            .fetch_one(&room.database.pool)
            .await
            .unwrap();
    Timestamp::from_microsecond(now).unwrap() - SignedDuration::from_mins(minutes)
}

async fn count(
    room: &Stockroom,
    as_of: Timestamp,
    counts: &[(&str, &str, i64)],
) -> Vec<CountAnswer> {
    let rows: Vec<_> = counts
        .iter()
        .map(|(warehouse, sku, on_hand)| Count {
            warehouse: (*warehouse).to_owned(),
            sku: (*sku).to_owned(),
            on_hand: *on_hand,
        })
        .collect();
    room.inventory.reconcile_counts("wms", as_of, UnknownSkus::Refuse, &rows).await.unwrap()
}

async fn tell(room: &Stockroom, id: &str, kind: ToldKind, quantity: i64, at: Timestamp) -> Answer {
    let row = ToldMovement {
        external_id: id.to_owned(),
        sequence: None,
        warehouse: "north".to_owned(),
        sku: "mug".to_owned(),
        kind,
        quantity,
        order: None,
        occurred_at: Some(at),
    };
    let rows = [row];
    let told = room.inventory.apply_movements("wms", Mode::Each, UnknownSkus::Refuse, &rows);
    told.await.unwrap()[0]
}

/// Ten mugs that came in long ago.
async fn with_ten() -> Stockroom {
    let room = Stockroom::with(&[("north", "mug", 1)]).await;
    let long_ago = ago(&room, 600).await;
    // The one of the delivery of just now leaves again, so that only what happened long ago is left.
    assert_eq!(tell(&room, "in", ToldKind::Received, 10, long_ago).await, Answer::Applied);
    let now = ago(&room, 0).await;
    assert_eq!(tell(&room, "out", ToldKind::Shipped, 1, now).await, Answer::Applied);
    assert_eq!(room.level("north", "mug").await, (10, 0, 0));
    room
}

#[tokio::test]
async fn what_has_moved_since_a_count_is_kept() {
    let room = with_ten().await;
    // Half an hour ago nine were there where ten were known; since then two came in.
    let (then, later) = (ago(&room, 30).await, ago(&room, 10).await);
    tell(&room, "1", ToldKind::Received, 2, later).await;
    let answers = count(&room, then, &[("north", "mug", 9)]).await;
    assert_eq!(answers, [CountAnswer::Adjusted { difference: -1 }]);
    assert_eq!(room.level("north", "mug").await, (11, 0, 0));
    // The same count again, and one that agrees a little later.
    let again = count(&room, then, &[("north", "mug", 9)]).await;
    assert_eq!(again, [CountAnswer::AlreadyCounted]);
    let finer = then + jiff::SignedDuration::from_nanos(400);
    let again = count(&room, finer, &[("north", "mug", 9)]).await;
    assert_eq!(again, [CountAnswer::AlreadyCounted], "instants are kept to the microsecond");
    let between = ago(&room, 20).await;
    assert_eq!(count(&room, between, &[("north", "mug", 9)]).await, [CountAnswer::Agrees]);
    let now = ago(&room, 0).await;
    assert_eq!(count(&room, now, &[("north", "mug", 11)]).await, [CountAnswer::Agrees]);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_count_that_is_older_than_the_last_one_changes_nothing() {
    let room = with_ten().await;
    let (older, newer) = (ago(&room, 30).await, ago(&room, 20).await);
    count(&room, newer, &[("north", "mug", 8)]).await;
    let answers = count(&room, older, &[("north", "mug", 3)]).await;
    assert_eq!(answers, [CountAnswer::Outdated { last: newer }]);
    assert_eq!(room.level("north", "mug").await, (8, 0, 0));
}

#[tokio::test]
async fn what_is_told_late_is_in_the_count_already() {
    let room = with_ten().await;
    let (before, then, after) = (ago(&room, 40).await, ago(&room, 30).await, ago(&room, 20).await);
    // Four came in before the count and are told after it.
    count(&room, then, &[("north", "mug", 14)]).await;
    let late = tell(&room, "1", ToldKind::Received, 4, before).await;
    assert_eq!(late, Answer::AppliedBeforeCount);
    assert_eq!(room.level("north", "mug").await, (14, 0, 0));
    let again = tell(&room, "1", ToldKind::Received, 4, before).await;
    assert_eq!(again, Answer::AlreadyApplied);
    assert_eq!(tell(&room, "2", ToldKind::Received, 1, after).await, Answer::Applied);
    assert_eq!(room.level("north", "mug").await, (15, 0, 0));
    // Nor does it disturb the next count.
    let now = ago(&room, 0).await;
    assert_eq!(count(&room, now, &[("north", "mug", 15)]).await, [CountAnswer::Agrees]);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_count_below_what_is_promised_is_for_people_to_look_at() {
    let room = with_ten().await;
    room.inventory.hold(order(), &[want("mug", 6)], MINUTES).await.unwrap();
    let now = ago(&room, 0).await;
    let answers = count(&room, now, &[("north", "mug", 5)]).await;
    assert_eq!(answers, [CountAnswer::BelowPromised { on_hand: 5, needed: 6 }]);
    assert_eq!(room.level("north", "mug").await, (10, 6, 0));
    // It can be told again when somebody has looked.
    assert_eq!(
        count(&room, now, &[("north", "mug", 6)]).await,
        [CountAnswer::Adjusted { difference: -4 }]
    );
}

#[tokio::test]
async fn each_count_that_cannot_be_is_told_why() {
    let room = with_ten().await;
    let now = ago(&room, 0).await;
    let counts = [
        ("moon", "mug", 1),
        ("north", "cup", 1),
        ("north", "mug", -1),
        ("north", "mug", i64::MAX),
        ("north", "mug", 10),
        ("north", "mug", 11),
    ];
    let expected = [
        CountAnswer::UnknownWarehouse,
        CountAnswer::UnknownSku,
        CountAnswer::AbsurdQuantity,
        CountAnswer::AbsurdQuantity,
        CountAnswer::Agrees,
        CountAnswer::CountedTwice,
    ];
    assert_eq!(count(&room, now, &counts).await, expected);
    let tomorrow = ago(&room, -24 * 60).await;
    let of_tomorrow =
        room.inventory.reconcile_counts("wms", tomorrow, UnknownSkus::Open, &[]).await;
    assert!(matches!(of_tomorrow.unwrap_err(), TellError::FromTheFuture { .. }));
}

/// Waits until so many statements wait for somebody else's lock.
async fn until_waiting(room: &Stockroom, many: i64) {
    let waiting = "
        select count(*)
        from pg_stat_activity
        where datname = current_database()
          and wait_event_type = 'Lock'";
    let begun = std::time::Instant::now();
    while room.count(waiting).await < many {
        assert!(begun.elapsed().as_secs() < 10, "nobody waits");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn who_waits_for_a_count_knows_of_it() {
    let room = std::sync::Arc::new(with_ten().await);
    let (before, older, now) = (ago(&room, 3).await, ago(&room, 2).await, ago(&room, 1).await);
    let mut held = room.database.pool.begin().await.unwrap();
    let lock = "select 1 from stock_levels where sku = 'mug' for update";
    sqlx::query(lock).fetch_all(&mut *held).await.unwrap();
    // They come in this order, and each is in the queue before the next one comes.
    let counting = tokio::spawn({
        let room = room.clone();
        async move { count(&room, now, &[("north", "mug", 12)]).await }
    });
    until_waiting(&room, 1).await;
    let telling = tokio::spawn({
        let room = room.clone();
        async move { tell(&room, "2", ToldKind::Received, 2, before).await }
    });
    until_waiting(&room, 2).await;
    let counting_late = tokio::spawn({
        let room = room.clone();
        async move { count(&room, older, &[("north", "mug", 10)]).await }
    });
    until_waiting(&room, 3).await;
    held.commit().await.unwrap();
    assert_eq!(counting.await.unwrap(), [CountAnswer::Adjusted { difference: 2 }]);
    assert_eq!(telling.await.unwrap(), Answer::AppliedBeforeCount);
    assert_eq!(counting_late.await.unwrap(), [CountAnswer::Outdated { last: now }]);
    assert_eq!(room.level("north", "mug").await, (12, 0, 0));
    room.assert_books_are_right().await;
}
