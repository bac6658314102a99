//! The schema can be made, taken back and made again.

use accounts::{MIGRATOR, SCHEMA};
use platform::{postgres, testing};

#[tokio::test]
async fn the_migrations_go_up_down_and_up_again() {
    let database = testing::empty_postgres().await;
    let tables = async || -> Vec<String> {
        sqlx::query_scalar(
            "select table_name::text
             from information_schema.tables
             where table_schema = 'accounts'
             order by table_name",
        )
        .fetch_all(&database.pool)
        .await
        .unwrap()
    };
    let functions = async || -> i64 {
        sqlx::query_scalar(
            "select count(*) from pg_proc where pronamespace = 'accounts'::regnamespace",
        )
        .fetch_one(&database.pool)
        .await
        .unwrap()
    };
    let all = ["_sqlx_migrations", "api_keys", "idempotency_keys"];
    for _ in 0..2 {
        postgres::migrate(&database.url, SCHEMA, &MIGRATOR).await.unwrap();
        assert_eq!(tables().await, all);
        postgres::unmigrate(&database.url, SCHEMA, &MIGRATOR).await.unwrap();
        assert_eq!(tables().await, ["_sqlx_migrations"]);
        assert_eq!(functions().await, 0);
    }
}
