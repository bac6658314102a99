//! What an order's page is loaded with, and the server functions to pay again to cancel, and to send
//! something back.

use crate::{
    checkout::Next,
    error::StoreError,
    services::{LoadFailed, private, see_other, services, visitor},
};
use domain::{
    OrderNumber, Sku,
    order::{OrderView, ReturnReason, ReturnWish},
};
use leptos::server;
use orders::{CancelFailure, PayStep, PlaceError, ReturnFailure};
use std::collections::BTreeMap;

/// The order of a number, for whoever holds its key. A wrong key, an unknown number and a text that
/// is no number look the same.
pub async fn order(number: &str, key: &str) -> Result<Option<OrderView>, LoadFailed> {
    private();
    match OrderNumber::parse(number) {
        Ok(number) => Ok(services().orders()?.find(&number, key).await?),
        Err(_) => Ok(None),
    }
}

/// A document of an order that can be read.
pub struct Paper {
    /// What it is called, e.g. `Invoice INV-2026-000001`.
    pub name: String,
    /// The address of the file, with the order's key.
    pub href: String,
    /// The day it was issued, in words.
    pub issued_on: String,
    /// What is invoiced or credited.
    pub total: String,
}

/// The invoice of an order and its credit notes, for whoever holds its key.
pub async fn papers(number: &OrderNumber, key: &str) -> Result<Vec<Paper>, LoadFailed> {
    let printed = services().orders()?.list_invoices(number, key).await?;
    let encoded = form_urlencoded::byte_serialize(key.as_bytes()).collect::<String>();
    let paper = |printed: orders::invoices::Printed| Paper {
        name: format!("{} {}", printed.kind.title(), printed.number),
        href: format!("/orders/{number}/invoices/{}.pdf?key={encoded}", printed.number),
        issued_on: printed.issued_on.strftime("%-d %B %Y").to_string(),
        total: printed.total.to_string(),
    };
    Ok(printed.into_iter().map(paper).collect())
}

/// Pays an order that still awaits its payment.
///
/// Who may call it: anyone with the order's key.
#[server(prefix = "/api", endpoint = "orders/pay")]
pub async fn pay_order(
    #[server(default)] number: String,
    #[server(default)] key: String,
) -> Result<Next, StoreError> {
    let outcome = pay(&number, &key).await;
    if visitor().wants_html {
        let page = order_page(&number, &key);
        see_other(outcome.as_ref().map_or(page.as_str(), |next| next.next.as_str()));
    }
    outcome
}

async fn pay(number: &str, key: &str) -> Result<Next, StoreError> {
    let unknown = || StoreError::new("not_found", 404, "There is no such order.");
    let number = OrderNumber::parse(number).map_err(|_| unknown())?;
    match services().orders()?.pay_again(&number, key).await {
        Ok(Some(PayStep::Redirect(next))) => Ok(Next { next }),
        Ok(Some(PayStep::Done)) => Ok(Next { next: order_page(number.as_str(), key) }),
        Ok(None) => Err(unknown()),
        Err(PlaceError::Refused(refusal)) => Err((*refusal).into()),
        Err(PlaceError::Failed(error)) => Err(StoreError::fault(&error)),
    }
}

/// Cancels an order of which nothing was sent.
///
/// Who may call it: anyone with the order's key.
#[server(prefix = "/api", endpoint = "orders/cancel")]
pub async fn cancel_order(
    #[server(default)] number: String,
    #[server(default)] key: String,
) -> Result<Next, StoreError> {
    let outcome = cancel(&number, &key).await;
    if visitor().wants_html {
        let page = order_page(&number, &key);
        // Why not, the page says in words.
        let told = outcome.as_ref().err().map(|error| format!("&told={}", error.code));
        see_other(&(page + &told.unwrap_or_default()));
    }
    outcome
}

async fn cancel(number: &str, key: &str) -> Result<Next, StoreError> {
    let unknown = || StoreError::new("not_found", 404, "There is no such order.");
    let parsed = OrderNumber::parse(number).map_err(|_| unknown())?;
    let refused =
        |code, status| StoreError::new(code, status, told_in_words(code).unwrap_or_default());
    match services().orders()?.cancel_for_shopper(&parsed, key).await {
        Ok(Some(())) => Ok(Next { next: order_page(number, key) }),
        Ok(None) => Err(unknown()),
        Err(CancelFailure::Sent) => Err(refused(ALREADY_SENT, 409)),
        Err(CancelFailure::PaymentUnavailable) => Err(refused(NOT_CANCELLED, 503)),
        Err(CancelFailure::Failed(error)) => Err(StoreError::fault(&error)),
    }
}

/// Announces that something of an order is sent back: `sku[0]=…&quantity[0]=…&reason[0]=…`. Lines without pieces are none.
/// `which` of the order's returns it is makes that the form sent twice is one return.
///
/// Who may call it: anyone with the order's key.
#[server(prefix = "/api", endpoint = "orders/return")]
pub async fn return_order(
    #[server(default)] number: String,
    #[server(default)] key: String,
    #[server(default)] which: String,
    #[server(default)] sku: BTreeMap<String, String>,
    #[server(default)] quantity: BTreeMap<String, String>,
    #[server(default)] reason: BTreeMap<String, String>,
) -> Result<Next, StoreError> {
    let outcome = match wishes(&sku, &quantity, &reason) {
        Some(wishes) => send_back(&number, &key, &which, &wishes).await,
        None => Err(StoreError::new("malformed", 400, "The request could not be read.")),
    };
    if visitor().wants_html {
        let page = order_page(&number, &key);
        let told = outcome.as_ref().err().map(|error| format!("&told={}", error.code));
        see_other(&(page + &told.unwrap_or_default()));
    }
    outcome
}

/// What is sent back, line by line; nothing if a line cannot be read.
fn wishes(
    skus: &BTreeMap<String, String>,
    quantities: &BTreeMap<String, String>,
    reasons: &BTreeMap<String, String>,
) -> Option<Vec<ReturnWish>> {
    let mut wishes = Vec::new();
    for (line, sku) in skus {
        let quantity = quantities.get(line)?.parse().ok()?;
        if quantity > 0 {
            let reason = ReturnReason::parse(reasons.get(line)?)?;
            wishes.push(ReturnWish { sku: Sku::parse(sku).ok()?, quantity, reason });
        }
    }
    Some(wishes)
}

async fn send_back(
    number: &str,
    key: &str,
    which: &str,
    wishes: &[ReturnWish],
) -> Result<Next, StoreError> {
    let unknown = || StoreError::new("not_found", 404, "There is no such order.");
    let parsed = OrderNumber::parse(number).map_err(|_| unknown())?;
    let refused =
        |code, status| StoreError::new(code, status, told_in_words(code).unwrap_or_default());
    let which = which.parse().unwrap_or_default();
    match services().orders()?.request_return(&parsed, key, which, wishes).await {
        Ok(Some(())) => Ok(Next { next: order_page(number, key) }),
        Ok(None) => Err(unknown()),
        Err(ReturnFailure::Nothing) => Err(refused(NOTHING_CHOSEN, 422)),
        Err(ReturnFailure::TooLate) => Err(refused(TOO_LATE, 409)),
        Err(ReturnFailure::Failed(error)) => Err(StoreError::fault(&error)),
        Err(_) => Err(refused(NOT_RETURNABLE, 409)),
    }
}

const NOTHING_CHOSEN: &str = "nothing_chosen";
const TOO_LATE: &str = "too_late";
const NOT_RETURNABLE: &str = "not_returnable";
const ALREADY_SENT: &str = "already_sent";
const NOT_CANCELLED: &str = "payment_unavailable";

/// Why something that was asked for on an order's page was not done, by the code that its address carries; nothing for
/// any other text.
pub fn told_in_words(code: &str) -> Option<&'static str> {
    match code {
        ALREADY_SENT => Some(
            "A parcel has left us already, so the order cannot be cancelled any more. You can send back what you \
             do not want to keep.",
        ),
        NOT_CANCELLED => Some(
            "We could not learn from the payment provider whether your order was paid, so it was not cancelled. \
             Please try again in a minute.",
        ),
        NOTHING_CHOSEN => Some("Please choose how many pieces of what you send back."),
        TOO_LATE => Some("The time in which this order can be sent back is over."),
        NOT_RETURNABLE => Some(
            "This cannot be sent back as it was asked for; the order may have changed meanwhile. Please look at \
             what can be sent back now.",
        ),
        "unavailable" | "internal" => {
            Some("This could not be done just now. Please try again in a minute.")
        }
        _ => None,
    }
}

/// The address of an order's page. What was sent as number or key comes back encoded.
fn order_page(number: &str, key: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("/orders/{}?key={}", encoded(number), encoded(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_made_of_what_was_sent_leads_nowhere_else() {
        assert_eq!(order_page("V-7K2M-9QXD", "a_b-c"), "/orders/V-7K2M-9QXD?key=a_b-c");
        assert_eq!(order_page("../cart?x", "&y\n"), "/orders/..%2Fcart%3Fx?key=%26y%0A");
    }
}
