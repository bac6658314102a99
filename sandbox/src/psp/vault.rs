//! The book and the journal together: memory that never says more than the disk will.
//!
//! A change is decided under the book's lock: read, decide, hand the record to the journal, apply
//! it. The lock is never held over an await. Whoever reads or changes gets the [`Position`] that
//! has to be on the disk before anything of it may leave the process. What changes mean, and what
//! follows from them, is not known here.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::journal::{Journal, Position, Unwritable};

use super::book::{Attempt, AttemptOutcome, Book};
use super::event::Event;
use super::ids::EventId;
use super::keys::{Fingerprint, IdempotencyKey, KeptAnswer, KeyConflict};
use super::payment::Payment;
use super::record::Record;

/// A change that is decided but not yet kept.
#[derive(Debug)]
pub struct Change {
    /// The payment as it will be.
    pub payment: Payment,
    /// What the merchant is to be told, in order of delivery.
    pub events: Vec<Event>,
    /// The answer to keep for the key of the request.
    pub answer: Option<KeptAnswer>,
}

/// A change that memory knows of and the disk will.
#[derive(Debug)]
pub struct Kept {
    /// The payment as it is now.
    pub payment: Payment,
    /// What the merchant is to be told, in order of delivery.
    pub events: Vec<Event>,
    /// What has to be on the disk before anyone hears of it.
    pub position: Position,
}

/// What came of claiming a key.
pub enum Claimed<'a> {
    /// The key is free and taken until this is dropped.
    Free(Claim<'a>),
    /// The request was answered before.
    Answered(KeptAnswer),
}

/// Keeps a key taken while its request is at work, even if that is broken off.
pub struct Claim<'a> {
    vault: &'a Vault,
    key: IdempotencyKey,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.vault.book().keys.release(&self.key);
    }
}

/// The durable books.
#[derive(Debug)]
pub struct Vault {
    book: Mutex<Book>,
    journal: Journal<Record>,
}

impl Vault {
    /// The books as the journal's records tell them.
    pub fn new(journal: Journal<Record>, records: Vec<Record>) -> Self {
        let mut book = Book::default();
        for record in records {
            book.apply(record);
        }
        Self { book: Mutex::new(book), journal }
    }

    /// Decides on a change and keeps it. The time given to `decide` is to the millisecond.
    ///
    /// # Errors
    /// What `decide` refuses, or the disk.
    pub fn change<E: From<Unwritable>>(
        &self,
        decide: impl FnOnce(&Book, Timestamp) -> Result<Change, E>,
    ) -> Result<Kept, E> {
        let mut book = self.book();
        let Change { payment, events, answer } = decide(&book, now())?;
        let record =
            Record::Changed { payment: Box::new(payment.clone()), answer, events: events.clone() };
        let position = self.journal.append(&record)?;
        book.apply(record);
        Ok(Kept { payment, events, position })
    }

    /// Looks into the books, and waits until what was seen is on the disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn read<T>(&self, look: impl FnOnce(&Book) -> T) -> Result<T, Unwritable> {
        let (seen, position) = self.peek(look);
        self.journal.settled(position).await?;
        Ok(seen)
    }

    /// Looks into the books. What was seen may be told only when the position is on the disk.
    pub fn peek<T>(&self, look: impl FnOnce(&Book) -> T) -> (T, Position) {
        let book = self.book();
        (look(&book), self.journal.tail())
    }

    /// Takes a key for a request, or finds the answer that the request had before.
    ///
    /// # Errors
    /// The key belongs to another request, or to one that is at work.
    pub fn claim(
        &self,
        key: &IdempotencyKey,
        fingerprint: &Fingerprint,
    ) -> Result<Claimed<'_>, KeyConflict> {
        Ok(match self.book().keys.claim(key, fingerprint)? {
            Some(answer) => Claimed::Answered(answer),
            None => Claimed::Free(Claim { vault: self, key: key.clone() }),
        })
    }

    /// Notes in memory how an attempt to deliver went.
    pub fn note_attempt(&self, event: &EventId, outcome: AttemptOutcome) {
        let attempt = Attempt { at: now(), outcome };
        self.book().note_attempt(event, attempt);
    }

    /// Notes that the merchant has an event. If the process dies before this is on the disk, the
    /// merchant gets the event once more, which it must be able to take.
    ///
    /// # Errors
    /// The disk has refused before.
    pub fn acknowledge(&self, event: &EventId) -> Result<(), Unwritable> {
        let record = Record::Acknowledged { event: event.clone(), at: now() };
        let mut book = self.book();
        self.journal.append(&record)?;
        book.apply(record);
        Ok(())
    }

    /// Waits until everything up to `position` is on the disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn settled(&self, position: Position) -> Result<(), Unwritable> {
        self.journal.settled(position).await
    }

    /// Whether the disk has taken everything so far.
    pub fn is_writable(&self) -> bool {
        self.journal.is_writable()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time to the millisecond, which every database can keep.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
