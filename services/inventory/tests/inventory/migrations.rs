//! The schema can be made, taken back and made again.

use inventory::{Inventory, MIGRATOR, SCHEMA};
use platform::{postgres, testing};

#[tokio::test]
async fn the_migrations_go_up_down_and_up_again() {
    let database = testing::empty_postgres().await;
    let tables = async || -> Vec<String> {
        sqlx::query_scalar(
            "select table_name::text
             from information_schema.tables
             where table_schema = 'inventory'
             order by table_name",
        )
        .fetch_all(&database.pool)
        .await
        .unwrap()
    };
    let functions = async || -> i64 {
        sqlx::query_scalar(
            "select count(*) from pg_proc where pronamespace = 'inventory'::regnamespace",
        )
        .fetch_one(&database.pool)
        .await
        .unwrap()
    };
    let all = [
        "_sqlx_migrations",
        "bundle_components",
        "bundles",
        "counts",
        "feeds",
        "holds",
        "incoming",
        "movements",
        "movements_0",
        "movements_1",
        "movements_2",
        "movements_otherwise",
        "outbox",
        "purchase_order_lines",
        "purchase_orders",
        "stock_levels",
        "told_movements",
        "transfer_lines",
        "transfers",
        "warehouses",
    ];

    Inventory::migrate(&database.url).await.unwrap();
    assert_eq!(tables().await, all);
    postgres::unmigrate(&database.url, SCHEMA, &MIGRATOR).await.unwrap();
    assert_eq!(tables().await, ["_sqlx_migrations"]);
    assert_eq!(functions().await, 0);
    Inventory::migrate(&database.url).await.unwrap();
    assert_eq!(tables().await, all);
    // Up to date already: nothing to do.
    Inventory::migrate(&database.url).await.unwrap();
}

#[tokio::test]
async fn the_service_connects_to_its_own_schema() {
    let database = testing::empty_postgres().await;
    Inventory::migrate(&database.url).await.unwrap();
    let inventory = Inventory::connect(&database.url, 2).await.unwrap();
    let schema: String = sqlx::query_scalar("select current_schema()::text")
        .fetch_one(inventory.pool())
        .await
        .unwrap();
    assert_eq!(schema, SCHEMA);
}
