//! What the warehouses are told of an order: each its part of it, once, whatever becomes of it afterwards.

use crate::stockroom::{MINUTES, Stockroom, order, part, sku, want};
use inventory::{
    Instruction, InstructionFilter, InstructionKind, Inventory, MIGRATOR, SCHEMA, Wanted,
};
use uuid::Uuid;

/// Everything that was told so far, in its order.
pub async fn told(inventory: &Inventory) -> Vec<Instruction> {
    inventory.tell_instructions().await.unwrap();
    let filter = InstructionFilter { limit: 1_000, ..InstructionFilter::default() };
    inventory.list_instructions(&filter).await.unwrap().instructions
}

/// What it says in short: which warehouse, what, which pieces.
fn short(told: &Instruction) -> (&str, &str, Vec<(&str, i64)>) {
    let lines = told.lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect();
    (&told.warehouse, told.kind.as_str(), lines)
}

async fn paid(room: &Stockroom, wish: &[domain::stock::Demand]) -> Uuid {
    let reference = order();
    room.inventory.hold(reference, wish, MINUTES).await.unwrap();
    room.inventory.allocate(reference).await.unwrap();
    reference
}

#[tokio::test]
async fn each_warehouse_is_told_once_what_of_an_order_it_is_to_send() {
    let room =
        Stockroom::with(&[("north", "mug", 3), ("south", "mug", 4), ("south", "cup", 9)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 6), want("cup", 2)], MINUTES).await.unwrap();
    assert_eq!(told(&room.inventory).await, [], "nobody has paid");
    room.inventory.allocate(reference).await.unwrap();
    room.inventory.allocate(reference).await.unwrap();
    let told = told(&room.inventory).await;
    let north = ("north", "allocation.created", vec![("mug", 2)]);
    let south = ("south", "allocation.created", vec![("cup", 2), ("mug", 4)]);
    let mut found: Vec<_> = told.iter().map(short).collect();
    found.sort();
    assert_eq!(found, [north, south]);
    assert!(told.iter().all(|told| told.order == reference && told.return_id.is_none()));
    assert_ne!(told[0].id, told[1].id);
}

#[tokio::test]
async fn of_a_bundle_the_warehouse_is_told_what_it_is_made_of() {
    let room = Stockroom::with(&[("north", "mug", 9), ("north", "spoon", 9)]).await;
    let recipe = [(sku("mug"), 1), (sku("spoon"), 2)];
    room.inventory.define_bundle(&sku("set"), &recipe).await.unwrap();
    paid(&room, &[want("set", 2), want("mug", 1)]).await;
    let told = told(&room.inventory).await;
    let whole = ("north", "allocation.created", vec![("mug", 3), ("spoon", 4)]);
    assert_eq!(told.iter().map(short).collect::<Vec<_>>(), [whole]);
}

#[tokio::test]
async fn pieces_that_are_taken_anew_after_the_hold_was_given_back_are_told_from_where_they_come() {
    let room = Stockroom::with(&[("north", "mug", 2), ("south", "mug", 2)]).await;
    let late = order();
    room.inventory.hold(late, &[want("mug", 2)], MINUTES).await.unwrap();
    room.inventory.release(late).await.unwrap();
    paid(&room, &[want("mug", 2)]).await;
    room.inventory.allocate(late).await.unwrap();
    let told = told(&room.inventory).await;
    let found: Vec<_> =
        told.iter().map(|told| (told.warehouse.as_str(), told.lines.len())).collect();
    assert_eq!(found, [("north", 1), ("south", 1)]);
    assert_eq!(told[1].order, late);
}

#[tokio::test]
async fn what_is_cancelled_is_told_where_it_was_not_sent_yet_and_after_what_it_takes_back() {
    let room = Stockroom::with(&[("north", "mug", 3), ("south", "mug", 4)]).await;
    let reference = paid(&room, &[want("mug", 6)]).await;
    room.inventory.ship(reference, "1", "south", &[(sku("mug"), 1)]).await.unwrap();
    room.inventory.ship(reference, "2", "north", &[(sku("mug"), 2)]).await.unwrap();
    let given_back = room.inventory.cancel_allocation(reference).await.unwrap();
    assert_eq!(given_back, [part("south", "mug", 3)]);
    assert!(room.inventory.cancel_allocation(reference).await.unwrap().is_empty());
    let told = told(&room.inventory).await;
    assert_eq!(told.len(), 3);
    // Sent or not, both are told first what they were to send.
    assert!(told[..2].iter().all(|told| told.kind == InstructionKind::AllocationCreated));
    assert_eq!(short(&told[2]), ("south", "allocation.cancelled", vec![("mug", 3)]));
    assert_eq!(told[2].order, reference);
}

#[tokio::test]
async fn a_payment_that_is_rolled_back_tells_nobody_anything() {
    let room = Stockroom::with(&[("north", "mug", 3)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 2)], MINUTES).await.unwrap();
    // The level refuses, at the very end of the statement that allocates.
    sqlx::query("alter table stock_levels add constraint planted_ck check (allocated = 0)")
        .execute(&room.database.pool)
        .await
        .unwrap();
    room.inventory.allocate(reference).await.unwrap_err();
    assert_eq!(told(&room.inventory).await, []);
    assert_eq!(room.count("select count(*) from untold_lines").await, 0);
}

#[tokio::test]
async fn what_was_paid_before_the_store_told_anybody_is_told_when_it_does() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    let reference = paid(&room, &[want("mug", 5)]).await;
    room.inventory.ship(reference, "1", "north", &[(sku("mug"), 2)]).await.unwrap();
    let sent = paid(&room, &[want("mug", 1)]).await;
    room.inventory.ship(sent, "1", "north", &[(sku("mug"), 1)]).await.unwrap();
    // Back to the release before, and on again.
    let mut connection = room.database.pool.acquire().await.unwrap();
    MIGRATOR.undo(&mut *connection, 8).await.unwrap();
    platform::postgres::migrate(&room.database.url, SCHEMA, &MIGRATOR).await.unwrap();
    let told = told(&room.inventory).await;
    let open = ("north", "allocation.created", vec![("mug", 3)]);
    assert_eq!(told.iter().map(short).collect::<Vec<_>>(), [open]);
    assert_eq!(told[0].order, reference);
}

#[tokio::test]
async fn what_was_told_can_be_neither_changed_nor_taken_back() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    paid(&room, &[want("mug", 1)]).await;
    let id = told(&room.inventory).await[0].id;
    room.inventory.acknowledge_instructions(&[id]).await.unwrap();
    for (statement, constraint) in [
        ("update instructions set quantities = '{2}'", "instruction_is_fixed_ck"),
        ("update instructions set position = 7", "instruction_is_fixed_ck"),
        ("update instructions set acknowledged_at = null", "instruction_is_fixed_ck"),
        ("update instructions set acknowledged_at = now() + '1 s'", "instruction_is_fixed_ck"),
        ("delete from instructions", "instruction_is_kept_ck"),
        (
            "insert into instructions
             select 2, id, kind, warehouse, reference, return_id, skus, quantities, occurred_at
             from instructions",
            "instruction_id_uq",
        ),
        (
            "insert into instructions
             select 2, gen_random_uuid(), kind, warehouse, reference, null, '{mug,cup}', '{1}', now()
             from instructions",
            "instruction_lines_are_whole_ck",
        ),
        (
            "insert into untold_lines (kind, warehouse, reference, sku, quantity)
             values ('allocation.created', 'north', gen_random_uuid(), 'mug', 0)",
            "untold_quantity_positive_ck",
        ),
        (
            "insert into untold_lines (kind, warehouse, reference, sku, quantity)
             values ('return.expected', 'north', gen_random_uuid(), 'mug', 1)",
            "untold_return_names_it_ck",
        ),
        (
            "insert into untold_lines (kind, warehouse, reference, sku, quantity)
             values ('allocation.forgotten', 'north', gen_random_uuid(), 'mug', 1)",
            "untold_kind_known_ck",
        ),
    ] {
        assert_eq!(room.refused_by(statement).await, constraint, "{statement}");
    }
    let filter = InstructionFilter { wanted: Wanted::Open, limit: 1, ..Default::default() };
    assert_eq!(room.inventory.list_instructions(&filter).await.unwrap().instructions, []);
}
