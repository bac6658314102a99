//! `vitrine inventory verify`: whether the stock's books are right, for people and for the night's job.

use crate::world::{Ground, run, told};
use domain::Sku;
use inventory::Inventory;

/// So many mugs come to Berlin.
pub async fn mugs(ground: &Ground, pieces: u32) -> Inventory {
    let pool =
        platform::postgres::connect(&ground.database.url, inventory::SCHEMA, 2).await.unwrap();
    let inventory = Inventory::new(pool);
    let mugs = [(Sku::parse("MUG").unwrap(), pieces)];
    inventory.receive("berlin", &mugs, "delivery", None).await.unwrap();
    inventory
}

#[tokio::test]
async fn books_that_are_right_are_told_so_and_each_planted_difference_is_printed() {
    let ground = Ground::new().await;
    run(ground.settings.clone(), &["migrate"]).await;
    let inventory = mugs(&ground, 9).await;
    let (code, said) = told(ground.command(&["inventory", "verify"])).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 levels, 1 movements, 0 holds: every number is right"), "{said}");

    let planted = "
        alter table movements_0 disable trigger user;
        update movements_0 set on_hand = 8";
    sqlx::raw_sql(planted).execute(inventory.pool()).await.unwrap();
    let (code, said) = told(ground.command(&["inventory", "verify"])).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("MUG in berlin: on hand is 9, expected 8"), "{said}");
    assert!(said.contains("1 number is not what it should be"), "{said}");
}
