//! What the database refuses, whatever code path is wrong: tried with plain SQL.

use crate::stockroom::{MINUTES, Stockroom, order, want};
use domain::stock::HoldState;
use inventory::Error;

#[tokio::test]
async fn a_level_cannot_promise_more_than_is_on_hand() {
    let room = Stockroom::with(&[("north", "mug", 2)]).await;
    let refused = room.refused_by("update stock_levels set held = 2, allocated = 1").await;
    assert_eq!(refused, "promises_within_stock_ck");
}

#[tokio::test]
async fn no_more_is_promised_beyond_what_is_on_hand_than_may_be() {
    let room = Stockroom::with(&[("north", "mug", 2)]).await;
    let rules = "update stock_levels set back_order_limit = 3, held = 4, allocated = 1";
    sqlx::query(rules).execute(&room.database.pool).await.unwrap();
    for statement in [
        "update stock_levels set held = held + 1",
        "update stock_levels set on_hand = on_hand - 1",
        "update stock_levels set back_order_limit = 2",
    ] {
        assert_eq!(room.refused_by(statement).await, "promises_within_stock_ck", "{statement}");
    }
    let refused = room.refused_by("update stock_levels set back_order_limit = -1").await;
    assert!(refused.ends_with("_ck"), "{refused}");
}

#[tokio::test]
async fn a_bundle_lies_nowhere_and_is_in_no_bundle() {
    let room = Stockroom::with(&[("north", "mug", 2)]).await;
    let statement = "insert into bundles values ('set', 1), ('mug', 1)";
    assert_eq!(room.refused_by(statement).await, "bundle_lies_nowhere_ck");
    let sets = "insert into bundles values ('set', 1), ('crate', 1)";
    sqlx::query(sets).execute(&room.database.pool).await.unwrap();
    let statement = "insert into stock_levels (sku, warehouse) values ('set', 'north')";
    assert_eq!(room.refused_by(statement).await, "bundle_lies_nowhere_ck");
    let statement = "insert into bundle_components values ('crate', 'set', 2)";
    assert_eq!(room.refused_by(statement).await, "component_is_no_bundle_ck");
    let statement = "insert into bundle_components values ('set', 'mug', 0)";
    assert_eq!(room.refused_by(statement).await, "component_quantity_positive_ck");
}

#[tokio::test]
async fn no_number_of_a_level_falls_below_zero() {
    let room = Stockroom::with(&[("north", "mug", 2)]).await;
    let statements = [
        ("update stock_levels set on_hand = -1, held = -1", "_not_negative_ck"),
        ("update stock_levels set held = -1", "held_not_negative_ck"),
        ("update stock_levels set allocated = -1", "allocated_not_negative_ck"),
        ("update stock_levels set safety = -1", "safety_not_negative_ck"),
    ];
    for (statement, constraint) in statements {
        let refused = room.refused_by(statement).await;
        assert!(refused.ends_with(constraint), "{statement} was refused by {refused}");
    }
}

#[tokio::test]
async fn a_hold_changes_its_state_only_as_the_domain_allows() {
    let room = Stockroom::with(&[("north", "mug", 30)]).await;
    for from in HoldState::ALL {
        for to in HoldState::ALL.into_iter().filter(|to| *to != from) {
            let reference = order();
            room.inventory.hold(reference, &[want("mug", 1)], MINUTES).await.unwrap();
            let become_ = async |state: HoldState| {
                sqlx::query(
                    "update holds
                     set
                       state = $2,
                       ended_at = case when $2 = 'held' then null else now() end,
                       shipped = case when $2 = 'shipped' then quantity else 0 end,
                       cancelled = case when $2 = 'cancelled' then quantity else 0 end
                     where reference = $1",
                )
                .bind(reference)
                .bind(state.as_str())
                .execute(&room.database.pool)
                .await
            };
            if matches!(from, HoldState::Shipped | HoldState::Cancelled) {
                become_(HoldState::Allocated).await.unwrap();
            }
            if from != HoldState::Held {
                become_(from).await.unwrap();
            }
            let result = become_(to).await;
            assert_eq!(result.is_ok(), from.may_become(to), "{from:?} to {to:?}: {result:?}");
            if let Err(error) = result {
                let error = Error::from(error);
                assert!(matches!(error, Error::IllegalTransition { .. }), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_hold_begins_as_held_and_keeps_what_it_holds() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    room.inventory.hold(order(), &[want("mug", 1)], MINUTES).await.unwrap();
    let born_allocated = "insert into holds
        (id, reference, round, sku, warehouse, quantity, state, expires_at, ended_at)
        values (gen_random_uuid(), gen_random_uuid(), 1, 'mug', 'north', 1, 'allocated', now(), now())";
    assert_eq!(room.refused_by(born_allocated).await, "hold_transition_legal_ck");
    assert_eq!(room.refused_by("update holds set quantity = 2").await, "hold_content_fixed_ck");
    assert_eq!(room.refused_by("delete from holds").await, "hold_transition_legal_ck");
    assert_eq!(
        room.refused_by("update holds set state = 'released'").await,
        "hold_ends_with_its_state_ck"
    );
}

#[tokio::test]
async fn an_order_cannot_hold_the_same_pieces_twice() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    room.inventory.hold(order(), &[want("mug", 1)], MINUTES).await.unwrap();
    let second = "insert into holds (id, reference, round, sku, warehouse, quantity, expires_at)
        select gen_random_uuid(), reference, 2, sku, warehouse, 1, now() from holds";
    assert_eq!(room.refused_by(second).await, "hold_live_once_uq");
}

#[tokio::test]
async fn movements_are_only_ever_added() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    for statement in [
        "update movements set on_hand = 10",
        "update movements set cause = 'nothing' where sku = 'no-such-thing'",
        "delete from movements",
        "truncate movements",
    ] {
        assert_eq!(room.refused_by(statement).await, "movements_append_only_ck", "{statement}");
    }
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_movement_moves_what_its_kind_says() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    let received_nothing =
        "insert into movements (sku, warehouse, kind, on_hand, held, allocated, cause)
        values ('mug', 'north', 'received', 0, 1, 0, 'a mistake')";
    assert_eq!(room.refused_by(received_nothing).await, "movement_moves_what_its_kind_says_ck");
    let for_nobody = "insert into movements (sku, warehouse, kind, on_hand, held, allocated, cause)
        values ('mug', 'north', 'held', 0, 1, 0, 'a mistake')";
    assert_eq!(room.refused_by(for_nobody).await, "movement_for_order_names_it_ck");
    let from_nowhere =
        "insert into movements (sku, warehouse, kind, on_hand, held, allocated, cause)
        values ('cup', 'north', 'received', 1, 0, 0, 'a mistake')";
    assert_eq!(room.refused_by(from_nowhere).await, "movement_of_known_level_fk");
}

#[tokio::test]
async fn each_refusal_has_a_name() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    room.inventory.hold(order(), &[want("mug", 1)], MINUTES).await.unwrap();
    let name = async |statement| Error::from(room.refused(statement).await);

    let error = name("update stock_levels set held = 10").await;
    assert!(matches!(error, Error::Oversell), "{error:?}");
    let error = name("update stock_levels set safety = -1").await;
    assert!(matches!(error, Error::BelowZero { constraint } if constraint.starts_with("safety")));
    let error = name("insert into stock_levels (sku, warehouse) values ('mug', 'moon')").await;
    assert!(matches!(error, Error::UnknownWarehouse), "{error:?}");
    let error = name(
        "insert into holds (id, reference, round, sku, warehouse, quantity, expires_at)
         select gen_random_uuid(), reference, 2, sku, warehouse, 1, now() from holds",
    )
    .await;
    assert!(matches!(error, Error::HeldTwice), "{error:?}");
    let error = name("delete from holds").await;
    assert_eq!(
        error.to_string(),
        "the database refused to change a hold: a hold that is held cannot be deleted"
    );
    let error = name("delete from movements").await;
    assert!(matches!(error, Error::AppendOnly), "{error:?}");
    let error = name("insert into warehouses values ('', 'Nowhere', 'DE', 1)").await;
    assert!(matches!(error, Error::Database(_)), "{error:?}");
}
