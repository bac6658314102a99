//! Who asks, where proxies stand in front of the store.

use crate::world::{Ground, Store, run};
use reqwest::header::ACCEPT;

/// A store that lets one address make one change a second, and believes these proxies.
async fn store(proxies: &str) -> Store {
    let mut ground = Ground::new().await;
    run(ground.settings.clone(), &["migrate"]).await;
    for (name, value) in [
        ("VITRINE__SERVER__CHANGES_PER_SECOND", "1"),
        ("VITRINE__SERVER__CHANGES_BURST", "1"),
        ("VITRINE__SERVER__TRUSTED_PROXIES", proxies),
    ] {
        ground.settings.push((name, value.to_owned()));
    }
    let store = Store::on(ground);
    store.until("it is ready", async || store.readiness().await.0 == 200).await;
    store
}

/// Twenty changes in a row, each in the name of what `told` says; how many were too many.
async fn refused(store: &Store, told: impl Fn(usize) -> String) -> usize {
    let mut refused = 0;
    for number in 0..20 {
        let change = store.form("/api/cart/remove", &[("sku", "LAMP")]);
        let change = change.header(ACCEPT, "application/json");
        let answer = change.header("x-forwarded-for", told(number)).send().await.unwrap();
        refused += usize::from(answer.status() == 429);
    }
    refused
}

#[tokio::test]
async fn a_visitor_does_not_escape_the_limit_by_naming_other_addresses() {
    let store = store("").await;
    assert!(refused(&store, |number| format!("198.51.100.{number}")).await > 0);
}

#[tokio::test]
async fn behind_a_proxy_each_visitor_has_a_limit_of_their_own_and_cannot_escape_it() {
    let store = store("127.0.0.0/8").await;
    assert_eq!(refused(&store, |number| format!("198.51.100.{number}")).await, 0);
    // What the proxy adds is on the right; the rest is the visitor's own invention.
    assert!(refused(&store, |number| format!("203.0.113.{number}, 198.51.100.77")).await > 0);
}
