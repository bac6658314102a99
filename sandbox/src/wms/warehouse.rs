//! The software as it runs: a handle that keeps the book and its file together, and sets going what people on
//! the floor do. What is told and heard over the network is in `teller` and `listener`.
//!
//! A change is decided under the book's lock: look, decide, hand the record to the file, take it in. The lock is
//! never held over an await, and nothing leaves the process before it is on the disk.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::journal::{Journal, Position, Unwritable};
use crate::signature::Signer;

use super::book::Book;
use super::config::{Begin, Habits};
use super::faults::{Chance, FaultChange, Faults};
use super::floor::Floor;
use super::record::{Instruction, InstructionKind, Record};
use super::refusals::Refusals;
use super::store::Store;
use super::{listener, teller};

/// How often people look for something to do.
const TURN: Duration = Duration::from_millis(10);

/// What the software is made of.
pub struct Parts {
    /// The durable file.
    pub journal: Journal<Record>,
    /// What is in it.
    pub records: Vec<Record>,
    /// The store.
    pub store: Store,
    /// Tells the store's webhooks from others; without it none is believed.
    pub signer: Option<Signer>,
    /// The warehouses that it looks after.
    pub warehouses: Vec<String>,
    /// Under which name it tells the store things.
    pub source: String,
    /// What lies there at first.
    pub begin: Begin,
    /// What chance is drawn from.
    pub seed: u64,
    /// What goes wrong.
    pub faults: Faults,
    /// How people work.
    pub habits: Habits,
}

/// The running software; cheap to clone.
#[derive(Clone)]
pub struct Warehouse(Arc<Inner>);

struct Inner {
    book: Mutex<Book>,
    journal: Journal<Record>,
    store: Store,
    signer: Option<Signer>,
    warehouses: Vec<String>,
    source: String,
    begin: Begin,
    chance: Chance,
    faults: Mutex<Faults>,
    habits: Mutex<Habits>,
    refusals: Refusals,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Warehouse {
    /// Takes up the work where the file left it. Needs a running tokio.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn start(parts: Parts) -> Result<Self, Unwritable> {
        let mut book = Book::default();
        for record in &parts.records {
            book.apply(record);
        }
        let begun = Record::Started { at: book.tick(), book: Uuid::now_v7().simple().to_string() };
        parts.journal.append(&begun)?;
        book.apply(&begun);
        let warehouse = Self(Arc::new(Inner {
            chance: Chance::new(parts.seed, book.lives),
            book: Mutex::new(book),
            journal: parts.journal,
            store: parts.store,
            signer: parts.signer,
            warehouses: parts.warehouses,
            source: parts.source,
            begin: parts.begin,
            faults: Mutex::new(parts.faults),
            habits: Mutex::new(parts.habits),
            refusals: Refusals::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }));
        warehouse.spawn(work(warehouse.clone()));
        warehouse.spawn(listener::follow(warehouse.clone()));
        warehouse.spawn(teller::acknowledge(warehouse.clone()));
        warehouse.spawn(teller::tell_movements(warehouse.clone()));
        warehouse.spawn(teller::tell_counts(warehouse.clone()));
        Ok(warehouse)
    }

    /// Ends all work under way. What was not told is told after the next start.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Decides on a change and keeps it; what has to be on the disk before anybody hears of it.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn change(
        &self,
        decide: impl FnOnce(&Book, Timestamp) -> Option<Record>,
    ) -> Result<Option<Position>, Unwritable> {
        let mut book = self.book();
        let now = book.tick();
        let Some(record) = decide(&book, now) else {
            return Ok(None);
        };
        let position = self.0.journal.append(&record)?;
        book.apply(&record);
        Ok(Some(position))
    }

    /// Looks into the book at an instant, and waits until what was seen is on the disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn read<T>(&self, look: impl FnOnce(&Book, Timestamp) -> T) -> Result<T, Unwritable> {
        let (seen, position) = {
            let mut book = self.book();
            let now = book.tick();
            (look(&book, now), self.0.journal.tail())
        };
        self.settled(position).await?;
        Ok(seen)
    }

    /// Waits until everything up to `position` is on the disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn settled(&self, position: Position) -> Result<(), Unwritable> {
        self.0.journal.settled(position).await
    }

    /// Takes in what the store wants, and waits until it is on the disk. What was heard before is known.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn hear(
        &self,
        instructions: Vec<Instruction>,
        cursor: Option<String>,
    ) -> Result<(), Unwritable> {
        let forgetful = self.faults().forgetful;
        let position = self.change(|book, at| {
            let mut new = Vec::<Instruction>::new();
            for instruction in instructions {
                let ours = self.0.warehouses.contains(&instruction.warehouse);
                let known = book.heard.contains_key(&instruction.id)
                    || new.iter().any(|heard| heard.id == instruction.id);
                let unlearned = forgetful && instruction.kind == InstructionKind::Send;
                if ours && (!known || unlearned) {
                    new.push(instruction);
                }
            }
            let is_news = !new.is_empty() || (cursor.is_some() && cursor != book.cursor);
            is_news.then_some(Record::Heard { at, instructions: new, cursor })
        })?;
        // What was heard before may have been so a moment ago: the answer waits for the disk all the same.
        self.settled(position.unwrap_or_else(|| self.0.journal.tail())).await
    }

    /// Counts all shelves now.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn count(&self) -> Result<Option<Position>, Unwritable> {
        let (faults, habits) = (self.faults(), self.habits());
        self.change(|book, now| {
            let floor = Floor { book, habits, faults, chance: &self.0.chance, now };
            Some(floor.count())
        })
    }

    /// Turns some of the faults.
    pub fn change_faults(&self, change: &FaultChange) -> Faults {
        let mut faults = lock(&self.0.faults);
        *faults = faults.changed(change);
        *faults
    }

    /// Works otherwise from now on.
    pub fn change_habits(&self, habits: Habits) {
        *lock(&self.0.habits) = habits;
    }

    /// What goes wrong.
    pub fn faults(&self) -> Faults {
        *lock(&self.0.faults)
    }

    /// How people work.
    pub fn habits(&self) -> Habits {
        *lock(&self.0.habits)
    }

    /// The chance that decides what goes wrong.
    pub fn chance(&self) -> &Chance {
        &self.0.chance
    }

    /// What the store refused.
    pub fn refusals(&self) -> &Refusals {
        &self.0.refusals
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Tells the store's webhooks from others.
    pub fn signer(&self) -> Option<&Signer> {
        self.0.signer.as_ref()
    }

    /// The name under which the store is told things.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The warehouses that are looked after.
    pub fn warehouses(&self) -> &[String] {
        &self.0.warehouses
    }

    /// Whether the disk has taken everything so far.
    pub fn is_writable(&self) -> bool {
        self.0.journal.is_writable()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.0.book)
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.0.stop.clone();
        self.0.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = work => {}
            }
        });
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Fills the shelves at first, then does what is due, turn by turn, until the software stops or the disk
/// refuses.
async fn work(warehouse: Warehouse) {
    if stock(&warehouse).await.is_err() {
        return;
    }
    loop {
        let done = warehouse.change(|book, now| {
            let (faults, habits) = (warehouse.faults(), warehouse.habits());
            Floor { book, habits, faults, chance: warehouse.chance(), now }.next()
        });
        match done {
            Err(_) => return,
            Ok(Some(_)) => {}
            Ok(None) => tokio::time::sleep(TURN).await,
        }
    }
}

async fn stock(warehouse: &Warehouse) -> Result<(), Unwritable> {
    while !warehouse.read(|book, _| book.is_stocked).await? {
        let levels = match warehouse.0.begin {
            Begin::Empty => Ok(Vec::new()),
            Begin::AsTheStoreSays => warehouse.store().levels().await,
        };
        match levels {
            Ok(levels) => {
                warehouse.change(|_, at| Some(Record::Stocked { at, levels }))?;
            }
            Err(error) => {
                tracing::warn!(%error, "the store does not say what lies here; asked again");
                tokio::time::sleep(Duration::from_millis(warehouse.habits().poll_every_ms)).await;
            }
        }
    }
    Ok(())
}
