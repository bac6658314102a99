//! What is told of a configuration.

use crate::world::{told, vitrine};
use std::{path::PathBuf, process::Command};

/// `vitrine serve` with URLs under which nothing is.
fn serve() -> Command {
    let mut command = vitrine();
    command
        .env("DATABASE_URL", "postgres://127.0.0.1:9/shop")
        .env("MONGODB_URL", "mongodb://127.0.0.1:9/shop")
        .env("REDIS_URL", "redis://127.0.0.1:9/0")
        .arg("serve");
    command
}

/// A configuration file of its own.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn everything_that_is_wrong_with_the_configuration_is_told_at_once() {
    let mut command = serve();
    command
        .env_remove("REDIS_URL")
        .env("DATABASE_URL", "mysql://shop")
        .env("MONGODB_URL", "shop")
        .env("VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET", "whsec_this is not base64")
        .env("VITRINE__WEBHOOKS__SEALING_KEY", "too short")
        .env("VITRINE__ORDERS__SWEEP_SECONDS", "0")
        .env("VITRINE__ORDERS__FIRST_CHECK_SECONDS", "soon")
        .env("VITRINE__SERVER__LISTEN", "everywhere")
        .env("VITRINE__SERVER__PUBLIC_URL", "https://shop.example:port")
        .env("VITRINE__SERVER__TRUSTED_PROXIES", "10.0.0.0/8, everyone")
        .env("VITRINE__LINE__NODES", "0")
        .env("VITRINE__LINE__DROPS__LAMP__OPENS", "2026-12-01T18:00:00Z")
        .env("VITRINE__LINE__DROPS__LAMP__ENDS", "2026-12-01T18:00:00Z")
        .env("VITRINE__LINE__DROPS__LAMP__PRODUCTS", "lamp, The Chair")
        .env("VITRINE__LINE__DROPS__CHAIR__OPENS", "at noon")
        .env("VITRINE__MAIL__URL", "smtp://user:hunter2@mail.example")
        .env("VITRINE__SELLER__NAME", "Lampenhaus GmbH")
        .env("VITRINE__LOG__FILTER", "orders=loud")
        .env("VITRINE__LOG__FORMAT", "verse")
        .env("VITRINE__LOG__COLOUR", "red");
    let (code, said) = told(command).await;
    assert_eq!(code, Some(1), "{said}");
    for wrong in [
        "database.url must begin with postgres://",
        "mongodb.url must begin with mongodb://",
        "redis.url is not set (REDIS_URL",
        "payments.sandbox.webhook_secret: ",
        "webhooks.sealing_key: the key has to be 32 bytes",
        "orders.sweep_seconds must be at least 1",
        "`orders.first_check_seconds`",
        "`server.listen`",
        "`everyone` is no network",
        "server.public_url must be",
        "line.secret is not set (VITRINE__LINE__SECRET)",
        "line.nodes must be at least 1",
        "line.drops.lamp.title is not set",
        "line.drops.lamp.ends must be after opens",
        "line.drops.lamp.products: `The Chair`",
        "`line.drops.chair.opens`",
        "mail.url: letters would not be encrypted",
        "seller needs name, address, vat_number and email",
        "log.filter: ",
        "`log.format`",
        "`colour`",
    ] {
        assert!(said.contains(wrong), "{wrong} is not in {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
    assert_eq!(said.lines().count(), 22, "{said}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_hides_nothing_else() {
    let broken = file("broken.toml", "[server\n");
    let mut command = serve();
    command.env_remove("REDIS_URL").arg("--config").arg(broken);
    let (code, said) = told(command).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("broken.toml") && said.contains("REDIS_URL"), "{said}");
}

#[tokio::test]
async fn a_file_overrides_the_defaults_and_the_environment_overrides_the_file() {
    let ours = file("ours.toml", "[orders]\nsweep_seconds = 0\nfirst_check_seconds = 0\n");
    let mut command = serve();
    command.arg("--config").arg(&ours).env("VITRINE__ORDERS__SWEEP_SECONDS", "7");
    let (code, said) = told(command).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("orders.first_check_seconds"), "{said}");
    assert!(!said.contains("orders.sweep_seconds"), "{said}");
}
