//! Who comes in, and who does not.

use super::{LEVELS, Program, apikey, key, told};
use crate::world::{Ground, Store, until};
use reqwest::Method;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_key_is_shown_once_alone_on_the_last_line_and_then_by_all_but_its_secret() {
    let store = Store::open().await;
    let key = key(&store, "inventory:read,inventory:write").await;
    let (prefix, secret) = key.rsplit_once('_').unwrap();
    let (code, said) = apikey(&store, &["list"]).await;
    assert_eq!(code, Some(0), "{said}");
    let line = said.lines().find(|line| line.starts_with(prefix)).unwrap();
    for told in ["secret", "never", "inventory:read,inventory:write", "a test"] {
        assert!(line.contains(told), "{told}: {said}");
    }
    assert!(!said.contains(&secret[..20]), "{said}");
    // Its use is written down beside the first request.
    let program = Program { store: &store, key: key.clone() };
    assert_eq!(program.get(LEVELS).await.status, 200);
    let used = async || !apikey(&store, &["list"]).await.1.contains("never");
    until("its use is written down", used).await;
}

#[tokio::test]
async fn what_is_no_scope_is_told_with_those_there_are_and_apps_get_harmless_ones_only() {
    let store = Store::open().await;
    let create = async |more: &[&str]| {
        apikey(&store, &[&["create", "--name", "an app"], more].concat()).await
    };
    let (code, said) = create(&["--scopes", "inventory:read,planets:move"]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("`planets:move` is no scope; there are inventory:read, "), "{said}");
    let (code, said) = create(&["--scopes", "carts,inventory:read", "--publishable"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("a publishable key may not have inventory:read"), "{said}");
    let (code, said) = create(&["--scopes", "carts", "--publishable"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.lines().last().unwrap().starts_with("vtr_pk_"), "{said}");
}

#[tokio::test]
async fn without_a_key_that_lets_in_nothing_is_shown() {
    let store = Store::open().await;
    let good = key(&store, "inventory:read").await;
    let ask = || store.client.get(format!("{}{LEVELS}", store.url));
    let mistyped = format!("{}0", &good[..good.len() - 1]);
    // In form, and made for another store.
    let strange = accounts::ApiKey::random(accounts::KeyKind::Secret).expose();
    for (what, request) in [
        ("none", ask()),
        ("an empty one", ask().header("authorization", "Bearer ")),
        ("another scheme", ask().basic_auth("vitrine", Some(&good))),
        ("in the query", store.client.get(format!("{}{LEVELS}?key={good}", store.url))),
        ("as a cookie", ask().header("cookie", format!("key={good}"))),
        ("mistyped", ask().bearer_auth(mistyped)),
        ("another store's", ask().bearer_auth(strange)),
        ("twice", ask().bearer_auth(&good).bearer_auth(&good)),
    ] {
        let told = told(request.send().await.unwrap()).await;
        assert_eq!(told.problem(), (401, "unauthenticated"), "{what}");
        assert!(told.header("www-authenticate").starts_with("Bearer"), "{what}");
    }
    assert_eq!(told(ask().bearer_auth(&good).send().await.unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_key_that_lacks_the_scope_is_told_which() {
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:write,catalogue:read").await;
    let told = program.get(LEVELS).await;
    assert_eq!(told.problem(), (403, "scope_missing"));
    assert!(told.body["detail"].as_str().unwrap().contains("`inventory:read`"), "{told:?}");
    assert!(told.header("www-authenticate").contains("scope=\"inventory:read\""), "{told:?}");
}

#[tokio::test]
async fn a_revoked_key_lets_nobody_in_after_five_seconds_on_any_node() {
    let store = Store::open().await;
    let other = store.another_with(&[("VITRINE__SERVER__ROLES", "api")]).await;
    let program = Program::with(&store, "inventory:read").await;
    let asked_at = async |node: &str| {
        told(program.ask_at(node, Method::GET, LEVELS).send().await.unwrap()).await
    };
    for node in [&store.url, &other] {
        assert_eq!(asked_at(node).await.status, 200);
    }
    let prefix = program.key.rsplit_once('_').unwrap().0;
    let (code, said) = apikey(&store, &["revoke", prefix]).await;
    assert_eq!(code, Some(0), "{said}");
    let revoked = Instant::now();
    for node in [&store.url, &other] {
        until("it lets nobody in", async || asked_at(node).await.status == 401).await;
    }
    assert!(revoked.elapsed() < Duration::from_secs(5), "{:?}", revoked.elapsed());
    assert_eq!(apikey(&store, &["revoke", prefix]).await.0, Some(0));
    assert_eq!(apikey(&store, &["revoke", "vtr_sk_0123456789ab"]).await.0, Some(1));
}

#[tokio::test]
async fn who_tries_many_keys_that_there_are_not_is_put_off_and_nobody_else() {
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:read").await;
    assert_eq!(program.get(LEVELS).await.status, 200);
    let mut refused = 0;
    for _ in 0..40 {
        let key = accounts::ApiKey::random(accounts::KeyKind::Secret).expose();
        let told = Program { store: &store, key }.get(LEVELS).await;
        match told.problem() {
            (401, "unauthenticated") => {}
            (429, "too_many_failures") => {
                assert!(told.header("retry-after").parse::<u64>().unwrap() >= 1);
                refused += 1;
            }
            other => panic!("{other:?}"),
        }
        // Somebody at the same address who has a key is let in all the while.
        assert_eq!(program.get(LEVELS).await.status, 200);
    }
    assert!((10..=20).contains(&refused), "{refused} of 40 were put off");
}

#[tokio::test]
async fn while_its_database_is_away_nobody_comes_in_and_all_are_told_at_once() {
    let mut ground = Ground::new().await;
    ground.settings.push(("VITRINE__SERVER__ROLES", "api".to_owned()));
    let store = Store::open_on(ground).await;
    let program = Program::with(&store, "inventory:read").await;
    assert_eq!(program.get(LEVELS).await.status, 200);
    store.postgres.cut();
    let away = async || program.get(LEVELS).await.status == 503;
    until("it is known", away).await;
    let begun = Instant::now();
    for _ in 0..20 {
        let told = program.get(LEVELS).await;
        assert_eq!(told.problem(), (503, "unavailable"), "{}", store.serve.log());
        assert_eq!(told.header("retry-after"), "5");
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    store.postgres.mend();
    until("all is well", async || program.get(LEVELS).await.status == 200).await;
}
