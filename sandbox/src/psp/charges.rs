//! The requests of a merchant that move money, and that carry an idempotency key for it: opening a
//! payment (with a token: charging at once), taking what was authorised, and refunding.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::book::Book;
use super::card::{Card, Plan};
use super::event::{EventKind, PaymentView};
use super::ids::{PaymentId, RefundId};
use super::keys::{Fingerprint, IdempotencyKey, KeptAnswer};
use super::payment::{Payment, Refund, Transition};
use super::provider::{Failure, Provider};
use super::terms::Proposal;
use super::vault::{Change, Claimed};

/// The HTTP status of an answer that tells of something new.
const CREATED: u16 = 201;
/// The HTTP status of an answer that tells of a change.
const OK: u16 = 200;

/// The answer to a request with a key.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// JSON.
    pub body: String,
    /// Whether it is given again, to a repetition of the request.
    pub is_repeated: bool,
    /// Whether the client must not get it, because it paid with the card for that.
    pub is_lost: bool,
}

/// The body of `POST /v1/payments/{id}/capture`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct CaptureRequest {
    /// What is taken, in minor units of the payment's currency; the rest is released.
    pub amount_minor: i64,
}

/// The body of `POST /v1/payments/{id}/refunds`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct RefundRequest {
    /// What goes back, in minor units of the payment's currency.
    pub amount_minor: i64,
}

impl Provider {
    /// Opens a payment. Without a token it waits for the buyer on the hosted page; with one it is
    /// decided at once.
    ///
    /// # Errors
    /// The proposal breaks a rule, or the key is in use.
    pub async fn create(
        &self,
        proposal: &Proposal,
        key: &IdempotencyKey,
    ) -> Result<Answer, Failure> {
        let (terms, card) = (proposal.terms()?, proposal.card()?);
        let fingerprint = Fingerprint::of("POST /v1/payments", proposal)?;
        let mut answer = self
            .once(key, fingerprint, CREATED, |_, now| {
                let opened = Payment::open(PaymentId::fresh(), terms, now);
                let delays = self.timing().direct_delays();
                let change = match card {
                    None => Change { payment: opened, events: Vec::new(), answer: None },
                    Some(card) => {
                        let plan = Plan::of(card, opened.capture, now, delays);
                        self.played(&opened, &plan, now)?
                    }
                };
                let body = serde_json::to_string(&self.view(&change.payment))?;
                Ok((change, body))
            })
            .await?;
        answer.is_lost = card == Some(Card::AnswerLost) && !answer.is_repeated;
        Ok(answer)
    }

    /// Takes some or all of what was authorised; the rest is released.
    ///
    /// # Errors
    /// There is no such payment, nothing or not so much is authorised by it, or the key is in use.
    pub async fn capture(
        &self,
        id: &PaymentId,
        request: CaptureRequest,
        key: &IdempotencyKey,
    ) -> Result<Answer, Failure> {
        let fingerprint = Fingerprint::of(&format!("POST /v1/payments/{id}/capture"), &request)?;
        self.once(key, fingerprint, OK, |book, now| {
            let payment = book.find(id).ok_or(Failure::UnknownPayment)?;
            let step = Transition::Capture { amount_minor: request.amount_minor, at: now };
            let plan = Plan::single(step, EventKind::PaymentSucceeded);
            let change = self.played(payment, &plan, now)?;
            let body = serde_json::to_string(&self.view(&change.payment))?;
            Ok((change, body))
        })
        .await
    }

    /// Gives some or all of the money back. Several refunds may follow each other.
    ///
    /// # Errors
    /// There is no such payment, its money was not taken or not so much of it is left, or the key
    /// is in use.
    pub async fn refund(
        &self,
        id: &PaymentId,
        request: RefundRequest,
        key: &IdempotencyKey,
    ) -> Result<Answer, Failure> {
        let fingerprint = Fingerprint::of(&format!("POST /v1/payments/{id}/refunds"), &request)?;
        self.once(key, fingerprint, CREATED, |book, now| {
            let payment = book.find(id).ok_or(Failure::UnknownPayment)?;
            let refund = Refund {
                id: RefundId::fresh(),
                amount_minor: request.amount_minor,
                created_at: now,
            };
            let step = Transition::Refund(refund.clone());
            let plan = Plan::single(step, EventKind::RefundSucceeded);
            let change = self.played(payment, &plan, now)?;
            let body = serde_json::to_string(&RefundView {
                id: &refund.id,
                payment_id: id,
                amount_minor: refund.amount_minor,
                currency: &change.payment.currency,
                status: "succeeded",
                created_at: now,
                payment: self.view(&change.payment),
            })?;
            Ok((change, body))
        })
        .await
    }

    /// Does something at most once for a key, and gives the same answer to every repetition. The
    /// answer that `act` decides on is kept together with its change. If `act` refuses, the key
    /// stays free.
    async fn once(
        &self,
        key: &IdempotencyKey,
        fingerprint: Fingerprint,
        status: u16,
        act: impl FnOnce(&Book, Timestamp) -> Result<(Change, String), Failure>,
    ) -> Result<Answer, Failure> {
        let _claim = match self.vault().claim(key, &fingerprint)? {
            Claimed::Free(claim) => claim,
            Claimed::Answered(kept) => {
                // The first request may still be waiting for the disk.
                self.read(|_| ()).await?;
                return Ok(Answer {
                    status: kept.status,
                    body: kept.body,
                    is_repeated: true,
                    is_lost: false,
                });
            }
        };
        self.faults().hold().await;
        let mut answered = String::new();
        let kept = self.vault().change(|book, now| {
            let (mut change, body) = act(book, now)?;
            answered.clone_from(&body);
            change.answer = Some(KeptAnswer { key: key.clone(), fingerprint, status, body });
            Ok::<_, Failure>(change)
        })?;
        self.follow_up(&kept);
        self.vault().settled(kept.position).await?;
        Ok(Answer { status, body: answered, is_repeated: false, is_lost: false })
    }
}

/// The refund on the wire.
#[derive(Serialize)]
struct RefundView<'a> {
    id: &'a RefundId,
    payment_id: &'a PaymentId,
    amount_minor: i64,
    currency: &'a str,
    /// A refund of the sandbox never fails and never waits.
    status: &'static str,
    created_at: Timestamp,
    /// The payment with this refund in it.
    payment: PaymentView<'a>,
}
