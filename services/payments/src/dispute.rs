//! Disputes: a shopper's bank takes money back until it is decided who is right.
//!
//! What is known of one comes from the provider alone, with the payment whose money it is. While it is
//! open the money stands on an account of its own; whoever wins, it is posted where it went.

use crate::{
    Attempt, Error, Happening, PaymentEvent, Payments,
    account::{Account, Cause, Posting},
    provider::{ProviderDispute, ProviderPayment},
    queries,
};
use domain::{money::Money, payment::DisputeState};
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// Its name.
    pub id: Uuid,
    /// The attempt whose money it is.
    pub attempt: Uuid,
    /// The provider's name for it.
    pub provider_reference: String,
    /// How much is disputed.
    pub amount: Money,
    /// What the provider keeps for it, whoever is right.
    pub fee: Money,
    /// What the shopper says, in the provider's words.
    pub reason: String,
    /// Where it is.
    pub state: DisputeState,
    /// When we heard of it.
    pub opened_at: Timestamp,
}

impl Payments {
    /// Every dispute of an order, oldest first.
    ///
    /// # Errors
    /// The database's only.
    pub async fn disputes(&self, order: Uuid) -> Result<Vec<Dispute>, Error> {
        Ok(queries::disputes::list(&self.pool, order).await?)
    }

    /// Records what the provider said about the disputes of a payment, posts it and tells of it, each step
    /// once. One that is heard of only when it is decided takes both steps.
    pub(crate) async fn note_disputes(
        &self,
        order: Uuid,
        attempt: &Attempt,
        payment: &ProviderPayment,
    ) -> Result<(), Error> {
        if payment.disputes.is_empty() {
            return Ok(());
        }
        self.post_capture(order).await?;
        for said in &payment.disputes {
            self.note_dispute(order, attempt, said).await?;
        }
        Ok(())
    }

    async fn note_dispute(
        &self,
        order: Uuid,
        attempt: &Attempt,
        said: &ProviderDispute,
    ) -> Result<(), Error> {
        let mut transaction = self.pool.begin().await?;
        let opened = queries::disputes::open(&mut transaction, attempt.id, said).await?;
        if let Some(dispute) = &opened {
            tracing::error!(%order, dispute = said.id, amount = %said.amount, "a payment is disputed");
            let clearing = Account::ProviderClearing(&attempt.provider);
            let (moved, fee) = (Cause::Dispute(dispute.id), Cause::DisputeFee(dispute.id));
            let posting = Posting::transfer(moved, Account::Disputed, clearing, dispute.amount);
            queries::ledger::post(&mut transaction, &posting).await?;
            if dispute.fee.minor() != 0 {
                let posting = Posting::transfer(fee, Account::Fee, clearing, dispute.fee);
                queries::ledger::post(&mut transaction, &posting).await?;
            }
            tell(&mut transaction, order, attempt, dispute, Happening::Disputed).await?;
        }
        let decided =
            queries::disputes::decide(&mut transaction, attempt.id, &said.id, said.state).await?;
        if let Some(dispute) = &decided {
            tracing::warn!(%order, dispute = said.id, state = dispute.state.as_str(), "a dispute is decided");
            let (cause, went_to, happening) = match dispute.state {
                DisputeState::Lost => {
                    (Cause::DisputeLost(dispute.id), Account::DisputeLoss, Happening::DisputeLost)
                }
                DisputeState::Won | DisputeState::Opened => {
                    let clearing = Account::ProviderClearing(&attempt.provider);
                    (Cause::DisputeWon(dispute.id), clearing, Happening::DisputeWon)
                }
            };
            let posting = Posting::transfer(cause, went_to, Account::Disputed, dispute.amount);
            queries::ledger::post(&mut transaction, &posting).await?;
            tell(&mut transaction, order, attempt, dispute, happening).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

async fn tell(
    transaction: &mut PgConnection,
    order: Uuid,
    attempt: &Attempt,
    dispute: &Dispute,
    event: Happening,
) -> Result<(), sqlx::Error> {
    let (intent, attempt, amount) = (attempt.intent, attempt.id, dispute.amount);
    PaymentEvent { event, order, intent, attempt, amount }.publish(transaction).await
}
