//! Phase one of a purchase: the cart is priced afresh and refused in words if it is not what the
//! shopper saw; else its stock is held and its order written (`claim`).

use crate::{
    Error, FreshCart, Orders, PayStep, RequestName, Seen,
    check_out::delivered_as_said,
    claim::{Claimed, Wish},
    queries,
    record::OrderRecord,
};
use accounts::{CheckoutDraft, SessionToken};
use admissions::{Barred, Tickets};
use domain::{
    Cart, Money, OrderNumber,
    checkout::{CheckoutDetails, CheckoutForm, Refusal},
    pricing::{self, PricingError, Totals},
    shipping::Zone,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use secrecy::SecretString;

/// What a shopper sends to order.
#[derive(Debug, Clone, Default)]
pub struct Submission {
    /// The form as it was typed.
    pub form: CheckoutForm,
    /// The total that was on the button, in minor units: it is compared, never charged.
    pub seen_total: Seen<i64>,
    /// The version of the cart that was on the page: another one is not ordered. The form of an order
    /// that was paid meanwhile leads to that order.
    pub cart_version: Seen<u32>,
    /// What the shopper holds of tickets, for what is sold by a line.
    pub tickets: Tickets,
    /// What the provider calls the shopper's means of payment; without it the shopper chooses at the provider's.
    pub payment_token: Option<SecretString>,
    /// What a program calls this checkout: asked for again under the name, it is the same.
    pub request: Option<RequestName>,
}

/// An order that was placed, now or before.
#[derive(Debug, Clone)]
pub struct Placed {
    /// What the customer calls it.
    pub number: OrderNumber,
    /// What opens its page.
    pub key: String,
    /// What the shopper does next.
    pub pay: PayStep,
}

/// Why no order was placed or paid.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// For a reason that the shopper can act on.
    #[error("refused: {0:?}")]
    Refused(Box<Refusal>),
    /// Because a part of the store failed.
    #[error(transparent)]
    Failed(Error),
}

impl From<Error> for PlaceError {
    /// A provider that does not answer is no fault of the store: the shopper may try again.
    fn from(error: Error) -> Self {
        match error.is_provider_silent() {
            true => Refusal::PaymentUnavailable.into(),
            false => Self::Failed(error),
        }
    }
}

impl From<accounts::Error> for PlaceError {
    fn from(error: accounts::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<payments::Error> for PlaceError {
    fn from(error: payments::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<Refusal> for PlaceError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<Barred> for PlaceError {
    fn from(Barred { drop }: Barred) -> Self {
        Refusal::WaitingRoom { drop }.into()
    }
}

impl From<sqlx::Error> for PlaceError {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

impl Orders {
    /// Orders the cart and begins its payment. A refusal is kept in the session beside what was
    /// typed, so that the checkout can be shown again with both. Once begun it goes on to its end,
    /// even if whoever asked for it goes away.
    pub async fn place(
        &self,
        token: &SessionToken,
        submission: Submission,
    ) -> Result<Placed, PlaceError> {
        let (orders, token) = (self.clone(), token.clone());
        crate::to_the_end(async move { orders.place_and_remember(&token, submission).await }).await
    }

    async fn place_and_remember(
        &self,
        token: &SessionToken,
        submission: Submission,
    ) -> Result<Placed, PlaceError> {
        let form = submission.form.clone();
        let outcome = self.try_place(token, submission).await;
        let refusal = match &outcome {
            Err(PlaceError::Refused(refusal)) => Some(refusal.as_ref().clone()),
            _ => None,
        };
        let kept = self.sessions.keep_draft(&token.id(), &CheckoutDraft { form, refusal }).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "what was typed at the checkout could not be kept");
        }
        outcome
    }

    pub(crate) async fn try_place(
        &self,
        token: &SessionToken,
        submission: Submission,
    ) -> Result<Placed, PlaceError> {
        let cart_id = token.id();
        let ordered = match (&submission.request, submission.cart_version) {
            (Some(request), _) => {
                queries::requests::find(&self.pool, cart_id.as_str(), request.as_bytes()).await?
            }
            (None, Seen::Said(version)) => {
                queries::find_by_cart(&self.pool, cart_id.as_str(), version).await?
            }
            (None, Seen::Unsaid | Seen::Unreadable) => None,
        };
        let ordered = match ordered {
            // Asked for again, perhaps because it broke off: what was paid unheard is found before all else.
            Some(order) if order.is_awaiting() && submission.request.is_some() => {
                self.settle(order.id).await?;
                queries::find(&self.pool, order.id).await?
            }
            ordered => ordered,
        };
        let ordered = match ordered {
            Some(order) if order.is_paid() => return self.placed(order, PayStep::Done),
            ordered => ordered,
        };
        let (cart, draft) = self.sessions.cart_and_draft(&cart_id).await?;
        if cart.is_empty() {
            return Err(Refusal::CartEmpty.into());
        }
        // What was ordered from this cart and awaits its payment has passed the line.
        let has_passed = ordered.is_some_and(|order| order.is_awaiting());
        let admit = |cart: &Cart| match has_passed {
            true => Ok(()),
            false => self.admit_to_checkout(cart, &submission.tickets, &cart_id),
        };
        // Before the stock is asked; and again, since the catalogue may put into a line what was none's.
        admit(&cart)?;
        let fresh = self.look_at(&cart_id, cart).await?;
        admit(&fresh.cart)?;
        if submission.cart_version.contradicts(&fresh.cart.version) {
            return Err(Refusal::CartChanged { changes: fresh.changes }.into());
        }
        let form = match submission.request {
            // A program may have said ahead how it is to be delivered; a form says it each time.
            Some(_) => delivered_as_said(submission.form, &draft.form),
            None => submission.form,
        };
        let details = form.check(&self.market);
        let details = details.map_err(|errors| Refusal::FieldsInvalid { errors })?;
        let totals = self.agreed(&fresh, &details, submission.seen_total)?;
        let wish = Wish {
            cart_id: &cart_id,
            cart: &fresh.cart,
            details: &details,
            totals: &totals,
            request: submission.request.as_ref(),
        };
        let claimed = self.claim(wish).await?;
        let (Claimed::New(order) | Claimed::Before(order)) = &claimed;
        if order.is_paid() {
            return self.placed(order.clone(), PayStep::Done);
        }
        let step = self.pay(order, submission.payment_token.as_ref()).await?;
        if let Claimed::Before(order) = &claimed {
            self.extend_time(order.id).await?;
        }
        self.placed(order.clone(), step)
    }

    /// What is charged, if it is what the shopper saw. A cart that changed since it was filled is
    /// ordered only when the new total was on the button.
    fn agreed(
        &self,
        fresh: &FreshCart,
        details: &CheckoutDetails,
        seen: Seen<i64>,
    ) -> Result<Totals, PlaceError> {
        let changed = || Refusal::CartChanged { changes: fresh.changes.clone() };
        let totals = match self.price(&fresh.cart, details, today()) {
            Ok(totals) => totals,
            Err(PricingError::Empty) => return Err(changed().into()),
            Err(error) => return Err(Error::from(error).into()),
        };
        let now = totals.total;
        if !fresh.changes.is_empty() && seen != Seen::Said(now.minor()) {
            return Err(changed().into());
        }
        if seen.contradicts(&now.minor()) {
            let was = match seen {
                Seen::Said(minor) => Some(Money::new(minor, now.currency())),
                Seen::Unsaid | Seen::Unreadable => None,
            };
            return Err(Refusal::PriceChanged { was, now }.into());
        }
        Ok(totals)
    }

    pub(crate) fn placed(&self, order: OrderRecord, pay: PayStep) -> Result<Placed, PlaceError> {
        let number = OrderNumber::parse(&order.number)
            .map_err(|_| Error::Unreadable { order: order.id, what: "number" })?;
        Ok(Placed { number, key: order.access_key, pay })
    }

    fn price(
        &self,
        cart: &Cart,
        details: &CheckoutDetails,
        on: Date,
    ) -> Result<Totals, PricingError> {
        let country = details.address.country();
        let offer = details.delivery.offer(Zone::of(country, self.market.home));
        pricing::totals(cart, Some(offer), country, on)
    }
}

/// The cart is not the one that was shown, without a change of its particulars to tell.
pub(crate) fn cart_changed() -> PlaceError {
    Refusal::CartChanged { changes: Vec::new() }.into()
}

pub(crate) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}
