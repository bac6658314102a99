//! A shopper with a browser that runs no scripts.

use crate::world::{TO_BERLIN, until};
use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE},
    redirect::Policy,
};

/// Somebody with a cart.
pub struct Shopper {
    pub client: Client,
    /// The store's address.
    url: String,
    cookie: String,
}

impl Shopper {
    pub fn at(url: &str) -> Self {
        Self { client: client(), url: url.to_owned(), cookie: String::new() }
    }

    pub async fn look(&self, path: &str) -> String {
        let request = self.client.get(format!("{}{path}", self.url)).header(ACCEPT, "text/html");
        let answer = request.header(COOKIE, &self.cookie).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// Sends a form of a page; where that leads to.
    pub async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let request = self.client.post(format!("{}{path}", self.url)).header("origin", &self.url);
        let request = request.header(ACCEPT, "text/html").header(COOKIE, &self.cookie);
        let answer = request.form(fields).send().await.unwrap();
        if let Some(cookie) = answer.headers().get(SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        leads_to(&answer)
    }

    /// Puts so many lamps into the cart.
    pub async fn add_lamps(&mut self, quantity: u32) {
        let page = self.look("/p/lamp").await;
        let (price, quantity) = (hidden(&page, "seen_price"), quantity.to_string());
        let lamps =
            [("sku", "LAMP"), ("slug", "lamp"), ("quantity", &*quantity), ("seen_price", price)];
        assert_eq!(self.send("/api/cart/add", &lamps).await, "/cart");
        assert!(self.look("/cart").await.contains("Lamp"));
    }

    /// Orders what is in the cart, pays for it and waits until the store knows. The path of the order's page.
    pub async fn check_out(&mut self) -> String {
        let page = self.look("/checkout").await;
        let seen = ["seen_total", "cart_version"].map(|name| (name, hidden(&page, name)));
        let form = [&seen[..], &TO_BERLIN].concat();
        let payment = self.send("/api/checkout/place", &form).await;
        let paid = self.client.post(&payment).form(&[("card", "success")]).send().await.unwrap();
        let order = leads_to(&paid);
        let order = order.strip_prefix(&self.url).unwrap();
        until("it is paid", async || self.look(order).await.contains("Payment confirmed")).await;
        order.to_owned()
    }
}

pub fn client() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

fn leads_to(answer: &Response) -> String {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", answer.url());
    answer.headers()[LOCATION].to_str().unwrap().to_owned()
}

/// The value of a hidden field of a page.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let field = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    field.unwrap_or_else(|| panic!("no {name} in {page}")).split('"').next().unwrap()
}
