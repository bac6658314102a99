//! The load of checkouts: shoppers who each buy one piece, from the empty cart to the confirmed order,
//! by the requests that a browser would send.

use crate::{
    goods::Goods,
    http::{self, Client},
    load::{Worker, Workload},
};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// What the status region of a paid order reads.
const CONFIRMED: &str = "Payment confirmed";

/// The pause between two looks at an order that is not confirmed yet, and when that is given up.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
const CONFIRMED_WITHIN: Duration = Duration::from_secs(20);

/// Who orders, and how it travels.
const FORM: [(&str, &str); 7] = [
    ("email", "shopper@example.com"),
    ("full_name", "Ada Lovelace"),
    ("address", "Unter den Linden 1"),
    ("city", "Berlin"),
    ("postal_code", "10117"),
    ("country", "DE"),
    ("delivery", "standard"),
];

/// Checkouts at a store and its payment provider.
pub struct Checkout {
    /// Where the store answers.
    pub store: String,
    /// Where the provider's pages are.
    pub provider: String,
    /// What is bought, in turn.
    pub goods: Goods,
}

/// One after another, at one till.
pub struct Shopper {
    store: Client,
    provider: Client,
    goods: Goods,
    turn: usize,
}

#[derive(Deserialize)]
struct Next {
    next: String,
}

impl Workload for Checkout {
    type Worker = Shopper;

    async fn worker(&self, index: usize) -> anyhow::Result<Shopper> {
        Ok(Shopper {
            store: Client::connect(&self.store).await?,
            provider: Client::connect(&self.provider).await?,
            goods: self.goods.clone(),
            turn: index,
        })
    }
}

impl Worker for Shopper {
    async fn once(&mut self) -> anyhow::Result<()> {
        let sku = self.goods.of_turn(self.turn).sku.clone();
        self.turn += 1;
        let session = add_to_cart(&mut self.store, &sku).await?;
        let payment = self.place(&session).await.context("the order")?;
        let order = self.pay(&payment).await.context("the payment")?;
        self.confirm(&order).await.context("the order's page")
    }
}

/// Puts one piece into a new visitor's cart and answers with the visitor's cookie.
///
/// # Errors
/// It cannot be had.
pub async fn add_to_cart(store: &mut Client, sku: &str) -> anyhow::Result<String> {
    let form = [("sku", sku), ("quantity", "1")];
    let answer = store.post("/api/cart/add", "application/json", "", &form).await?;
    ensure!(answer.status == 200, "{sku} to the cart: {} {}", answer.status, answer.excerpt());
    let cookie = answer.header("set-cookie").context("a new visitor gets no cookie")?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

impl Shopper {
    /// Places the order; answers with the address of the provider's page.
    async fn place(&mut self, session: &str) -> anyhow::Result<String> {
        let json = "application/json";
        let answer = self.store.post("/api/checkout/place", json, session, &FORM).await?;
        ensure!(answer.status == 200, "{} {}", answer.status, answer.excerpt());
        Ok(serde_json::from_slice::<Next>(answer.body)?.next)
    }

    /// Pays on the provider's page; answers with the address it leads back to.
    async fn pay(&mut self, page: &str) -> anyhow::Result<String> {
        let path = http::split(page)?.1;
        let answer = self.provider.page(path).await?;
        ensure!(answer.status == 200, "{} {}", answer.status, answer.excerpt());
        let answer = self.provider.post(path, "text/html", "", &[("card", "success")]).await?;
        ensure!(answer.status == 303, "{} {}", answer.status, answer.excerpt());
        Ok(answer.header("location").context("the provider leads nowhere")?.to_owned())
    }

    /// Looks at the order's page until it is confirmed.
    async fn confirm(&mut self, order: &str) -> anyhow::Result<()> {
        let path = http::split(order)?.1;
        let begun = Instant::now();
        loop {
            let answer = self.store.page(path).await?;
            ensure!(answer.status == 200, "{} {}", answer.status, answer.excerpt());
            if answer.text().contains(CONFIRMED) {
                return Ok(());
            }
            ensure!(begun.elapsed() < CONFIRMED_WITHIN, "not confirmed in {CONFIRMED_WITHIN:?}");
            sleep(LOOK_AGAIN).await;
        }
    }
}
