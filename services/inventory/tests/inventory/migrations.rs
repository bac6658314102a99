//! The schema can be made, taken back and made again.

use inventory::{Inventory, MIGRATOR, SCHEMA};
use platform::testing;

#[tokio::test]
async fn the_migrations_go_up_down_and_up_again() {
    let all = [
        "bundle_components",
        "bundles",
        "counts",
        "expected_returns",
        "feeds",
        "holds",
        "incoming",
        "instructions",
        "movements",
        "movements_0",
        "movements_1",
        "movements_2",
        "movements_otherwise",
        "outbox",
        "purchase_order_lines",
        "purchase_orders",
        "sku_identifiers",
        "stock_levels",
        "told_movements",
        "transfer_lines",
        "transfers",
        "untold_lines",
        "warehouse_identifiers",
        "warehouses",
    ];
    assert_eq!(testing::up_down_and_up_again(SCHEMA, &MIGRATOR).await, all);
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
