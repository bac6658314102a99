//! Many who want pieces at the same time are served together. Whoever comes while others are being served waits
//! with all who came meanwhile, and all of them are served by one transaction: so how fast one SKU is sold is
//! bounded by how much fits into a transaction and not by how often one can be committed. Who comes alone is served
//! at once, and alone. This is flat combining (Hendler, Incze, Shavit, Tzafrir: Flat Combining and the
//! Synchronization-Parallelism Tradeoff, SPAA 2010) with a database in the place of a data structure.
//!
//! What a transaction does for them is not said here but in [`mod@crate::together`].

use crate::together::{self, Waiting};
use sqlx::PgPool;
use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many are served together at most. Beyond that a transaction gets slower as fast as it gets larger.
const TOGETHER: usize = 64;
/// How many transactions of this kind a node has under way: while one is being committed the next is prepared.
const AT_ONCE: usize = 2;
/// How many may wait. Who comes then is told to come again: what waits longer is better refused.
const QUEUE: usize = 1_024;

/// Those who wait. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Combiner {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// In the order in which they came.
    waiting: VecDeque<Waiting>,
    serving: usize,
}

/// There are too many who wait.
#[derive(Debug)]
pub(crate) struct Full;

impl Combiner {
    /// Lets one more wait, and sees to it that somebody serves. What is paid for is never turned away.
    pub fn join(&self, pool: &PgPool, waiting: Waiting) -> Result<(), Full> {
        let mut state = self.lock();
        if state.waiting.len() >= QUEUE && !waiting.is_paid() {
            return Err(Full);
        }
        state.waiting.push_back(waiting);
        if state.serving < AT_ONCE {
            state.serving += 1;
            tokio::spawn(serve(self.clone(), pool.clone()));
        }
        Ok(())
    }

    /// Those whose turn it is; nobody if nobody waits, and then one less serves.
    fn next(&self) -> Option<Vec<Waiting>> {
        let mut state = self.lock();
        let mut here = Vec::new();
        let mut orders = HashSet::new();
        let mut later = VecDeque::new();
        while here.len() < TOGETHER
            && let Some(waiting) = state.waiting.pop_front()
        {
            match orders.insert(waiting.reference) {
                true => here.push(waiting),
                // An order is decided about once in a transaction.
                false => later.push_back(waiting),
            }
        }
        later.append(&mut state.waiting);
        state.waiting = later;
        if here.is_empty() {
            state.serving -= 1;
            return None;
        }
        Some(here)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(combiner: Combiner, pool: PgPool) {
    while let Some(here) = combiner.next() {
        // A task of its own: should it break, those in it are told so and the next are served all the same.
        if let Err(error) = tokio::spawn(together::serve(pool.clone(), here)).await {
            tracing::error!(%error, "some who wanted pieces got no answer");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn waiting(order: u128) -> Waiting {
        Waiting::to_allocate(Uuid::from_u128(order)).0
    }

    fn turn(combiner: &Combiner) -> Option<Vec<u128>> {
        let here = combiner.next()?;
        Some(here.iter().map(|waiting| waiting.reference.as_u128()).collect())
    }

    #[test]
    fn an_order_is_decided_about_once_at_a_time_and_nobody_is_passed_over() {
        let combiner = Combiner::default();
        combiner.lock().serving = 1;
        combiner.lock().waiting.extend([1, 2, 1, 3, 2].map(waiting));
        assert_eq!(turn(&combiner), Some(vec![1, 2, 3]));
        combiner.lock().waiting.push_back(waiting(4));
        assert_eq!(turn(&combiner), Some(vec![1, 2, 4]));
        assert_eq!(turn(&combiner), None);
        assert_eq!(combiner.lock().serving, 0);
    }

    #[test]
    fn only_so_many_are_served_together() {
        let combiner = Combiner::default();
        combiner.lock().serving = 1;
        combiner.lock().waiting.extend((0..100).map(waiting));
        assert_eq!(turn(&combiner).map(|here| here.len()), Some(TOGETHER));
        assert_eq!(turn(&combiner).map(|here| here.len()), Some(100 - TOGETHER));
    }
}
