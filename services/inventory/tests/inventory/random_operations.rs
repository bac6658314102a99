//! Whatever is done in whatever order, the books are right and no number falls below zero.

mod goods;

use crate::stockroom::{MINUTES, NO_TIME, Stockroom, order, sku};
use domain::{
    Sku,
    stock::{Demand, HoldState},
};
use inventory::{AllocateError, HoldError, LevelError, ReleaseError, Taken};
use proptest::{prelude::*, test_runner::TestRunner};
use std::collections::HashMap;
use uuid::Uuid;

const ORDERS: usize = 3;
const SKUS: usize = 2;

#[derive(Debug, Clone)]
enum Operation {
    Hold { order: usize, quantities: [u32; SKUS], sets: u32, expired: bool },
    Extend { order: usize },
    Allocate { order: usize },
    Release { order: usize },
    Sweep,
    Receive { south: bool, sku: usize, quantity: u32, note: Option<u8> },
    Count { south: bool, sku: usize, counted: u32 },
    Ship { order: usize, south: bool, sku: usize, quantity: u32 },
    Cancel { order: usize },
    TakeBack { south: bool, sku: usize, quantity: u32, scrapped: u32 },
    Scrap { south: bool, sku: usize, quantity: u32 },
    Tell { south: bool, sku: usize, quantities: [i64; 3], note: u8, all: bool },
    CountAsOf { south: bool, sku: usize, counted: i64, seconds: i64 },
    Transfer { from_south: bool, sku: usize, quantity: u32, lost: u32 },
    Rules { south: bool, sku: usize, safety: u32, back_order_limit: u32 },
    Close { south: bool, closed: bool },
}

fn operation() -> impl Strategy<Value = Operation> {
    let order = 0..ORDERS;
    prop_oneof![
        4 => (order.clone(), [0u32..5, 0u32..5], 0u32..3, any::<bool>()).prop_map(
            |(order, quantities, sets, expired)| Operation::Hold { order, quantities, sets, expired }),
        1 => order.clone().prop_map(|order| Operation::Extend { order }),
        2 => order.clone().prop_map(|order| Operation::Allocate { order }),
        2 => order.clone().prop_map(|order| Operation::Release { order }),
        2 => (order.clone(), any::<bool>(), 0..SKUS, 1u32..4).prop_map(
            |(order, south, sku, quantity)| Operation::Ship { order, south, sku, quantity }),
        1 => order.prop_map(|order| Operation::Cancel { order }),
        1 => (any::<bool>(), 0..SKUS, 1u32..4, 0u32..3).prop_map(
            |(south, sku, quantity, scrapped)| Operation::TakeBack { south, sku, quantity, scrapped }),
        1 => (any::<bool>(), 0..SKUS, 1u32..4)
            .prop_map(|(south, sku, quantity)| Operation::Scrap { south, sku, quantity }),
        2 => (any::<bool>(), 0..SKUS, [-4i64..6, -4i64..6, -4i64..6], 0u8..6, any::<bool>()).prop_map(
            |(south, sku, quantities, note, all)| Operation::Tell { south, sku, quantities, note, all }),
        1 => (any::<bool>(), 0..SKUS, 0i64..9, 0i64..3).prop_map(
            |(south, sku, counted, seconds)| Operation::CountAsOf { south, sku, counted, seconds }),
        1 => (any::<bool>(), 0..SKUS, 1u32..4, 0u32..3).prop_map(
            |(from_south, sku, quantity, lost)| Operation::Transfer { from_south, sku, quantity, lost }),
        1 => (any::<bool>(), 0..SKUS, 0u32..3, 0u32..4).prop_map(
            |(south, sku, safety, back_order_limit)| Operation::Rules { south, sku, safety, back_order_limit }),
        1 => (any::<bool>(), any::<bool>())
            .prop_map(|(south, closed)| Operation::Close { south, closed }),
        1 => Just(Operation::Sweep),
        2 => (any::<bool>(), 0..SKUS, 1u32..6, prop::option::of(0u8..3))
            .prop_map(|(south, sku, quantity, note)| Operation::Receive { south, sku, quantity, note }),
        1 => (any::<bool>(), 0..SKUS, 0u32..8)
            .prop_map(|(south, sku, counted)| Operation::Count { south, sku, counted }),
    ]
}

/// One run of operations, and what should be true of each order, kept by much simpler means.
struct Run<'a> {
    room: &'a Stockroom,
    /// SKUs and notes of this run alone: the ledger of the runs before cannot be taken away.
    skus: [Sku; SKUS],
    /// One piece of the first SKU and two of the second.
    set: Sku,
    source: String,
    orders: [Uuid; ORDERS],
    /// What each order has left: what was sent or cancelled is not counted any more.
    model: HashMap<usize, (HoldState, [u32; SKUS])>,
}

impl Run<'_> {
    async fn apply(&mut self, operation: &Operation) {
        let inventory = &self.room.inventory;
        match *operation {
            Operation::Hold { order, mut quantities, sets, expired } => {
                let mut wish: Vec<_> = self.demands(quantities);
                if sets > 0 {
                    wish.push(Demand { sku: self.set.clone(), quantity: sets });
                    quantities = [quantities[0] + sets, quantities[1] + 2 * sets];
                }
                let ttl = if expired { NO_TIME } else { MINUTES };
                let state = self.model.get(&order).map(|(state, _)| *state);
                match inventory.hold(self.orders[order], &wish, ttl).await {
                    Ok(parts) => {
                        assert_ne!(state, Some(HoldState::Allocated));
                        for (index, quantity) in quantities.into_iter().enumerate() {
                            let own = parts.iter().filter(|part| part.sku == self.skus[index]);
                            assert_eq!(own.map(|part| part.quantity).sum::<u32>(), quantity);
                        }
                        self.model.insert(order, (HoldState::Held, quantities));
                    }
                    Err(HoldError::NothingDemanded) => assert_eq!(quantities, [0; SKUS]),
                    Err(HoldError::AlreadyAllocated { .. }) => {
                        assert_eq!(state, Some(HoldState::Allocated));
                    }
                    Err(HoldError::OutOfStock(shortages)) => assert!(!shortages.is_empty()),
                    Err(error) => panic!("{error}"),
                }
            }
            Operation::Extend { order } => {
                let extended = inventory.extend(self.orders[order], MINUTES).await.unwrap();
                let held = self.model.get(&order).is_some_and(|(s, _)| *s == HoldState::Held);
                assert_eq!(extended, held);
            }
            Operation::Allocate { order } => match inventory.allocate(self.orders[order]).await {
                Ok(allocated) => {
                    let (state, _) = self.model.get_mut(&order).unwrap();
                    let taken = match *state {
                        HoldState::Held => Taken::FromHold,
                        HoldState::Released => Taken::Anew,
                        _ => Taken::Before,
                    };
                    assert_eq!(allocated.taken, taken);
                    *state = HoldState::Allocated;
                }
                Err(AllocateError::NeverHeld { .. }) => assert!(!self.model.contains_key(&order)),
                Err(AllocateError::OutOfStock(_)) => {
                    assert_eq!(self.model[&order].0, HoldState::Released);
                }
                Err(error) => panic!("{error}"),
            },
            Operation::Release { order } => match inventory.release(self.orders[order]).await {
                Ok(given_back) => {
                    let state = self.model.get_mut(&order).map(|(state, _)| state);
                    let held = state.as_ref().is_some_and(|state| **state == HoldState::Held);
                    assert_eq!(!given_back.is_empty(), held);
                    if let Some(state) = state {
                        *state = HoldState::Released;
                    }
                }
                Err(ReleaseError::AlreadyAllocated { .. }) => {
                    assert_eq!(self.model[&order].0, HoldState::Allocated);
                }
                Err(error) => panic!("{error}"),
            },
            Operation::Sweep => {
                let overdue = inventory.list_expired(100).await.unwrap();
                assert_eq!(inventory.expire_holds(&overdue).await.unwrap(), overdue);
                for (order, (state, _)) in &mut self.model {
                    if overdue.contains(&self.orders[*order]) {
                        assert_eq!(*state, HoldState::Held);
                        *state = HoldState::Released;
                    }
                }
            }
            Operation::Receive { south, sku, quantity, note } => {
                let external = note.map(|note| inventory::ExternalId {
                    source: self.source.clone(),
                    id: note.to_string(),
                });
                let lines = [(self.skus[sku].clone(), quantity)];
                let warehouse = warehouse(south);
                inventory.receive(warehouse, &lines, "delivery", external.as_ref()).await.unwrap();
            }
            Operation::Count { south, sku, counted } => {
                let lines = [(self.skus[sku].clone(), counted)];
                match inventory.set_levels(warehouse(south), &lines, "stocktaking").await {
                    Ok(_) | Err(LevelError::BelowPromised(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            _ => self.apply_to_goods(operation).await,
        }
    }

    fn demands(&self, quantities: [u32; SKUS]) -> Vec<Demand> {
        let lines = self.skus.iter().zip(quantities).filter(|(_, quantity)| *quantity > 0);
        lines.map(|(sku, quantity)| Demand { sku: sku.clone(), quantity }).collect()
    }

    /// The books are right, and the levels hold what the orders hold by the model.
    async fn check(&self) {
        self.room.assert_books_are_right().await;
        for (index, sku) in self.skus.iter().enumerate() {
            let rows: Vec<(i64, i64, i64, i64, i64)> = sqlx::query_as(
                "select on_hand, held, allocated, can_be_sold(level), back_order_limit
                 from stock_levels as level
                 where sku = $1",
            )
            .bind(sku.as_str())
            .fetch_all(&self.room.database.pool)
            .await
            .unwrap();
            for (on_hand, held, allocated, can_be_sold, limit) in &rows {
                assert!([on_hand, held, allocated, can_be_sold].into_iter().all(|n| *n >= 0));
                assert!(held + allocated + can_be_sold <= (on_hand + limit).max(held + allocated));
            }
            let promised = |wanted: HoldState| -> i64 {
                let orders = self.model.values().filter(|(state, _)| *state == wanted);
                orders.map(|(_, quantities)| i64::from(quantities[index])).sum()
            };
            let (held, allocated) = (promised(HoldState::Held), promised(HoldState::Allocated));
            assert_eq!(rows.iter().map(|row| row.1).sum::<i64>(), held);
            assert_eq!(rows.iter().map(|row| row.2).sum::<i64>(), allocated);
        }
    }
}

fn warehouse(south: bool) -> &'static str {
    if south { "south" } else { "north" }
}

#[test]
fn whatever_is_done_the_levels_are_the_sums_and_never_negative() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let room = runtime.block_on(Stockroom::empty());
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 40,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&prop::collection::vec(operation(), 1..30), |operations| {
            runtime.block_on(async {
                let tag = Uuid::now_v7().simple().to_string();
                for code in ["north", "south"] {
                    room.inventory.set_active(code, true).await.unwrap();
                }
                let skus: [Sku; SKUS] = std::array::from_fn(|index| sku(&format!("{tag}-{index}")));
                let set = sku(&format!("{tag}-set"));
                let parts = [(skus[0].clone(), 1), (skus[1].clone(), 2)];
                room.inventory.define_bundle(&set, &parts).await.unwrap();
                let mut run = Run {
                    room: &room,
                    skus,
                    set,
                    source: tag,
                    orders: std::array::from_fn(|_| order()),
                    model: HashMap::new(),
                };
                for operation in &operations {
                    run.apply(operation).await;
                    room.assert_books_are_right().await;
                }
                run.check().await;
            });
            Ok(())
        })
        .unwrap();
    // The database goes with its pool, which wants a runtime.
    runtime.block_on(async { drop(room) });
}
