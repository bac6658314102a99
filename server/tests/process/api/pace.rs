//! How fast a key may ask.

use super::{LEVELS, Program, told};
use crate::world::{Ground, Store, until};
use reqwest::Method;

/// A store in which a key may ask five times at once, and then once a second.
async fn slow_store() -> Store {
    let mut ground = Ground::new().await;
    for (name, value) in [
        ("VITRINE__API__REQUESTS_PER_SECOND", "1"),
        ("VITRINE__API__REQUESTS_BURST", "5"),
        ("VITRINE__SERVER__ROLES", "api"),
    ] {
        ground.settings.push((name, value.to_owned()));
    }
    Store::open_on(ground).await
}

/// Asks both nodes in turns until both have refused; how often it was answered.
async fn answered(program: &Program<'_>, nodes: [&str; 2]) -> u32 {
    let mut answered = 0;
    let mut refused = [false; 2];
    while refused != [true; 2] {
        for (node, refused) in nodes.iter().zip(&mut refused) {
            let told = told(program.ask_at(node, Method::GET, LEVELS).send().await.unwrap()).await;
            assert_eq!(told.header("ratelimit-policy"), "\"key\";q=5;w=5");
            match told.status {
                200 => answered += 1,
                _ => {
                    assert_eq!(told.problem(), (429, "too_many_requests"));
                    assert_eq!(
                        (told.header("retry-after"), told.header("ratelimit")),
                        ("1", "\"key\";r=0;t=5")
                    );
                    *refused = true;
                }
            }
        }
    }
    answered
}

#[tokio::test]
async fn a_key_has_one_pace_on_all_nodes_is_told_what_is_left_of_it_and_shares_it_with_no_other() {
    let store = slow_store().await;
    let other = store.another().await;
    let program = Program::with(&store, "inventory:read").await;
    let first = program.get(LEVELS).await;
    assert_eq!((first.status, first.header("ratelimit")), (200, "\"key\";r=4;t=1"));
    let answered = answered(&program, [&store.url, &other]).await;
    assert!((4..=6).contains(&answered), "{answered} were answered");
    let another = Program::with(&store, "inventory:read").await;
    assert_eq!(another.get(LEVELS).await.status, 200);
    until("there is room again", async || program.get(LEVELS).await.status == 200).await;
}

#[tokio::test]
async fn without_redis_each_node_counts_by_itself_and_nobody_is_refused_for_it() {
    let store = slow_store().await;
    let other = store.another().await;
    let program = Program::with(&store, "inventory:read").await;
    store.redis.cut();
    let answered = answered(&program, [&store.url, &other]).await;
    assert!((10..=14).contains(&answered), "{answered} were answered");
    store.redis.mend();
}
