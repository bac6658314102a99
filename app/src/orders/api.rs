//! What an order's page is loaded with, and the server function to pay again.

use crate::{
    checkout::Next,
    error::StoreError,
    services::{LoadFailed, private, see_other, services, visitor},
};
use domain::{OrderNumber, order::OrderView};
use leptos::server;
use orders::{PayStep, PlaceError};

/// The order of a number, for whoever holds its key. A wrong key, an unknown number and a text that
/// is no number look the same.
pub async fn order(number: &str, key: &str) -> Result<Option<OrderView>, LoadFailed> {
    private();
    match OrderNumber::parse(number) {
        Ok(number) => Ok(services().orders()?.find(&number, key).await?),
        Err(_) => Ok(None),
    }
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
