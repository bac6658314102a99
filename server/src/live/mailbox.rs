//! What waits to be sent to one page. Of each thing it holds the latest news alone: who reads slowly is
//! told less, and nothing piles up.

use bytes::Bytes;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// A page's mailbox. Its room is bounded by what the page shows.
#[derive(Debug, Default)]
pub struct Mailbox(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    waiting: Vec<Letter>,
    closed: bool,
    waker: Option<Waker>,
}

/// News on its way.
#[derive(Debug)]
struct Letter {
    /// Tells the things that a page shows apart.
    slot: u16,
    sequence: u64,
    text: Bytes,
}

impl Mailbox {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts news into it, in the place of older news of the same thing.
    pub fn post(&self, slot: u16, sequence: u64, text: Bytes) {
        let mut inside = self.inside();
        inside.waiting.retain(|letter| letter.slot != slot);
        inside.waiting.push(Letter { slot, sequence, text });
        let waker = inside.waker.take();
        drop(inside);
        waker.into_iter().for_each(Waker::wake);
    }

    /// No more will come, and what waits is of no use.
    pub fn close(&self) {
        let mut inside = self.inside();
        inside.closed = true;
        inside.waiting = Vec::new();
        let waker = inside.waker.take();
        drop(inside);
        waker.into_iter().for_each(Waker::wake);
    }

    /// All that waits, in the order in which it became true, so that the id of the last says that all
    /// before it was sent. `None` once it is closed.
    pub fn poll_take(&self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut inside = self.inside();
        if inside.closed {
            return Poll::Ready(None);
        }
        if inside.waiting.is_empty() {
            inside.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        let mut letters = std::mem::take(&mut inside.waiting);
        drop(inside);
        letters.sort_unstable_by_key(|letter| letter.sequence);
        Poll::Ready(Some(match letters.as_slice() {
            // The same bytes go to every page that shows it.
            [only] => only.text.clone(),
            all => all.iter().flat_map(|letter| letter.text.iter().copied()).collect(),
        }))
    }
}
