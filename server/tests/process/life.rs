//! How the store starts, stops, and tells what it lacks.

use crate::world::{Store, vitrine};
use platform::testing::Wire;
use reqwest::header::ACCEPT;
use std::time::Duration;

#[tokio::test]
async fn the_readiness_names_what_is_missing_and_heals() {
    let store = Store::open().await;
    let lines: [(&Wire, &[&str]); 3] = [
        (&store.mongodb, &["mongodb"]),
        (&store.redis, &["redis"]),
        (&store.postgres, &["postgresql/inventory", "postgresql/orders", "postgresql/payments"]),
    ];
    for (line, names) in lines {
        line.cut();
        let missing = async || {
            let (status, told) = store.readiness().await;
            let checks = told["checks"].as_object().cloned().unwrap_or_default();
            let missing = checks.into_iter().filter(|(_, state)| state != "ready");
            (status, missing.map(|(name, _)| name).collect::<Vec<_>>())
        };
        let expected: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        store.until(names[0], async || missing().await == (503, expected.clone())).await;
        assert_eq!(store.get("/health/live").await.status(), 200);
        line.mend();
        store.until("it is ready again", async || missing().await == (200, Vec::new())).await;
    }
}

#[tokio::test]
async fn while_the_catalogue_is_away_a_page_says_so_and_heals() {
    let store = Store::open().await;
    store.mongodb.cut();
    let answer = store.get("/p/chair").await;
    assert!(answer.status().is_server_error(), "{}", answer.status());
    assert!(answer.headers()["cache-control"].to_str().unwrap().contains("no-store"));
    let page = answer.text().await.unwrap();
    assert!(page.contains("This page could not be made"), "{page}");
    store.mongodb.mend();
    store.until("it is there again", async || store.get("/p/chair").await.status() == 200).await;
}

#[tokio::test]
async fn a_request_in_flight_is_finished_before_the_store_stops() {
    let mut store = Store::open().await;
    store.postgres.freeze();
    let add = store.form("/api/cart/add", &[("sku", "LAMP"), ("quantity", "1")]);
    let in_flight = tokio::spawn(add.header(ACCEPT, "text/html").send());
    tokio::time::sleep(Duration::from_millis(300)).await;
    store.serve.ask_to_stop();
    let address = store.url.trim_start_matches("http://").to_owned();
    let refuses = async || tokio::net::TcpStream::connect(&address).await.is_err();
    store.until("new connections are refused", refuses).await;
    assert!(!in_flight.is_finished());
    store.postgres.mend();
    assert_eq!(in_flight.await.unwrap().unwrap().status(), 303);
    assert!(store.serve.ended().await.success());
}

#[tokio::test]
async fn a_database_that_is_not_there_is_waited_for_and_then_given_up() {
    let output = tokio::task::spawn_blocking(|| {
        vitrine()
            .env("DATABASE_URL", "postgres://127.0.0.1:9/nowhere")
            .env("MONGODB_URL", "mongodb://127.0.0.1:9/nowhere")
            .env("REDIS_URL", "redis://127.0.0.1:9/0")
            .env("VITRINE__SERVER__START_SECONDS", "1")
            .arg("serve")
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("waiting for PostgreSQL"), "{told}");
    assert!(told.contains("PostgreSQL did not answer within 1 seconds"), "{told}");
}

#[test]
fn everything_that_is_wrong_with_the_configuration_is_told_at_once() {
    let output = vitrine()
        .env("DATABASE_URL", "mysql://shop")
        .env("MONGODB_URL", "shop")
        .env("REDIS_URL", "redis://127.0.0.1:9/0")
        .env("VITRINE__ORDERS__SWEEP_SECONDS", "0")
        .env("VITRINE__SERVER__PUBLIC_URL", "shop.example/")
        .arg("serve")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for key in ["database.url", "mongodb.url", "orders.sweep_seconds", "server.public_url"] {
        assert!(told.contains(key), "{key} is not in {told}");
    }
    let output = vitrine().arg("serve").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    for variable in ["DATABASE_URL", "MONGODB_URL", "REDIS_URL"] {
        assert!(told.contains(variable), "{variable} is not in {told}");
    }
}
