//! Nodes are killed in the midst of sales, and the clock of one is an hour fast: ten pieces are sold to ten who pay,
//! whatever the nodes had said or not when they died.
//!
//! A node is this very test as a process of its own. It says each step of its buyers on its standard output, and a
//! step that was said has happened. `SEEDS=300` runs as many crowds, one after the other, `SEEDS=140-300` only the later ones.

use crate::{
    crowd::{MUGS, shop},
    stockroom::{MINUTES, NO_TIME, order, want},
};
use inventory::{AllocateError, HoldError, Inventory, SCHEMA};
use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{self, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    task::JoinSet,
    time::{sleep, timeout},
};
use uuid::Uuid;

const BUYERS: usize = 1_000;
const NODES: usize = 4;
/// Each is killed as often as this at most: a node that finds nothing to sell comes to its end by itself.
const KILLS: usize = 2;
const PIECES: usize = 10;
/// Debian's place of a library that shifts the clock of a process.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const SIGKILL: i32 = 9;
/// By so many seconds it is wrong.
const FAST: u64 = 3_600;
/// With which of its steps a node is killed.
const DIES_AT: &str = "DIES_AT";
/// What tells a node from the test that begins it: the database.
const NODE: &str = "VITRINE_TEST_NODE";
const NAME: &str =
    "killed::ten_are_sold_to_ten_who_paid_though_nodes_are_killed_and_a_clock_is_wrong";

#[tokio::test(flavor = "multi_thread")]
async fn ten_are_sold_to_ten_who_paid_though_nodes_are_killed_and_a_clock_is_wrong() {
    if let Ok(url) = env::var(NODE) {
        return serve(&url).await;
    }
    let number =
        |text: &str| text.parse::<u64>().expect("SEEDS is a number, or two with a - between");
    let seeds = env::var("SEEDS").unwrap_or_else(|_| "2".to_owned());
    let (first, last) = seeds.split_once('-').unwrap_or(("1", &seeds));
    for seed in number(first)..=number(last) {
        sell(seed).await;
    }
}

/// What the nodes said of an order, at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    /// It was held, and its buyer goes away.
    Left,
    /// It was held long enough and has been paid.
    Paid,
    /// It was held for no time at all and has been paid.
    PaidLate,
    /// It was paid and has its piece.
    Has,
    /// It was paid and has none.
    HasNone,
}

impl Said {
    const ALL: [Self; 5] = [Self::Left, Self::Paid, Self::PaidLate, Self::Has, Self::HasNone];

    fn word(self) -> String {
        format!("{self:?}")
    }
}

/// One crowd on a database of its own.
async fn sell(seed: u64) {
    let (room, _) = shop(&MUGS).await;
    let mut nodes = JoinSet::new();
    for node in 0..NODES {
        nodes.spawn(be_killed(room.database.url.clone(), seed, node));
    }
    let mut said = BTreeMap::<Uuid, BTreeSet<Said>>::new();
    let mut killed = 0;
    for (heard, kills) in nodes.join_all().await {
        killed += kills;
        for (order, words) in heard {
            said.entry(order).or_default().insert(words);
        }
    }
    assert!(!said.is_empty(), "seed {seed}: nobody bought anything");
    assert!(killed > 0, "seed {seed}: every node came to its end by itself");

    // What any other node does for an order whose payment is known and whose end is not.
    let mut with_piece = BTreeSet::new();
    for (order, said) in &said {
        let in_time = said.contains(&Said::Paid);
        if !in_time && !said.contains(&Said::PaidLate) {
            continue;
        }
        let has = match room.inventory.allocate(*order).await {
            Ok(_) => true,
            Err(AllocateError::OutOfStock(_)) => false,
            Err(other) => panic!("seed {seed}: {order} was paid for and came to nothing: {other}"),
        };
        assert!(has || !in_time, "seed {seed}: {order} was paid in time and has nothing");
        assert!(
            has || !said.contains(&Said::Has),
            "seed {seed}: {order} has no longer what it had"
        );
        if has {
            with_piece.insert(*order);
        }
    }
    // Whoever went away gives back, and for whom a node set a piece aside that died before it said so never paid.
    let left: Vec<_> = said
        .iter()
        .filter(|(_, said)| said.contains(&Said::Left))
        .map(|(order, _)| *order)
        .collect();
    let all_back = async {
        while !room.inventory.held_for(&left).await.unwrap().is_empty() {
            let overdue = room.inventory.list_expired(50).await.unwrap();
            room.inventory.expire_holds(&overdue).await.unwrap();
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), all_back).await.expect("what ran out is given back");
    let unsaid: Vec<Uuid> = sqlx::query_scalar("select reference from holds where state = 'held'")
        .fetch_all(&room.database.pool)
        .await
        .unwrap();
    for order in unsaid {
        assert!(!said.contains_key(&order), "seed {seed}: {order} is still held");
        room.inventory.release(order).await.unwrap();
    }

    let books = "select
                   (select count(*) from holds where state = 'allocated')
                   - (select sum(allocated)::bigint from stock_levels)";
    assert_eq!(room.count(books).await, 0, "seed {seed}");
    let own: Vec<Uuid> =
        sqlx::query_scalar("select reference from holds where state = 'allocated'")
            .fetch_all(&room.database.pool)
            .await
            .unwrap();
    // No order has two, none has one that nobody is known to have paid.
    assert_eq!(own.len(), with_piece.len(), "seed {seed}");
    assert_eq!(own.iter().copied().collect::<BTreeSet<_>>(), with_piece, "seed {seed}");
    assert!(own.len() <= PIECES, "seed {seed}: {} were sold", own.len());
    // And what is left can be sold to the last piece.
    for _ in own.len()..PIECES {
        room.inventory.hold(order(), &[want("mug", 1)], MINUTES).await.unwrap_or_else(|error| {
            panic!("seed {seed}: {} of {PIECES} are sold, and yet {error}", own.len())
        });
    }
    let one_more = room.inventory.hold(order(), &[want("mug", 1)], MINUTES).await;
    assert!(matches!(one_more, Err(HoldError::OutOfStock(_))), "seed {seed}: {one_more:?}");
    room.assert_books_are_right().await;
}

/// Lets a node serve its buyers and kills it in the midst of it, so often; answers all that it said, and how often it
/// was killed.
async fn be_killed(url: String, seed: u64, node: usize) -> (Vec<(Uuid, Said)>, usize) {
    assert!(Path::new(FAKETIME).exists(), "{FAKETIME} is missing: scripts/toolchain.sh test");
    let (mut heard, mut kills) = (Vec::new(), 0);
    for run in 0..=KILLS {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", "--nocapture", NAME])
            .env(NODE, &url)
            .env("SEED", seed.to_string())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let (mut said, dies_at) = (0, 1 + chance(&(seed, node, run)) % 5);
        if run < KILLS {
            command.env(DIES_AT, dies_at.to_string());
        }
        if node == 0 {
            command
                .env("LD_PRELOAD", FAKETIME)
                .env("FAKETIME", format!("+{FAST}s"))
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        // What it said before it died is read to the end.
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(clock) = line.strip_prefix("It is ") {
                let ahead = clock.parse::<u64>().unwrap().saturating_sub(seconds());
                assert!((ahead > FAST / 2) == (node == 0), "the clock is {ahead} s ahead");
            }
            let Some((order, word)) = line.split_once(": ") else { continue };
            let Ok(order) = Uuid::parse_str(order) else { continue };
            heard.push((order, *Said::ALL.iter().find(|said| said.word() == word).unwrap()));
            said += 1;
        }
        let ended = process.wait().await.unwrap();
        // It may have come to its end before: nothing was left to sell.
        let killed = run < KILLS && said >= dies_at;
        let signal = killed.then_some(SIGKILL);
        assert_eq!(ended.signal(), signal, "seed {seed}, node {node}: {ended}");
        assert_eq!(ended.success(), !killed, "seed {seed}, node {node}: {ended}");
        kills += usize::from(killed);
    }
    (heard, kills)
}

/// A node: all its buyers come at once. A third go away without paying, a third pay in time, and a third so late
/// that what was held for them is given back.
async fn serve(url: &str) {
    say(&format!("It is {}", seconds()));
    let pool = platform::postgres::connect(url, SCHEMA, 5).await.unwrap();
    let inventory = Inventory::new(pool);
    let sweeper = tokio::spawn({
        let inventory = inventory.clone();
        async move {
            loop {
                let overdue = inventory.list_expired(50).await.unwrap();
                inventory.expire_holds(&overdue).await.unwrap();
                sleep(Duration::from_millis(1)).await;
            }
        }
    });
    let seed: u64 = env::var("SEED").unwrap().parse().unwrap();
    let buyers: JoinSet<()> =
        (0..BUYERS / NODES).map(|buyer| buy(inventory.clone(), (seed, buyer))).collect();
    buyers.join_all().await;
    sweeper.abort();
}

async fn buy(inventory: Inventory, buyer: (u64, usize)) {
    let pays =
        [Said::Left, Said::Paid, Said::PaidLate][usize::try_from(chance(&buyer) % 3).unwrap()];
    let time = if pays == Said::Paid { MINUTES } else { NO_TIME };
    for _ in 0..5 {
        let order = order();
        match inventory.hold(order, &[want("mug", 1)], time).await {
            Ok(_) => {}
            Err(HoldError::OutOfStock(_)) => {
                // Perhaps somebody goes away without paying.
                sleep(Duration::from_millis(2)).await;
                continue;
            }
            Err(other) => panic!("a buyer got no answer: {other}"),
        }
        // The provider takes its time.
        sleep(Duration::from_millis(chance(&order) % 10)).await;
        say_step(&format!("{order}: {}", pays.word()));
        if pays == Said::Left {
            return;
        }
        let comes_to = match inventory.allocate(order).await {
            Ok(_) => Said::Has,
            Err(AllocateError::OutOfStock(_)) => Said::HasNone,
            Err(other) => panic!("who paid got no answer: {other}"),
        };
        return say_step(&format!("{order}: {}", comes_to.word()));
    }
}

/// A whole line or none, and not into what the test's own output is collected in.
fn say(line: &str) {
    io::stdout().lock().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Says a step; with the last that it may say, the node is killed, and all that it does beside is cut off.
fn say_step(line: &str) {
    static SAID: Mutex<u64> = Mutex::new(0);
    // Nothing more is said until the signal has come.
    let mut said = SAID.lock().unwrap();
    say(line);
    *said += 1;
    if env::var(DIES_AT).is_ok_and(|at| at == said.to_string()) {
        process::Command::new("kill").args(["-KILL", &process::id().to_string()]).status().unwrap();
        loop {
            thread::park();
        }
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The same number for the same thing.
fn chance(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
