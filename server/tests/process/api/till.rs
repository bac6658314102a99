//! What apps and points of sale buy by: carts, checkouts and orders, on running nodes with a payment provider beside.

mod carts;
mod checkouts;
mod costs;
mod events;
mod nodes;
mod orders;

use super::{Told, apikey, told};
use crate::world::{Ground, Process, Store, free_port};
use client::{Checkout, NewLine, Payment, ShippingAddress};
use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde_json::{Value, json};

const CARTS: &str = "/api/v1/carts";

/// A store with a payment provider.
pub struct Shop {
    pub store: Store,
    _provider: Process,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// The same with more settings.
    pub async fn open_with(settings: &[(&'static str, String)]) -> Self {
        let mut ground = Ground::new().await;
        let address = format!("127.0.0.1:{}", free_port());
        ground.settings.push(("VITRINE__PAYMENTS__SANDBOX__URL", format!("http://{address}")));
        ground.settings.extend(settings.iter().cloned());
        let mut provider = ground.command(&["sandbox-psp", "--listen", &address]);
        let provider = provider.arg("--state").arg(ground.folder.join("psp.state"));
        let provider = Process::start(provider);
        Self { store: Store::open_on(ground).await, _provider: provider }
    }

    /// An app with a key that anybody can read in it.
    pub async fn app(&self) -> App<'_> {
        let scopes = "carts,orders:own";
        let create = ["create", "--name", "an app", "--scopes", scopes, "--publishable"];
        let (code, said) = apikey(&self.store, &create).await;
        assert_eq!(code, Some(0), "{said}");
        App::with(&self.store, said.lines().last().unwrap())
    }
}

/// A program that buys, by the client and by hand.
pub struct App<'a> {
    pub api: client::Store,
    pub store: &'a Store,
    key: String,
}

impl<'a> App<'a> {
    pub fn with(store: &'a Store, key: &str) -> Self {
        let api = client::Store::new(store.client.clone(), &store.url, key.to_owned()).unwrap();
        Self { api, store, key: key.to_owned() }
    }

    /// A cart with so many pieces of something.
    pub async fn cart(&self, sku: &str, quantity: u32) -> String {
        let id = self.api.open_cart().await.unwrap().id;
        let line = NewLine { sku: sku.to_owned(), quantity };
        self.api.add(&id, &line, "first").await.unwrap();
        id
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.ask_at(&self.store.url, method, path)
    }

    pub fn ask_at(&self, node: &str, method: Method, path: &str) -> RequestBuilder {
        self.store.client.request(method, format!("{node}{path}")).bearer_auth(&self.key)
    }

    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Told {
        told(self.ask(method, path).json(body).send().await.unwrap()).await
    }

    /// A checkout under this name.
    pub async fn check_out(&self, cart: &str, name: &str, body: &impl Serialize) -> Told {
        self.check_out_at(&self.store.url, cart, name, body).await
    }

    pub async fn check_out_at(
        &self,
        node: &str,
        cart: &str,
        name: &str,
        body: &impl Serialize,
    ) -> Told {
        let request = self.ask_at(node, Method::POST, &format!("{CARTS}/{cart}/checkout"));
        told(request.header("idempotency-key", name).json(body).send().await.unwrap()).await
    }
}

/// All that a checkout needs, paid by this.
pub fn checkout(token: &str) -> Checkout {
    Checkout {
        email: "shopper@example.com".to_owned(),
        shipping_address: ShippingAddress {
            name: "Ada Lovelace".to_owned(),
            line1: "Unter den Linden 1".to_owned(),
            city: "Berlin".to_owned(),
            postal_code: "10117".to_owned(),
            country: "DE".to_owned(),
        },
        delivery: None,
        payment: Payment { provider: "sandbox".to_owned(), token: token.to_owned() },
        expected_total: None,
    }
}

/// The same as JSON, with this in the place of what it has, or besides.
pub fn with(token: &str, changes: Value) -> Value {
    let mut body = serde_json::to_value(checkout(token)).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

pub fn euros(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "EUR" })
}
