//! The one order in which the warehouses are told: whatever commits when, nothing is missed, and nothing comes up in
//! front of what was read.

use crate::{
    instructions::told,
    stockroom::{MINUTES, Stockroom, order, want},
};
use inventory::{
    Acknowledged, Instruction, InstructionFilter, InstructionPage, Inventory, SCHEMA, Wanted,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::task::JoinSet;
use uuid::Uuid;

async fn pay(inventory: &Inventory, reference: Uuid, name: &str) {
    inventory.hold(reference, &[want(name, 1)], MINUTES).await.unwrap();
    inventory.allocate(reference).await.unwrap();
}

async fn page(inventory: &Inventory, after: i64, limit: u32) -> InstructionPage {
    let filter = InstructionFilter { after, limit, ..Default::default() };
    inventory.list_instructions(&filter).await.unwrap()
}

fn orders(instructions: &[Instruction]) -> Vec<Uuid> {
    instructions.iter().map(|told| told.order).collect()
}

/// Payments of one order write everything and then wait with their commit until somebody lets go of a lock.
const WAIT_AT_COMMIT: [&str; 2] = [
    "create function wait_at_commit() returns trigger language plpgsql as $$
     begin
       perform pg_advisory_xact_lock(4711);
       return null;
     end
     $$",
    "create constraint trigger wait_at_commit
     after update on holds
     deferrable initially deferred
     for each row
     when (new.state = 'allocated' and new.sku = 'slow')
     execute function wait_at_commit()",
];

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_first_and_commits_last_is_told_behind_what_was_read_meanwhile() {
    let room = Stockroom::with(&[("north", "slow", 9), ("north", "quick", 9)]).await;
    let inventory = &room.inventory;
    for statement in WAIT_AT_COMMIT {
        sqlx::query(statement).execute(&room.database.pool).await.unwrap();
    }
    let mut lock = room.database.pool.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(4711)").execute(&mut *lock).await.unwrap();
    let (first, second) = (order(), order());
    inventory.hold(first, &[want("slow", 1)], MINUTES).await.unwrap();
    let waits = tokio::spawn({
        let inventory = inventory.clone();
        async move { inventory.allocate(first).await.map(|_| ()) }
    });
    let waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted";
    while room.count(waiting).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // It has written what is to be told. Another begins after that, and is done before.
    pay(inventory, second, "quick").await;
    assert_eq!(orders(&told(inventory).await), [second]);
    let read = page(inventory, 0, 10).await;
    assert_eq!(
        page(inventory, read.next, 10).await,
        InstructionPage { instructions: Vec::new(), next: read.next }
    );
    lock.rollback().await.unwrap();
    waits.await.unwrap().unwrap();
    inventory.tell_instructions().await.unwrap();
    // The trap: it had its number first.
    let numbers = "select last_value from untold_lines_id_seq";
    assert_eq!(room.count(numbers).await, 2);
    let rest = page(inventory, read.next, 10).await;
    assert_eq!(orders(&rest.instructions), [first]);
    assert_eq!(orders(&told(inventory).await), [second, first]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_while_many_pay_and_several_tell_gets_everything_once_and_in_the_order_that_stays()
 {
    let room =
        Stockroom::with(&[("north", "mug", 99), ("north", "cup", 99), ("south", "jug", 99)]).await;
    let inventory = room.inventory.clone();
    let done = Arc::new(AtomicBool::new(false));
    let mut tellers = JoinSet::new();
    for _ in 0..3 {
        // As of another process: what one node knows the others do not.
        let (teller, done) = (Inventory::new(room.database.pool.clone()), done.clone());
        tellers.spawn(async move {
            while !done.load(Relaxed) {
                teller.tell_instructions().await.unwrap();
            }
        });
    }
    let reader = tokio::spawn({
        let (inventory, done) = (inventory.clone(), done.clone());
        async move {
            let (mut read, mut next) = (Vec::new(), 0);
            loop {
                let last = done.load(Relaxed);
                let InstructionPage { instructions, next: after } = page(&inventory, next, 7).await;
                let nothing = instructions.is_empty();
                (read, next) = ([read, instructions].concat(), after);
                if last && nothing {
                    return read;
                }
            }
        }
    });
    let mut buyers = JoinSet::new();
    for number in 0..90 {
        let node = Inventory::new(room.database.pool.clone());
        buyers.spawn(async move {
            let reference = order();
            pay(&node, reference, ["mug", "cup", "jug"][number % 3]).await;
            reference
        });
    }
    let mut bought = buyers.join_all().await;
    while room.count("select count(*) from untold_lines").await > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    done.store(true, Relaxed);
    tellers.join_all().await;
    let read = reader.await.unwrap();
    assert_eq!(read, told(&inventory).await, "the order stays");
    let mut found = orders(&read);
    found.sort();
    bought.sort();
    assert_eq!(found, bought, "each once");
    let dense = "select count(*) from instructions where position between 1 and 90";
    assert_eq!(room.count(dense).await, 90);
}

#[tokio::test]
async fn a_warehouse_reads_its_own_and_what_is_open_page_after_page() {
    let room = Stockroom::with(&[("north", "mug", 99), ("south", "cup", 99)]).await;
    let inventory = &room.inventory;
    for name in ["mug", "cup", "mug", "cup", "mug"] {
        pay(inventory, order(), name).await;
    }
    let all = told(inventory).await;
    let read = async |warehouses: &[&str], wanted| {
        let warehouses = warehouses.iter().map(|&code| code.to_owned()).collect();
        let mut filter = InstructionFilter { warehouses, wanted, after: 0, limit: 1 };
        let mut read = Vec::new();
        loop {
            let InstructionPage { instructions, next } =
                inventory.list_instructions(&filter).await.unwrap();
            if instructions.is_empty() {
                assert_eq!(next, filter.after, "there is nothing new");
                return read;
            }
            assert_eq!(instructions.len(), 1);
            read.extend(instructions);
            filter.after = next;
        }
    };
    let of =
        |code: &str| all.iter().filter(|told| told.warehouse == code).cloned().collect::<Vec<_>>();
    assert_eq!(read(&[], Wanted::All).await, all);
    assert_eq!(read(&["north"], Wanted::All).await, of("north"));
    assert_eq!(read(&["south", "north", "south"], Wanted::All).await, all);
    assert_eq!(read(&["moon"], Wanted::All).await, []);
    let taken_on: Vec<_> = of("north")[..2].iter().map(|told| told.id).collect();
    inventory.acknowledge_instructions(&taken_on).await.unwrap();
    let open: Vec<_> = all.iter().filter(|told| !taken_on.contains(&told.id)).cloned().collect();
    assert_eq!(read(&[], Wanted::Open).await, open);
    assert_eq!(read(&["north"], Wanted::Open).await, of("north")[2..]);
    assert_eq!(read(&["moon"], Wanted::Open).await, []);
    assert_eq!(read(&["north"], Wanted::All).await, of("north"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_acknowledgement_is_answered_in_its_place_and_counts_once() {
    use Acknowledged::{Before, Now, Unknown};
    let room = Stockroom::with(&[("north", "mug", 99)]).await;
    let inventory = &room.inventory;
    for _ in 0..4 {
        pay(inventory, order(), "mug").await;
    }
    let ids: Vec<_> = told(inventory).await.iter().map(|told| told.id).collect();
    let answers = inventory.acknowledge_instructions(&[ids[1], order(), ids[0], ids[1]]).await;
    assert_eq!(answers.unwrap(), [Now, Unknown, Now, Before]);
    assert_eq!(inventory.acknowledge_instructions(&ids[..3]).await.unwrap(), [Before, Before, Now]);
    assert_eq!(inventory.acknowledge_instructions(&[]).await.unwrap(), []);
    // Many at once and in any order: one of them was first.
    let mut asked = JoinSet::new();
    for turn in 0..20 {
        let (inventory, mut ids) = (inventory.clone(), ids.clone());
        ids.rotate_left(turn % 4);
        asked.spawn(async move {
            let answers = inventory.acknowledge_instructions(&ids).await.unwrap();
            answers.into_iter().filter(|answer| *answer == Now).count()
        });
    }
    assert_eq!(asked.join_all().await.iter().sum::<usize>(), 1);
}

#[tokio::test]
async fn what_is_open_is_found_by_reading_no_more_than_that_however_much_was_acknowledged() {
    let room = Stockroom::with(&[("north", "mug", 99), ("south", "cup", 99)]).await;
    sqlx::query(
        "insert into instructions
         select
           number, gen_random_uuid(), 'allocation.created', (array['north', 'south'])[1 + number % 2],
           gen_random_uuid(), null, '{mug}', '{1}', now(), now(), now()
         from generate_series(1, 50000) as number",
    )
    .execute(&room.database.pool)
    .await
    .unwrap();
    sqlx::query("analyze instructions").execute(&room.database.pool).await.unwrap();
    for _ in 0..3 {
        pay(&room.inventory, order(), "mug").await;
    }
    room.inventory.tell_instructions().await.unwrap();
    // A connection that tells its counters at once. The others' come when they like, a handful of rows.
    let pool = platform::postgres::connect(&room.database.url, SCHEMA, 1).await.unwrap();
    let read = async || -> i64 {
        sqlx::query("select pg_stat_force_next_flush()").execute(&pool).await.unwrap();
        let rows = "select seq_tup_read + idx_tup_fetch from pg_stat_user_tables
            where relname = 'instructions'";
        sqlx::query_scalar(rows).fetch_one(&pool).await.unwrap()
    };
    let inventory = Inventory::new(pool.clone());
    for warehouses in [vec![], vec!["north".to_owned()], vec!["south".to_owned()]] {
        let before = read().await;
        let wanted = Wanted::Open;
        let none_here = warehouses == ["south"];
        let filter = InstructionFilter { warehouses, wanted, limit: 100, after: 0 };
        let open = inventory.list_instructions(&filter).await.unwrap().instructions;
        assert_eq!(open.len(), if none_here { 0 } else { 3 });
        let rows = read().await - before;
        assert!(rows < 20, "{rows} rows were read for {}", open.len());
    }
}

#[tokio::test]
async fn of_a_long_backlog_every_order_is_told_whole() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    // Thousands who paid at once while nobody told: the lines of each lie far apart.
    sqlx::query(
        "insert into untold_lines (kind, warehouse, reference, sku, quantity)
         select
           'allocation.created', 'north', md5((number % 5000)::text)::uuid,
           'mug-' || number / 5000, 1
         from generate_series(0, 24999) as number",
    )
    .execute(&room.database.pool)
    .await
    .unwrap();
    assert_eq!(room.inventory.tell_instructions().await.unwrap(), 5_000);
    assert_eq!(
        room.count("select count(*) from instructions where cardinality(skus) = 5").await,
        5_000
    );
    assert_eq!(room.count("select count(*) from untold_lines").await, 0);
    assert_eq!(room.count("select max(position) from instructions").await, 5_000);
}
