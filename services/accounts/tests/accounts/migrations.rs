//! The schema can be made, taken back and made again.

use accounts::{MIGRATOR, SCHEMA};

#[tokio::test]
async fn the_migrations_go_up_down_and_up_again() {
    let tables = platform::testing::up_down_and_up_again(SCHEMA, &MIGRATOR).await;
    let all = [
        "api_keys",
        "idempotency_keys",
        "webhook_attempts",
        "webhook_deliveries",
        "webhook_endpoints",
        "webhook_messages",
        "webhook_sources",
    ];
    assert_eq!(tables, all);
}
