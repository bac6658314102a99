//! The checkout of a program: one request that orders, pays and says how that stands. It is the checkout of the
//! pages (`prepare`), with the means of payment in the request and without a form to be shown again.

use crate::{Orders, PayStep, PlaceError, Placed, Seen, Submission, queries, record::OrderRecord};
use accounts::SessionToken;
use domain::{
    Money, OrderNumber,
    checkout::{CheckoutForm, Refusal},
    order::{CancelReason, OrderState, PaymentStanding},
    shipping::ShippingMethod,
};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// What a program calls one request, as a hash: whatever the name is, it takes little room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestName([u8; 16]);

impl RequestName {
    /// The request of this name.
    pub fn of(name: &str) -> Self {
        let digest = Sha256::digest(name);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What a program sends to order a cart and pay for it.
#[derive(Debug, Clone)]
pub struct CheckOut {
    /// For whom, where to and how. Without a way of delivery it is the one that was said of the cart, or the usual
    /// one.
    pub form: CheckoutForm,
    /// What it is expected to cost, in minor units: it is compared, never charged.
    pub expected_total: Option<i64>,
    /// What the provider calls the means of payment.
    pub payment_token: SecretString,
    /// What the program calls this checkout. Asked for again under it, it is the order that came of it, also when
    /// the cart is empty by then.
    pub request: RequestName,
}

/// An order that came of a checkout, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedOut {
    /// What the customer calls it.
    pub number: OrderNumber,
    /// What opens it.
    pub key: String,
    /// Where it is in its life.
    pub state: OrderState,
    /// Why it ended, if it did.
    pub cancel_reason: Option<CancelReason>,
    /// How its payment stands.
    pub payment: PaymentStanding,
    /// What it costs.
    pub total: Money,
    /// Where the shopper has to go to pay.
    pub redirect: Option<String>,
}

impl Orders {
    /// Whether payments can be made at the provider of this name.
    pub fn is_paid_at(&self, provider: &str) -> bool {
        self.payments.provider_name() == provider
    }

    /// Orders a cart and pays for it; `None` if there is no cart of this name. Once begun it goes on to its end, even
    /// if whoever asked for it goes away.
    pub async fn check_out(
        &self,
        token: &SessionToken,
        wanted: CheckOut,
    ) -> Result<Option<CheckedOut>, PlaceError> {
        let (orders, token) = (self.clone(), token.clone());
        crate::to_the_end(async move { orders.try_check_out(&token, wanted).await }).await
    }

    async fn try_check_out(
        &self,
        token: &SessionToken,
        wanted: CheckOut,
    ) -> Result<Option<CheckedOut>, PlaceError> {
        let (cart, request) = (token.id(), wanted.request.clone());
        let submission = Submission {
            form: wanted.form,
            seen_total: wanted.expected_total.map_or(Seen::Unsaid, Seen::Said),
            payment_token: Some(wanted.payment_token),
            request: Some(wanted.request),
            ..Submission::default()
        };
        let placed = match self.try_place(token, submission).await {
            Err(PlaceError::Refused(refusal)) if *refusal == Refusal::CartEmpty => {
                // The same request may have been faster, and have emptied it just now.
                let faster =
                    queries::requests::find(&self.pool, cart.as_str(), request.as_bytes()).await?;
                match faster.filter(OrderRecord::is_paid) {
                    Some(order) => self.placed(order, PayStep::Done)?,
                    None if self.sessions.find(&cart).await?.is_some() => {
                        return Err(Refusal::CartEmpty.into());
                    }
                    None => return Ok(None),
                }
            }
            placed => placed?,
        };
        self.as_it_stands(placed).await.map(Some)
    }

    async fn as_it_stands(&self, placed: Placed) -> Result<CheckedOut, PlaceError> {
        let Placed { number, key, pay } = placed;
        let order = self.unlocked(&number, &key).await?.ok_or(sqlx::Error::RowNotFound)?;
        let payment = self.standing(&order).await?;
        Ok(CheckedOut {
            state: order.state()?,
            cancel_reason: order.cancel_reason()?,
            payment,
            total: order.total()?,
            number,
            key,
            redirect: match pay {
                PayStep::Redirect(url) => Some(url),
                PayStep::Done => None,
            },
        })
    }
}

/// The form with a way of delivery: its own, the one that was said before, or the usual one.
pub(crate) fn delivered_as_said(form: CheckoutForm, before: &CheckoutForm) -> CheckoutForm {
    let usual = ShippingMethod::Standard.code();
    let ways = [form.delivery.as_str(), before.delivery.as_str(), usual];
    let delivery = ways.into_iter().find(|way| !way.is_empty()).unwrap_or(usual).to_owned();
    CheckoutForm { delivery, ..form }
}
