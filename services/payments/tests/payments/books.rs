//! What the money was for: an order is sold once, given up as its money goes back, and in the end its
//! customer owes nothing.

use crate::world::{RETURN_URL, World, price};
use domain::{
    money::{Currency, Money},
    tax::BasisPoints,
};
use payments::{CaptureAmount, Error, Refunded, Sale};
use serde_json::json;
use sqlx::PgPool;
use std::collections::BTreeMap;
use tokio::task::JoinSet;
use uuid::Uuid;

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// €19.00 with delivery and two rates of tax.
fn sale() -> Sale {
    Sale {
        items: eur(1_213),
        shipping: eur(412),
        taxes: vec![(BasisPoints(700), eur(30)), (BasisPoints(1900), eur(245))],
    }
}

async fn paid(world: &World) -> Uuid {
    let order = world.order().await;
    world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    order
}

async fn sold(world: &World) -> Uuid {
    let order = paid(world).await;
    world.payments.post_capture(order).await.unwrap();
    assert!(world.payments.post_sale(order, &sale()).await.unwrap());
    order
}

fn accounts(pairs: &[(&str, i64)]) -> BTreeMap<String, i64> {
    pairs.iter().map(|(account, net)| ((*account).to_owned(), *net)).collect()
}

async fn postings(pool: &PgPool, kind: &str) -> i64 {
    sqlx::query_scalar("select count(*) from postings where kind = $1")
        .bind(kind)
        .fetch_one(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_order_that_is_paid_and_sold_once_leaves_its_customer_owing_nothing() {
    let world = World::new().await;
    let order = paid(&world).await;
    world.payments.post_capture(order).await.unwrap();
    assert_eq!(world.owed(order).await, -1_900, "paid, not sold yet");
    let mut selling = JoinSet::new();
    for _ in 0..8 {
        let payments = world.payments.clone();
        selling.spawn(async move { payments.post_sale(order, &sale()).await.unwrap() });
    }
    let now = selling.join_all().await.into_iter().filter(|now| *now).count();
    assert_eq!((now, postings(&world.database.pool, "sale").await), (1, 1));
    assert_eq!(
        world.books(order).await,
        accounts(&[
            ("customer_receivable", 0),
            ("fee", 51),
            ("provider_clearing/sandbox", 1_849),
            ("revenue", -1_213),
            ("shipping", -412),
            ("tax/1900", -245),
            ("tax/700", -30),
        ])
    );
}

#[tokio::test]
async fn what_goes_back_in_parts_gives_up_the_sale_in_proportion_and_wholly_in_the_end() {
    let world = World::new().await;
    let order = sold(&world).await;
    let mut given_up = 0;
    for (key, minor) in [("a", 333), ("b", 1), ("c", 700)] {
        world.payments.refund(order, key, eur(minor), "returned").await.unwrap();
        given_up += minor;
        let books = world.books(order).await;
        assert_eq!(books["customer_receivable"], 0);
        // Within a cent of its share for each refund so far.
        for (account, part) in [("refund", 1_625), ("tax/1900", 245), ("tax/700", 30)] {
            let share = match account {
                "refund" => books[account],
                _ => books[account] + part,
            };
            let off = share * 1_900 - part * given_up;
            assert!(off.abs() <= 3 * 1_900, "{account}: {share} of {part} after {given_up}");
        }
    }
    let rest = world.payments.refund_all(order, "returned").await.unwrap();
    assert!(matches!(rest, Refunded::Now(_)), "{rest:?}");
    assert_eq!(
        world.books(order).await,
        accounts(&[
            ("customer_receivable", 0),
            // It is not given back by the provider.
            ("fee", 51),
            ("provider_clearing/sandbox", -51),
            ("refund", 1_625),
            ("revenue", -1_213),
            ("shipping", -412),
            ("tax/1900", 0),
            ("tax/700", 0),
        ])
    );
}

#[tokio::test]
async fn an_order_that_was_never_sold_gives_its_money_back_and_nothing_else() {
    let world = World::new().await;
    let order = paid(&world).await;
    world.payments.refund_all(order, "no stock").await.unwrap();
    assert_eq!(
        world.books(order).await,
        accounts(&[("customer_receivable", 0), ("fee", 51), ("provider_clearing/sandbox", -51)])
    );
}

#[tokio::test]
async fn a_sale_and_a_refund_at_once_leave_the_customer_owing_nothing() {
    let world = World::new().await;
    for round in 0..12_u64 {
        let order = paid(&world).await;
        world.payments.post_capture(order).await.unwrap();
        let (sold, refunded) = tokio::join!(
            async {
                tokio::time::sleep(std::time::Duration::from_micros(round * 700)).await;
                world.payments.post_sale(order, &sale()).await
            },
            world.payments.refund_all(order, "by hand"),
        );
        assert!(sold.unwrap());
        assert!(matches!(refunded.unwrap(), Refunded::Now(_)));
        let books = world.books(order).await;
        assert_eq!((books["customer_receivable"], books["tax/1900"]), (0, 0), "{round}: {books:?}");
    }
}

#[tokio::test]
async fn what_is_not_owed_cannot_be_sold() {
    let world = World::new().await;
    let order = paid(&world).await;
    for wrong in [
        Sale { items: eur(1_214), ..sale() },
        Sale { taxes: Vec::new(), ..sale() },
        Sale { shipping: Money::new(412, Currency::USD), ..sale() },
    ] {
        let refused = world.payments.post_sale(order, &wrong).await;
        assert!(
            matches!(refused, Err(Error::SaleMismatch { owed, .. }) if owed == price()),
            "{refused:?}"
        );
    }
    let unknown = world.payments.post_sale(Uuid::now_v7(), &sale()).await;
    assert!(matches!(unknown, Err(Error::UnknownOrder { .. })), "{unknown:?}");
    assert_eq!(postings(&world.database.pool, "sale").await, 0);
}

#[tokio::test]
async fn of_what_was_taken_only_in_part_the_customer_owes_the_rest() {
    let world = World::new().await;
    let order = world.order().await;
    world.payments.authorise(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    world.payments.capture(order, CaptureAmount::Part(eur(1_000))).await.unwrap();
    world.payments.post_capture(order).await.unwrap();
    world.payments.post_sale(order, &sale()).await.unwrap();
    let books = world.books(order).await;
    assert_eq!((books["customer_receivable"], books["fee"]), (900, 39));
}

#[tokio::test]
async fn a_fee_that_is_told_later_is_posted_once_whoever_hears_of_it_first() {
    let world = World::new().await;
    for _ in 0..8 {
        world.faults(json!({"withhold_fees": true})).await;
        let order = paid(&world).await;
        world.faults(json!({"withhold_fees": false})).await;
        let webhook = world.webhooks(1).await.remove(0);
        // The one notes the fee, the other posts the capture; neither knows which is first.
        let (heard, posted) =
            tokio::join!(world.take_in(&webhook), world.payments.post_capture(order));
        assert_eq!(heard.unwrap(), Some(order));
        posted.unwrap();
        assert_eq!(world.books(order).await["fee"], 51);
    }
    assert_eq!(postings(&world.database.pool, "fee").await, 8);
}

#[tokio::test]
async fn the_database_refuses_a_posting_without_its_one_cause_and_another_fee() {
    let world = World::new().await;
    let order = sold(&world).await;
    let pool = &world.database.pool;
    for statement in [
        "insert into postings (id, kind) values (gen_random_uuid(), 'sale')",
        "insert into postings (id, kind, attempt) select gen_random_uuid(), 'sale', id from attempts",
        "insert into postings (id, kind, intent) select gen_random_uuid(), 'gift', id from intents",
        "insert into postings (id, kind, intent, attempt)
         select gen_random_uuid(), 'fee', intent, id from attempts",
    ] {
        let refused = sqlx::query(statement).execute(pool).await.unwrap_err();
        let constraint = refused.as_database_error().and_then(|error| error.constraint());
        assert_eq!(constraint, Some("postings_cause_ck"), "{statement}");
    }
    let refused =
        sqlx::query("update attempts set fee_minor = 52").execute(pool).await.unwrap_err();
    let constraint = refused.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("attempts_fee_fixed_ck"));
    assert_eq!(world.owed(order).await, 0);
}
