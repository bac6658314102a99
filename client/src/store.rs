//! Asking.

use crate::{
    Cart, CheckedOut, Checkout, Delivery, DeliveryOptions, Error, LineQuantity, NewLine, Order,
    Problem,
};
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url, header::CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::json;

/// The type of refusals.
const PROBLEM: &str = "application/problem+json";

/// A store, as a program with a key has it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    http: Client,
    base: Url,
    key: SecretString,
}

impl Store {
    /// The store at this address, asked with this key, over connections that were made ready by the caller (time-outs,
    /// proxies).
    pub fn new(http: Client, address: &str, key: impl Into<SecretString>) -> Result<Self, Error> {
        let base = Url::parse(address).ok().filter(|base| !base.cannot_be_a_base());
        let base = base.ok_or_else(|| Error::NoAddress(address.to_owned()))?;
        Ok(Self { http, base, key: key.into() })
    }

    /// Opens an empty cart.
    pub async fn open_cart(&self) -> Result<Cart, Error> {
        read(self.ask(Method::POST, &["carts"]).json(&json!({}))).await
    }

    /// A cart at current prices.
    pub async fn cart(&self, id: &str) -> Result<Cart, Error> {
        read(self.ask(Method::GET, &["carts", id])).await
    }

    /// Puts something into a cart: once, however often it is sent under this name.
    pub async fn add(&self, id: &str, line: &NewLine, name: &str) -> Result<Cart, Error> {
        read(named(self.ask(Method::POST, &["carts", id, "lines"]).json(line), name)).await
    }

    /// Sets how many pieces of a SKU a cart holds.
    pub async fn set_quantity(&self, id: &str, sku: &str, quantity: u32) -> Result<Cart, Error> {
        let quantity = LineQuantity { quantity };
        read(self.ask(Method::PATCH, &["carts", id, "lines", sku]).json(&quantity)).await
    }

    /// Takes a SKU out of a cart.
    pub async fn remove(&self, id: &str, sku: &str) -> Result<Cart, Error> {
        read(self.ask(Method::DELETE, &["carts", id, "lines", sku])).await
    }

    /// Says where a cart goes, and how.
    pub async fn deliver(&self, id: &str, delivery: &Delivery) -> Result<Cart, Error> {
        read(self.ask(Method::PATCH, &["carts", id]).json(delivery)).await
    }

    /// The ways of delivery for a cart.
    pub async fn delivery_options(&self, id: &str) -> Result<DeliveryOptions, Error> {
        read(self.ask(Method::GET, &["carts", id, "delivery-options"])).await
    }

    /// Orders a cart and pays for it: once, however often it is sent under this name.
    pub async fn check_out(
        &self,
        id: &str,
        checkout: &Checkout,
        name: &str,
    ) -> Result<CheckedOut, Error> {
        read(named(self.ask(Method::POST, &["carts", id, "checkout"]).json(checkout), name)).await
    }

    /// The order of this number, for whoever holds its key.
    pub async fn order(&self, number: &str, key: &str) -> Result<Order, Error> {
        read(self.ask(Method::GET, &["orders", number]).header("order-key", key)).await
    }

    /// A request for this address below `/api/v1`. What is in a part of it stays in that part.
    fn ask(&self, method: Method, parts: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["api", "v1"]).extend(parts);
        }
        self.http.request(method, url).bearer_auth(self.key.expose_secret())
    }
}

fn named(request: RequestBuilder, name: &str) -> RequestBuilder {
    request.header("idempotency-key", name)
}

async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Error> {
    let answer = request.send().await?;
    let status = answer.status();
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_problem = kind.is_some_and(|kind| kind.starts_with(PROBLEM));
    let body = answer.bytes().await?;
    let unreadable = |reason: String| Error::Unreadable { status: status.as_u16(), reason };
    if is_problem {
        let problem: Problem =
            serde_json::from_slice(&body).map_err(|error| unreadable(error.to_string()))?;
        return Err(Error::Problem(Box::new(problem)));
    }
    match status {
        StatusCode::OK | StatusCode::CREATED | StatusCode::ACCEPTED => {
            serde_json::from_slice(&body).map_err(|error| unreadable(error.to_string()))
        }
        _ => Err(unreadable("it is no problem in form".to_owned())),
    }
}
