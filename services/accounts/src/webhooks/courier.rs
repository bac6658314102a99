//! Takes what is due and sends it, to several endpoints beside each other and a few messages to each: one that is
//! slow or gone holds up its own messages and nobody else's.
//!
//! Several couriers, on any machines, share the work by rows: who takes a delivery has a lease on it, and another
//! takes it when nothing was heard of it in time. So a message is sent again by the same name when a courier dies
//! between sending it and writing that down. Nothing is sent while a transaction is open.

use super::{
    Webhooks,
    destination::Reach,
    schedule,
    secret::{CannotOpen, SigningSecret},
    sender::{Heard, Letter, PATIENCE, Sender},
};
use crate::queries::webhooks::{self as queries, Due};
use platform::Backoff;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use tokio::{
    task::{Id, JoinError, JoinSet},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How many messages of one endpoint are under way at a time, for each courier.
const AT_ONCE: u32 = 4;
/// How often is looked for what is due.
const EVERY: Duration = Duration::from_millis(200);
/// Who takes a delivery has sent it and written down what was heard within this time, or another takes it.
const LEASE: Duration = Duration::from_secs(15);
const _: () = assert!(LEASE.as_secs() >= 2 * PATIENCE.as_secs());

/// Sends what there is to send. Cheap to clone.
#[derive(Clone)]
pub struct Courier {
    webhooks: Webhooks,
    sender: Sender,
}

/// What is under way: which task is for which endpoint.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    endpoints: HashMap<Id, Uuid>,
}

impl Courier {
    /// For all who want to be told, as far as they may be reached.
    pub fn new(webhooks: Webhooks, reach: Reach) -> Result<Self, reqwest::Error> {
        Ok(Self { webhooks, sender: Sender::new(reach)? })
    }

    /// Sends until it is told to stop; what is under way then is finished, which takes [`PATIENCE`] at most.
    pub async fn run(self, stop: CancellationToken) {
        let mut backoff = Backoff::new(EVERY, Duration::from_secs(5));
        let mut under_way = UnderWay::default();
        while !stop.is_cancelled() {
            match self.take(&mut under_way).await {
                Ok(_) => backoff.reset(),
                Err(error) => {
                    tracing::warn!(%error, "webhooks will be sent later");
                    stop.run_until_cancelled(backoff.wait()).await;
                }
            }
            tokio::select! {
                // There is room for the next.
                Some(ended) = under_way.tasks.join_next_with_id() => under_way.end(ended),
                () = sleep(EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
        under_way.finish().await;
    }

    /// Sends what is due now, a few messages of each endpoint, and answers how many that were.
    pub async fn round(&self) -> Result<usize, sqlx::Error> {
        let mut under_way = UnderWay::default();
        let taken = self.take(&mut under_way).await?;
        under_way.finish().await;
        Ok(taken)
    }

    /// Takes as much as there is room for, and begins to send it.
    async fn take(&self, under_way: &mut UnderWay) -> Result<usize, sqlx::Error> {
        let busy = under_way.busy();
        let due = queries::take(&self.webhooks.pool, &busy, AT_ONCE, LEASE).await?;
        let taken = due.len();
        for due in due {
            let (endpoint, courier) = (due.endpoint, self.clone());
            let task = under_way.tasks.spawn(async move { courier.deliver(due).await });
            under_way.endpoints.insert(task.id(), endpoint);
        }
        Ok(taken)
    }

    async fn deliver(&self, due: Due) {
        let begun = Instant::now();
        let heard = match self.secrets(&due) {
            Ok(secrets) => {
                let Due { message: id, ref url, ref body, .. } = due;
                let letter = Letter { id, url: url.clone(), body: body.clone(), secrets };
                self.sender.send(&letter).await
            }
            Err(error) => Heard { status: None, failure: Some(error.to_string()) },
        };
        if let Some(failure) = &heard.failure {
            let (endpoint, message) = (due.endpoint, due.message);
            tracing::warn!(%endpoint, %message, attempt = due.attempts, failure, "a webhook was not taken");
        }
        let tried = due.attempts.saturating_sub(due.earlier_attempts).unsigned_abs();
        let wait = schedule::wait(tried, rand::random());
        let noted = queries::note(&self.webhooks.pool, &due, &heard, begun.elapsed(), wait).await;
        if let Err(error) = noted {
            // Its lease ends, and it is sent again.
            tracing::warn!(%error, message = %due.message, "what became of a webhook was not written down");
        }
    }

    /// What a message is signed with, the newest secret first.
    fn secrets(&self, due: &Due) -> Result<Vec<SigningSecret>, CannotOpen> {
        let kept = std::iter::once(&due.secret).chain(&due.former_secret);
        kept.map(|kept| self.webhooks.seal.open(due.endpoint, kept)).collect()
    }
}

impl UnderWay {
    /// How many messages are under way to each endpoint.
    fn busy(&self) -> HashMap<Uuid, u32> {
        let mut busy = HashMap::new();
        for endpoint in self.endpoints.values() {
            *busy.entry(*endpoint).or_default() += 1;
        }
        busy
    }

    fn end(&mut self, ended: Result<(Id, ()), JoinError>) {
        // A task that panicked has ended as well; its lease ends by itself.
        let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
        self.endpoints.remove(&id);
    }

    async fn finish(&mut self) {
        while let Some(ended) = self.tasks.join_next_with_id().await {
            self.end(ended);
        }
    }
}
