//! The checkout: a cart becomes an order that is paid, or is refused with what has to be known to go on.

use super::{CartId, expected, form, mistakes, unknown, waiting_room};
use crate::api::{
    Till,
    input::{Part, Sent, field},
    once::Name,
    problem::{Code, FieldError, Problem},
};
use ::orders::{CheckOut, PlaceError, RequestName};
use axum::http::StatusCode;
use client::{Change, CheckedOut, Checkout, Money, NextAction, PlacedOrder, Shortage};
use domain::{
    cart::CartChange,
    checkout::{CheckoutForm, Refusal},
    order::{CancelReason, OrderState, PaymentStanding},
};
use serde_json::Value;

/// Order a cart and pay for it.
///
/// Under its name (`Idempotency-Key`) it is done once, however often it is sent: one order, one charge. `201`: it is paid.
/// `202`: it is not yet, and `next_action` says what has to happen. `402`: the payment was declined; the order waits for
/// another try, which is another checkout of the same cart under another name. Whatever else is refused has ordered nothing.
#[utoipa::path(
    post,
    path = "/api/v1/carts/{id}/checkout",
    operation_id = "check_out",
    tag = "carts",
    params(CartId),
    request_body = Checkout,
    responses(
        (status = 201, description = "It is ordered and paid.", body = CheckedOut),
        (status = 202, description = "It is ordered, and not paid yet.", body = CheckedOut),
    ),
)]
pub async fn check_out(
    till: Till,
    CartId(id): CartId,
    Name(name): Name,
    sent: Sent<Checkout>,
) -> Result<(StatusCode, axum::Json<CheckedOut>), Problem> {
    let checkout = sent.read(|sent| till.mistakes(sent))?;
    let expected_total = expected(&till.market, checkout.expected_total)
        .map_err(|wrong| Problem::invalid(vec![wrong]))?;
    let form = form(checkout.shipping_address, checkout.delivery);
    let wanted = CheckOut {
        form: CheckoutForm { email: checkout.email, ..form },
        expected_total,
        payment_token: checkout.payment.token.into(),
        request: RequestName::of(&name),
    };
    let outcome = till.orders.check_out(&id, wanted).await.map_err(refusal)?;
    answer(outcome.ok_or_else(unknown)?)
}

impl Till {
    /// What no schema can say of what was sent, as far as it can be read: so that all mistakes are told at once.
    fn mistakes(&self, sent: &Value) -> Vec<FieldError> {
        let text = |at: &str| sent.pointer(at).and_then(Value::as_str).unwrap_or_default();
        let form = CheckoutForm {
            email: text("/email").to_owned(),
            full_name: text("/shipping_address/name").to_owned(),
            address: text("/shipping_address/line1").to_owned(),
            city: text("/shipping_address/city").to_owned(),
            postal_code: text("/shipping_address/postal_code").to_owned(),
            country: text("/shipping_address/country").to_owned(),
            // One of those there are, or none: the schema says so.
            delivery: domain::shipping::ShippingMethod::Standard.code().to_owned(),
        };
        let mut wrong = mistakes(form.check(&self.market).err().unwrap_or_default());
        let provider = text("/payment/provider");
        if !provider.is_empty() && !self.orders.is_paid_at(provider) {
            let words = "No payments are made at this provider.".to_owned();
            wrong.push(field(Part::Body, "/payment/provider", "unknown_value", words));
        }
        wrong
    }
}

/// How an order is told that came of a checkout.
fn answer(outcome: ::orders::CheckedOut) -> Result<(StatusCode, axum::Json<CheckedOut>), Problem> {
    let (state, payment, reason) = (outcome.state, outcome.payment, outcome.cancel_reason);
    let order = PlacedOrder {
        number: outcome.number.into(),
        key: outcome.key,
        status: state.into(),
        payment_status: payment.into(),
        total: outcome.total.into(),
    };
    let not_yet =
        |order, next| Ok((StatusCode::ACCEPTED, CheckedOut { order, next_action: Some(next) }));
    let answer = match (state, payment, outcome.redirect) {
        (OrderState::Paid, ..) => {
            Ok((StatusCode::CREATED, CheckedOut { order, next_action: None }))
        }
        (OrderState::Cancelled, ..) => Err(match reason {
            Some(CancelReason::OutOfStock) => {
                let words = "It was paid, but the goods were gone; the money goes back.";
                Problem::new(Code::OrderCancelled, words)
            }
            _ => Problem::new(Code::OrderCancelled, "The order ended before it was paid."),
        }
        .fact("order", order)),
        (OrderState::AwaitingPayment, _, Some(url)) => not_yet(order, NextAction::Redirect { url }),
        (OrderState::AwaitingPayment, PaymentStanding::Declined, None) => {
            let words = "The payment was declined. The order waits for another try.";
            Err(Problem::new(Code::Declined, words).fact("order", order))
        }
        (OrderState::AwaitingPayment, _, None) => not_yet(order, NextAction::Wait),
    };
    answer.map(|(status, answer)| (status, axum::Json(answer)))
}

/// Why nothing was ordered.
fn refusal(error: PlaceError) -> Problem {
    let refusal = match error {
        PlaceError::Refused(refusal) => *refusal,
        PlaceError::Failed(error) => return Problem::of_error(&error),
    };
    match refusal {
        Refusal::CartEmpty => Problem::new(Code::CartEmpty, "There is nothing in the cart."),
        Refusal::FieldsInvalid { errors } => Problem::invalid(mistakes(errors)),
        Refusal::CartChanged { changes } => {
            let is_price = |change: &CartChange| matches!(change, CartChange::Price { .. });
            let code = match !changes.is_empty() && changes.iter().all(is_price) {
                true => Code::PriceChanged,
                false => Code::CartChanged,
            };
            let changes: Vec<_> = changes.into_iter().map(Change::from).collect();
            let words = "The cart is not what it was when it was last shown: look at it again.";
            Problem::new(code, words).fact("changes", changes)
        }
        Refusal::PriceChanged { was, now } => {
            let words = format!("It costs {now}.");
            let problem = Problem::new(Code::PriceChanged, words).fact("total", Money::from(now));
            match was {
                Some(was) => problem.fact("expected_total", Money::from(was)),
                None => problem,
            }
        }
        Refusal::OutOfStock { shortages } => {
            let shortages: Vec<_> = shortages.into_iter().map(Shortage::from).collect();
            let words = "Not so many are left.";
            let problem = Problem::new(Code::OutOfStock, words).fact("shortages", &shortages);
            match shortages.first() {
                Some(Shortage { sku, left, .. }) => problem.fact("sku", sku).fact("left", left),
                None => problem,
            }
        }
        Refusal::PaymentUnavailable => {
            let words = "The payment provider cannot be reached; nothing was charged.";
            Problem::new(Code::PaymentUnavailable, words).later(5)
        }
        Refusal::Busy => {
            let words = "So many want to order just now that this was not begun.";
            Problem::new(Code::Busy, words).later(1)
        }
        Refusal::WaitingRoom { drop } => waiting_room(drop.as_str()),
    }
}
