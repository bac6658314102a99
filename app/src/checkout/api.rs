//! The checkout's server function and what its page is loaded with.

use super::refused;
use crate::{
    error::StoreError,
    services::{LoadFailed, private, see_other, services, visitor},
    waiting_line::line_of,
};
use domain::checkout::{CheckoutForm, Refusal};
use leptos::server;
use orders::{CheckoutPage, PayStep, PlaceError, Placed, Seen, Submission};
use serde::{Deserialize, Serialize};

/// Where a shopper goes next: to the provider's page or to the order's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// The address.
    pub next: String,
}

/// The checkout with what was typed before and why it was refused.
pub async fn checkout() -> Result<CheckoutPage, LoadFailed> {
    private();
    Ok(services().orders()?.checkout(visitor().session.as_ref()).await?)
}

/// Orders the visitor's own cart and begins its payment. `seen_total` is what was on the button and
/// `cart_version` the cart on the page: both are compared, and nothing else is ordered or charged.
///
/// Who may call it: anyone with a session that holds a cart.
#[server(prefix = "/api", endpoint = "checkout/place")]
pub async fn place_order(
    #[server(flatten)] form: CheckoutForm,
    seen_total: Option<String>,
    cart_version: Option<String>,
) -> Result<Next, StoreError> {
    let seen_total = Seen::read(seen_total.as_deref());
    let cart_version = Seen::read(cart_version.as_deref());
    let tickets = visitor().tickets;
    let submission =
        Submission { form, seen_total, cart_version, tickets, ..Submission::default() };
    let outcome = place(submission).await;
    if visitor().wants_html {
        see_other(&outcome.as_ref().map_or_else(back, |next| next.next.clone()));
    }
    outcome
}

async fn place(submission: Submission) -> Result<Next, StoreError> {
    let token = visitor().session.ok_or(Refusal::CartEmpty)?;
    match services().orders()?.place(&token, submission).await {
        Ok(Placed { number, key, pay }) => Ok(Next {
            next: match pay {
                PayStep::Redirect(address) => address,
                PayStep::Done => format!("/orders/{number}?key={key}"),
            },
        }),
        Err(PlaceError::Refused(refusal)) => Err((*refusal).into()),
        Err(PlaceError::Failed(error)) => Err(StoreError::fault(&error)),
    }
}

/// Where a plain form is sent after a failure: to the line that has to be stood in, or back, where the session
/// holds what was typed and why.
fn back(error: &StoreError) -> String {
    match (&*error.code, line_of(error)) {
        (_, Some(line)) => line,
        ("internal" | "unavailable", None) => "/checkout?failed=1".to_owned(),
        _ => refused::ADDRESS.to_owned(),
    }
}
