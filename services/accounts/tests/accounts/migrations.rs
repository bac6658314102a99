//! The schema can be made, taken back and made again.

use accounts::{MIGRATOR, SCHEMA};

#[tokio::test]
async fn the_migrations_go_up_down_and_up_again() {
    let tables = platform::testing::up_down_and_up_again(SCHEMA, &MIGRATOR).await;
    assert_eq!(tables, ["api_keys", "idempotency_keys"]);
}
