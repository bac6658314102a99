//! What survives a restart, and what keeps the software from starting.

use sandbox::wms::{self, Error, OpenError};
use serde_json::json;
use uuid::Uuid;

use crate::world::{SECRET, World, until};

#[tokio::test]
async fn a_restart_finds_shelves_orders_and_what_was_not_told_as_they_were() {
    let mut world = World::with(&[("berlin", "LAMP", 10)]).await;
    let order = world.store.allocates(Uuid::now_v7(), "berlin", &[("LAMP", 3)]);
    world.store.answers(503);
    assert_eq!(world.webhook(&order, SECRET).await, 204);
    until("it is sent", async || world.believes("berlin", "LAMP").await == 7).await;
    let before = world.get("/v1/levels").await;
    world.stop().await;
    assert_eq!(world.store.level("berlin", "LAMP").on_hand, 10);

    world.start().await;
    let after = world.get("/v1/levels").await;
    assert_eq!((&after["levels"], &after["untold"]), (&before["levels"], &before["untold"]));
    assert!(after["as_of"].as_str() > before["as_of"].as_str());
    // What was heard before the restart is known after it.
    assert_eq!(world.webhook(&order, SECRET).await, 204);
    world.store.answers(200);
    world.rests().await;
    assert_eq!(world.believes("berlin", "LAMP").await, 7);
    assert_eq!(world.store.level("berlin", "LAMP").on_hand, 7);
    assert_eq!(world.state().await["lives"], 2);
}

#[tokio::test]
async fn a_book_that_begins_anew_gives_no_name_twice() {
    let mut world = World::with(&[("berlin", "LAMP", 10)]).await;
    let delivery = || json!({"warehouse": "berlin", "lines": [{"sku": "LAMP", "quantity": 1}]});
    world.post("/test/receive", delivery()).await;
    world.rests().await;
    world.stop().await;
    std::fs::remove_file(&world.config.state).unwrap();
    world.start().await;
    until("it knows what lies there", async || world.state().await["is_stocked"] == true).await;
    world.post("/test/receive", delivery()).await;
    world.rests().await;
    assert_eq!(world.store.told("received").len(), 2);
    assert_eq!(world.store.level("berlin", "LAMP").on_hand, 12);
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_refused() {
    let world = World::with(&[]).await;
    let good = || wms::Config {
        state: world.config.state.with_extension("other"),
        ..world.config.clone()
    };
    let keyless = wms::Config { api_key: "".into(), ..good() };
    assert!(matches!(wms::spawn(keyless).await, Err(Error::NoKey)));
    let homeless = wms::Config { warehouses: Vec::new(), ..good() };
    assert!(matches!(wms::spawn(homeless).await, Err(Error::NoWarehouse)));
    let unsigned = wms::Config { webhook_secret: Some("whsec_".into()), ..good() };
    assert!(matches!(wms::spawn(unsigned).await, Err(Error::WebhookSecret(_))));
    for url in ["", "store.example", "ftp://store.example/"] {
        let nowhere = wms::Config { store_url: url.to_owned(), ..good() };
        assert!(matches!(wms::spawn(nowhere).await, Err(Error::StoreUrl(_))), "{url}");
    }
    let second = wms::spawn(world.config.clone()).await.unwrap_err();
    assert!(matches!(second, Error::State(OpenError::InUse { .. })), "{second}");
}

#[tokio::test]
async fn the_file_holds_no_secret() {
    let world = World::with(&[("berlin", "LAMP", 10)]).await;
    world.store.allocates(Uuid::now_v7(), "berlin", &[("LAMP", 3)]);
    until("it is sent", async || world.store.level("berlin", "LAMP").on_hand == 7).await;
    let text = std::fs::read_to_string(&world.config.state).unwrap();
    assert!(!text.contains(crate::store::KEY) && !text.contains("whsec_"), "{text}");
}
