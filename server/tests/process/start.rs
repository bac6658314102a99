//! How the store starts where something is missing.

use crate::world::{Ground, SOON, run, told, until};
use sqlx::Executor;
use tokio::net::TcpListener;

/// Nothing listens there.
const NOWHERE: &str = "127.0.0.1:9";

#[tokio::test]
async fn a_database_that_is_not_there_is_waited_for_and_then_given_up() {
    let ground = Ground::new().await;
    for (what, variable, url) in [
        ("PostgreSQL", "DATABASE_URL", format!("postgres://{NOWHERE}/shop")),
        ("MongoDB", "MONGODB_URL", format!("mongodb://{NOWHERE}/shop")),
        ("Redis", "REDIS_URL", format!("redis://{NOWHERE}/0")),
    ] {
        let mut command = ground.command(&["serve"]);
        command.env(variable, url).env("VITRINE__SERVER__START_SECONDS", "6");
        let (code, told) = told(command).await;
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains(&format!("waiting for {what}")), "{told}");
        assert!(told.contains(&format!("{what} did not answer within 6 seconds")), "{told}");
    }
}

#[tokio::test]
async fn what_waiting_does_not_mend_is_told_at_once() {
    let ground = Ground::new().await;
    run(ground.settings.clone(), &["migrate"]).await;
    let change = "update inventory._sqlx_migrations set checksum = '' where version = 1";
    ground.database.pool.execute(change).await.unwrap();
    let (code, said) = told(ground.command(&["migrate"])).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("inventory") && said.contains("has been modified"), "{said}");
    assert!(!said.contains("waiting for"), "{said}");

    let mut command = ground.command(&["work"]);
    command.env("DATABASE_URL", ground.settings[0].1.replace("/test_", "/no_such_"));
    let (code, said) = told(command).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("does not exist") && !said.contains("waiting for"), "{said}");
}

#[tokio::test]
async fn a_store_that_waits_stops_when_it_is_asked_to() {
    let ground = Ground::new().await;
    // Somebody answers the door and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://{}/shop", silent.local_addr().unwrap());
    for command in ["serve", "work"] {
        let settings = [("DATABASE_URL", &*url), ("VITRINE__SERVER__START_SECONDS", "600")];
        let mut process = ground.start(command, &settings);
        let _caller = tokio::time::timeout(SOON, silent.accept()).await.unwrap().unwrap();
        process.ask_to_stop();
        assert!(process.ended().await.success(), "{}", process.log());
        until("it says why it ended", async || process.log().contains("asked to stop")).await;
    }
}
