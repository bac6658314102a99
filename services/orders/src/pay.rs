//! Phase two of a purchase: the provider is asked for the money. `payments` records the attempt before
//! it calls, so that whatever happens to the answer, the truth can be asked for later.

use crate::{Error, Orders, PlaceError, Step, queries, record::OrderRecord};
use domain::{
    OrderNumber,
    order::PaymentStanding,
    payment::{AttemptState, IntentState},
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// What the shopper does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayStep {
    /// Go to the provider's page.
    Redirect(String),
    /// Nothing: the order's page tells how it stands.
    Done,
}

impl Orders {
    /// Begins or resumes the payment of an order that awaits it. Pressed twice, it is one payment.
    pub(crate) async fn pay(
        &self,
        order: &OrderRecord,
        token: Option<&SecretString>,
    ) -> Result<PayStep, PlaceError> {
        self.payments.open_intent(order.id, order.total()?).await?;
        self.reached(Step::IntentOpened)?;
        let return_url = format!("{}{}", self.public_url, order.path());
        let token = token.map(ExposeSecret::expose_secret);
        let attempt = match self.payments.pay(order.id, &return_url, token).await {
            Ok(attempt) => attempt,
            // The order ended between two clicks, or half of it did; its page says so.
            Err(payments::Error::Closed { .. }) => {
                self.settle(order.id).await?;
                return Ok(PayStep::Done);
            }
            Err(error) => return Err(error.into()),
        };
        match (attempt.state, attempt.redirect_url) {
            (AttemptState::RequiresAction, Some(url)) => Ok(PayStep::Redirect(url)),
            (AttemptState::Succeeded, _) => {
                self.finalise(order.id).await?;
                Ok(PayStep::Done)
            }
            // Under way, declined, or not yet known: the order's page shows it and offers what to do.
            _ => Ok(PayStep::Done),
        }
    }

    /// Pays an order again after a decline or a break, for whoever holds its key. `None` when there is
    /// no such order. Once begun it goes on to its end, even if whoever asked for it goes away.
    pub async fn pay_again(
        &self,
        number: &OrderNumber,
        key: &str,
    ) -> Result<Option<PayStep>, PlaceError> {
        let Some(order) = self.unlocked(number, key).await? else { return Ok(None) };
        let orders = self.clone();
        crate::to_the_end(async move { orders.resume(order.id).await.map(Some) }).await
    }

    async fn resume(&self, id: Uuid) -> Result<PayStep, PlaceError> {
        // A payment that succeeded unheard is found before another is begun.
        self.settle(id).await?;
        let order = queries::load(&self.pool, id).await?;
        if !order.is_awaiting() {
            return Ok(PayStep::Done);
        }
        let step = self.pay(&order, None).await?;
        self.extend_time(id).await?;
        Ok(step)
    }

    /// Gives the shopper, who is at it, the full time to pay again, and has the sweeper look again
    /// soon.
    pub(crate) async fn extend_time(&self, id: Uuid) -> Result<(), Error> {
        let time = self.timing.time_to_pay;
        self.inventory.extend(id, time).await.map_err(Error::inventory)?;
        queries::extend(&self.pool, id, time, self.timing.first_check).await?;
        Ok(())
    }

    /// How the payment stands, in the words of the order's page.
    pub(crate) async fn standing(&self, order: &OrderRecord) -> Result<PaymentStanding, Error> {
        let standing = match self.payments.standing(order.id).await {
            Ok(standing) => standing,
            Err(payments::Error::UnknownOrder { .. }) => return Ok(PaymentStanding::Open),
            Err(error) => return Err(error.into()),
        };
        let attempt = standing.last_attempt.map(|attempt| attempt.state);
        Ok(match (standing.intent.state, attempt) {
            (IntentState::Refunded, _) => PaymentStanding::Refunded,
            (IntentState::Paid, _) if order.is_paid() => PaymentStanding::Confirmed,
            // Taken, but not yet settled with the order: the next look finishes it.
            (IntentState::Paid, _) | (_, Some(AttemptState::Succeeded)) => {
                PaymentStanding::Processing
            }
            (_, Some(AttemptState::Declined)) => PaymentStanding::Declined,
            // What is only set aside is not the store's money yet.
            (_, Some(AttemptState::Processing | AttemptState::Authorised)) => {
                PaymentStanding::Processing
            }
            // One that is only recorded may never have reached the provider: paying goes on with it.
            (
                _,
                Some(
                    AttemptState::Recorded | AttemptState::RequiresAction | AttemptState::Cancelled,
                )
                | None,
            ) => PaymentStanding::Open,
        })
    }
}
