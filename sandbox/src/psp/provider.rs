//! The provider: a handle whose methods are what buyers, merchants and the test panel can ask.
//!
//! Each method decides one change, keeps it, sets going what follows (webhooks, a later
//! settlement), and returns once the change is on the disk. The two requests that carry an
//! idempotency key stand in `charges`. HTTP is not known here.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::journal::{Position, Unwritable};

use super::Timing;
use super::book::{AttemptOutcome, Book};
use super::card::{Card, Plan};
use super::courier;
use super::event::{Event, EventKind, PaymentView};
use super::faults::Faults;
use super::ids::{EventId, PaymentId};
use super::keys::KeyConflict;
use super::payment::{Payment, Refusal, Stage, Status, Transition};
use super::terms::Unacceptable;
use super::vault::{self, Change, Kept, Vault};
use super::webhooks::Sender;

/// Webhooks under way at the same time.
const DELIVERIES_AT_ONCE: usize = 32;

/// Why a request has no effect.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No payment of this id.
    #[error("there is no such payment")]
    UnknownPayment,
    /// No event of this id.
    #[error("there is no such event")]
    UnknownEvent,
    /// A field breaks a rule.
    #[error(transparent)]
    Unacceptable(#[from] Unacceptable),
    /// The payment does not change that way.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyConflict),
    /// The disk refuses; what was asked may or may not have happened.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// Something that the types exclude could not be written as JSON.
    #[error("the answer cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// What a provider is made of.
pub struct Parts {
    /// The books as they were left.
    pub vault: Vault,
    /// What the merchant proves itself with.
    pub secret: SecretString,
    /// Where browsers reach the hosted pages, without a slash at its end.
    pub public_url: String,
    /// Where webhooks go.
    pub sender: Sender,
    /// How long things take.
    pub timing: Timing,
}

/// The running provider; cheap to clone.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    vault: Vault,
    faults: Faults,
    timing: Timing,
    /// Digest of the merchant's secret, so that comparing takes the same time for any length.
    secret: [u8; 32],
    public_url: String,
    sender: Sender,
    deliveries: Semaphore,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Provider {
    /// Takes up the work where the books left it: sends again what nobody has acknowledged, and
    /// settles what is still processing. Needs a running tokio.
    pub fn start(parts: Parts) -> Self {
        let provider = Self(Arc::new(Inner {
            vault: parts.vault,
            faults: Faults::default(),
            timing: parts.timing,
            secret: digest(parts.secret.expose_secret()),
            public_url: parts.public_url,
            sender: parts.sender,
            deliveries: Semaphore::new(DELIVERIES_AT_ONCE),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }));
        let ((unacknowledged, settling, expiring), position) =
            provider.vault().peek(|book| (book.unacknowledged(), book.settling(), book.expiring()));
        for events in unacknowledged {
            provider.deliver(events, position);
        }
        for (id, at) in settling {
            provider.settle_at(id, at);
        }
        for (id, at) in expiring {
            provider.expire_at(id, at);
        }
        provider
    }

    /// Ends all work under way. What is not delivered is delivered after the next start.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// The buyer pays with a card on the hosted page. A payment is decided once: whoever comes
    /// second is refused.
    ///
    /// # Errors
    /// There is no such payment, or it does not wait for a card.
    pub async fn pay(&self, id: &PaymentId, card: Card) -> Result<Payment, Failure> {
        self.decide(id, |payment, now| {
            waits_on(payment, Stage::Card)?;
            self.played(payment, &Plan::of(card, payment.capture, now, self.0.timing.delays()), now)
        })
        .await
    }

    /// The buyer answers the challenge of the card's bank.
    ///
    /// # Errors
    /// There is no such payment, or it does not wait for this.
    pub async fn answer_challenge(
        &self,
        id: &PaymentId,
        confirmed: bool,
    ) -> Result<Payment, Failure> {
        self.decide(id, |payment, now| {
            waits_on(payment, Stage::Challenge)?;
            let (capture, delays) = (payment.capture, self.0.timing.delays());
            self.played(payment, &Plan::of_challenge(confirmed, capture, now, delays), now)
        })
        .await
    }

    /// Voids a payment: after this, no money will be taken for it. A payment that is already
    /// cancelled or declined is given back as it is.
    ///
    /// # Errors
    /// There is no such payment, or its money was taken.
    pub async fn cancel(&self, id: &PaymentId) -> Result<Payment, Failure> {
        self.0.faults.hold().await;
        let plan = Plan::single(Transition::Cancel, EventKind::PaymentCancelled);
        let outcome = self.decide(id, |payment, now| self.played(payment, &plan, now)).await;
        match outcome {
            Err(Failure::Refused(Refusal::NotFrom {
                status: Status::Cancelled | Status::Declined,
            })) => self.load(id).await,
            outcome => outcome,
        }
    }

    /// The time of an authorisation has ended: what was set aside is released.
    ///
    /// # Errors
    /// There is no such payment, or nothing is authorised by it.
    pub async fn expire(&self, id: &PaymentId) -> Result<Payment, Failure> {
        let plan = Plan::single(Transition::Cancel, EventKind::PaymentCancelled);
        self.decide(id, |payment, now| match payment.status {
            Status::Authorised => self.played(payment, &plan, now),
            status => Err(Refusal::NotFrom { status }.into()),
        })
        .await
    }

    /// A payment as merchants see it.
    pub fn view<'a>(&self, payment: &'a Payment) -> PaymentView<'a> {
        let view = PaymentView::of(payment, self.public_url());
        match self.0.faults.settings().withhold_fees {
            true => view.without_fee(),
            false => view,
        }
    }

    /// The payment of this id.
    ///
    /// # Errors
    /// There is none.
    pub async fn load(&self, id: &PaymentId) -> Result<Payment, Failure> {
        self.read(|book| book.find(id).cloned()).await?.ok_or(Failure::UnknownPayment)
    }

    /// Reads the books, and waits until what was read is on the disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn read<T>(&self, look: impl FnOnce(&Book) -> T) -> Result<T, Unwritable> {
        self.0.vault.read(look).await
    }

    /// Sends an event once more, acknowledged or not.
    ///
    /// # Errors
    /// There is no such event.
    pub fn resend(&self, id: &EventId) -> Result<(), Failure> {
        let (found, position) =
            self.vault().peek(|book| book.find_event(id).map(|posted| posted.event.clone()));
        let mut event = found.ok_or(Failure::UnknownEvent)?;
        event.copies = 1;
        event.delay_ms = 0;
        self.deliver(vec![event], position);
        Ok(())
    }

    /// Sends an event once, or does not if a fault says so, and notes how it went.
    pub async fn attempt(&self, event: &Event) -> AttemptOutcome {
        let outcome = if self.0.faults.fails_webhook() {
            AttemptOutcome::Withheld
        } else {
            let _place = self.0.deliveries.acquire().await;
            self.0.sender.send(event).await
        };
        self.vault().note_attempt(&event.id, outcome.clone());
        outcome
    }

    /// What a plan makes of a payment, with the events that tell of it.
    ///
    /// # Errors
    /// A step of the plan is not legal from where the payment stands.
    pub fn played(
        &self,
        payment: &Payment,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<Change, Failure> {
        let states = plan.play(payment)?;
        let events = plan
            .notices
            .iter()
            .filter_map(|notice| Some((notice, states.get(notice.step)?)))
            .map(|(notice, state)| Event::new(*notice, state, self.public_url(), now))
            .collect::<Result<_, _>>()?;
        Ok(Change {
            payment: states.into_iter().next_back().unwrap_or(payment.clone()),
            events,
            answer: None,
        })
    }

    /// Sets going what follows from a change. Each part waits for the disk by itself, so that it
    /// happens even if whoever asked for the change goes away meanwhile.
    pub fn follow_up(&self, kept: &Kept) {
        let payment = &kept.payment;
        tracing::info!(
            payment = %payment.id,
            reference = payment.reference,
            status = payment.status.as_str(),
            version = payment.version,
            "payment changed"
        );
        if !kept.events.is_empty() {
            self.deliver(kept.events.clone(), kept.position);
        }
        if let Some(at) = payment.settles_at {
            self.settle_at(payment.id.clone(), at);
        }
        if let Some(at) = payment.expires_at {
            self.expire_at(payment.id.clone(), at);
        }
    }

    /// Whether this is the merchant's secret; takes the same time for any text.
    pub fn knows(&self, secret: &str) -> bool {
        digest(secret).ct_eq(&self.0.secret).into()
    }

    /// The durable books.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// The faults that are switched on.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// How long things take.
    pub fn timing(&self) -> &Timing {
        &self.0.timing
    }

    /// The address under which browsers reach the hosted pages, without a slash at its end.
    pub fn public_url(&self) -> &str {
        &self.0.public_url
    }

    async fn decide(
        &self,
        id: &PaymentId,
        decide: impl FnOnce(&Payment, Timestamp) -> Result<Change, Failure>,
    ) -> Result<Payment, Failure> {
        let kept = self
            .vault()
            .change(|book, now| decide(book.find(id).ok_or(Failure::UnknownPayment)?, now))?;
        self.follow_up(&kept);
        self.vault().settled(kept.position).await?;
        Ok(kept.payment)
    }

    fn deliver(&self, events: Vec<Event>, after: Position) {
        let provider = self.clone();
        self.spawn(async move { courier::deliver(&provider, &events, after).await });
    }

    fn settle_at(&self, id: PaymentId, at: Timestamp) {
        let provider = self.clone();
        let wait = Duration::try_from(at.duration_since(vault::now())).unwrap_or_default();
        self.spawn(async move {
            tokio::time::sleep(wait).await;
            let delays = provider.timing().delays();
            let settled = provider
                .decide(&id, |payment, now| {
                    let plan = Plan::of_money(payment.capture, now, delays);
                    provider.played(payment, &plan, now)
                })
                .await;
            if let Err(reason) = settled {
                tracing::info!(payment = %id, %reason, "payment not settled");
            }
        });
    }

    fn expire_at(&self, id: PaymentId, at: Timestamp) {
        let provider = self.clone();
        let wait = Duration::try_from(at.duration_since(vault::now())).unwrap_or_default();
        self.spawn(async move {
            tokio::time::sleep(wait).await;
            if let Err(reason) = provider.expire(&id).await {
                tracing::debug!(payment = %id, %reason, "the authorisation had ended before");
            }
        });
    }

    /// Runs something beside the requests until it is done or the provider stops.
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

fn waits_on(payment: &Payment, stage: Stage) -> Result<(), Refusal> {
    if payment.stage == stage {
        return Ok(());
    }
    let status = payment.status;
    Err(Refusal::NotFrom { status })
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}
