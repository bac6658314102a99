//! What is asked for under a name is done once, and its answer given again.

use accounts::{MIGRATOR, SCHEMA};
use futures::future::join_all;
use platform::{
    idempotency::{Answer, Idempotency, Known, Turn, Wish},
    testing::{self, TestDatabase},
};
use serde_json::json;

async fn wishes() -> (Idempotency, TestDatabase) {
    let database = testing::postgres(SCHEMA, &MIGRATOR).await;
    (Idempotency::new(database.pool.clone()), database)
}

fn wish(key: &str, body: u8) -> Wish {
    Wish {
        owner: "0123456789ab".to_owned(),
        route: "POST /movements".to_owned(),
        key: key.to_owned(),
        body_hash: [body; 32],
    }
}

fn answer() -> Answer {
    let headers = json!({ "content-type": "application/json" });
    Answer { status: 200, headers, body: b"{}".to_vec() }
}

/// The turn, which must be ours to take.
async fn turn(wishes: &Idempotency, wish: Wish) -> Turn {
    match wishes.ask(wish).await.unwrap() {
        Known::Nothing(turn) => turn,
        other => panic!("{other:?}"),
    }
}

/// Lets time pass for all rows.
async fn pass(database: &TestDatabase, time: &str) {
    let change = "update idempotency_keys set
        leased_until = leased_until - $1::interval, created_at = created_at - $1::interval";
    sqlx::query(change).bind(time).execute(&database.pool).await.unwrap();
}

#[tokio::test]
async fn an_answer_is_given_again_to_the_same_wish_and_to_no_other() {
    let (wishes, _database) = wishes().await;
    turn(&wishes, wish("a", 1)).await.answer(&answer()).await.unwrap();
    match wishes.ask(wish("a", 1)).await.unwrap() {
        Known::Answered(again) => assert_eq!(again, answer()),
        other => panic!("{other:?}"),
    }
    assert!(matches!(wishes.ask(wish("a", 2)).await.unwrap(), Known::Another));
    // Another key's, another route's and another name's are wishes of their own.
    for other in [
        Wish { owner: "another".to_owned(), ..wish("a", 2) },
        Wish { route: "POST /carts".to_owned(), ..wish("a", 2) },
        wish("b", 2),
    ] {
        turn(&wishes, other).await.give_up().await.unwrap();
    }
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_has_the_turn() {
    let (wishes, _database) = wishes().await;
    let asked = join_all((0..20).map(|_| wishes.ask(wish("a", 1)))).await;
    let turns = asked.iter().filter(|known| matches!(known, Ok(Known::Nothing(_)))).count();
    let waiting = asked.iter().filter(|known| matches!(known, Ok(Known::InFlight))).count();
    assert_eq!((turns, waiting), (1, 19));
    assert!(matches!(wishes.ask(wish("a", 2)).await.unwrap(), Known::Another));
}

#[tokio::test]
async fn who_gives_up_or_is_lost_keeps_nobody_from_it_for_ever() {
    let (wishes, database) = wishes().await;
    turn(&wishes, wish("a", 1)).await.give_up().await.unwrap();
    // Lost: it renews its lease no more.
    let lost = turn(&wishes, wish("a", 1)).await;
    assert!(matches!(wishes.ask(wish("a", 1)).await.unwrap(), Known::InFlight));
    pass(&database, "11 seconds").await;
    let second = turn(&wishes, wish("a", 1)).await;
    // The lost one comes back with its answer: the other's counts.
    lost.answer(&Answer { status: 404, ..answer() }).await.unwrap();
    assert!(matches!(wishes.ask(wish("a", 1)).await.unwrap(), Known::InFlight));
    second.answer(&answer()).await.unwrap();
    match wishes.ask(wish("a", 1)).await.unwrap() {
        Known::Answered(again) => assert_eq!(again, answer()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_works_for_long_keeps_the_turn() {
    let (wishes, database) = wishes().await;
    let turn = turn(&wishes, wish("a", 1)).await;
    pass(&database, "8 seconds").await;
    let left = async || -> f64 {
        let query = "select extract(epoch from leased_until - now())::float8 from idempotency_keys";
        sqlx::query_scalar(query).fetch_one(&database.pool).await.unwrap()
    };
    assert!(left().await < 3.0);
    while left().await < 3.0 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    turn.answer(&answer()).await.unwrap();
}

#[tokio::test]
async fn after_a_day_an_answer_is_forgotten_and_the_name_free() {
    let (wishes, database) = wishes().await;
    for key in ["a", "b"] {
        turn(&wishes, wish(key, 1)).await.answer(&answer()).await.unwrap();
    }
    assert_eq!(wishes.sweep().await.unwrap(), 0);
    pass(&database, "23 hours").await;
    assert!(matches!(wishes.ask(wish("a", 1)).await.unwrap(), Known::Answered(_)));
    assert_eq!(wishes.sweep().await.unwrap(), 0);
    pass(&database, "61 minutes").await;
    // Also before the sweeper came, and for something else.
    let begun = turn(&wishes, wish("a", 2)).await;
    assert_eq!(wishes.sweep().await.unwrap(), 1);
    begun.answer(&answer()).await.unwrap();
    assert!(matches!(wishes.ask(wish("a", 2)).await.unwrap(), Known::Answered(_)));
}
