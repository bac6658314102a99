//! The ledger in partitions: what was there is carried over, the next one is there before it is needed, and
//! without anybody who makes it nothing fails.

use crate::stockroom::{MINUTES, Stockroom, order, sku, want};
use inventory::{ExternalId, Inventory, MIGRATOR, SCHEMA};
use platform::{postgres, testing};
use sqlx::{Connection, PgConnection};

/// The partition that each movement lies in, in the order they were written.
async fn partitions(room: &Stockroom) -> Vec<String> {
    sqlx::query_scalar("select tableoid::regclass::text from movements order by id")
        .fetch_all(&room.database.pool)
        .await
        .unwrap()
}

async fn go_on_from(room: &Stockroom, id: i64) {
    sqlx::query("select setval(pg_get_serial_sequence('movements', 'id'), $1)")
        .bind(id)
        .execute(&room.database.pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_was_written_before_there_were_partitions_is_carried_over() {
    let database = testing::empty_postgres().await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let before = "create schema inventory; set search_path = inventory";
    sqlx::raw_sql(before).execute(&mut connection).await.unwrap();
    MIGRATOR.run_to(3, &mut connection).await.unwrap();
    let written = "
        insert into warehouses values ('north', 'North', 'DE', 1);
        insert into stock_levels (sku, warehouse, on_hand) values ('mug', 'north', 9);
        insert into movements
          (sku, warehouse, kind, on_hand, held, allocated, cause, source, external_id)
        values
          ('mug', 'north', 'received', 7, 0, 0, 'delivery', 'wms', 'DN-1 mug'),
          ('mug', 'north', 'adjusted', 2, 0, 0, 'count', null, null)";
    sqlx::raw_sql(written).execute(&mut connection).await.unwrap();
    Inventory::migrate(&database.url).await.unwrap();

    let pool = postgres::connect(&database.url, SCHEMA, 2).await.unwrap();
    let inventory = Inventory::new(pool);
    let audit = inventory.audit().await.unwrap();
    assert_eq!((audit.levels, audit.movements, audit.differences), (1, 2, Vec::new()));
    // What was told before is known still, and the numbers go on.
    let note = ExternalId { source: "wms".to_owned(), id: "DN-1".to_owned() };
    let lines = [(sku("mug"), 7), (sku("cup"), 1)];
    assert_eq!(inventory.receive("north", &lines, "delivery", Some(&note)).await.unwrap(), 1);
    let ids: Vec<i64> = sqlx::query_scalar("select id from movements order by id")
        .fetch_all(inventory.pool())
        .await
        .unwrap();
    assert_eq!(ids, [1, 2, 3]);
}

#[tokio::test]
async fn the_next_partitions_are_made_before_they_are_needed() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    // Those that the migration made are enough for now.
    assert_eq!(room.inventory.extend_ledger().await.unwrap(), 0);
    go_on_from(&room, 4_999_998).await;
    for _ in 0..2 {
        room.inventory.hold(order(), &[want("mug", 1)], MINUTES).await.unwrap();
    }
    assert_eq!(partitions(&room).await, ["movements_0", "movements_0", "movements_1"]);
    assert_eq!(room.inventory.extend_ledger().await.unwrap(), 1);
    assert_eq!(room.inventory.extend_ledger().await.unwrap(), 0);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_ledger_that_nobody_extends_goes_on_and_is_extended_behind_it() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    go_on_from(&room, 52_000_000).await;
    room.inventory.hold(order(), &[want("mug", 1)], MINUTES).await.unwrap();
    assert_eq!(partitions(&room).await, ["movements_0", "movements_otherwise"]);
    assert_eq!(room.inventory.extend_ledger().await.unwrap(), 2);
    go_on_from(&room, 55_000_000).await;
    room.inventory.hold(order(), &[want("mug", 1)], MINUTES).await.unwrap();
    let lie_in = ["movements_0", "movements_otherwise", "movements_11"];
    assert_eq!(partitions(&room).await, lie_in);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn no_partition_can_be_rewritten_either() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    go_on_from(&room, 52_000_000).await;
    room.inventory.extend_ledger().await.unwrap();
    for statement in [
        "delete from movements_0",
        "update movements_1 set cause = 'nothing'",
        "truncate movements_otherwise",
        "delete from movements_11",
    ] {
        assert_eq!(room.refused_by(statement).await, "movements_append_only_ck", "{statement}");
    }
}

#[tokio::test]
async fn workers_who_extend_the_ledger_at_once_do_not_get_in_each_others_way() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    go_on_from(&room, 52_000_000).await;
    let workers = (0..4).map(|_| {
        let inventory = room.inventory.clone();
        tokio::spawn(async move { inventory.extend_ledger().await.unwrap() })
    });
    let mut made = 0;
    for worker in workers.collect::<Vec<_>>() {
        made += worker.await.unwrap();
    }
    assert_eq!(made, 2);
}
