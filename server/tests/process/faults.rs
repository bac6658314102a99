//! The store under load while its databases are killed, emptied and frozen, each a process of this test's
//! own, and when they are back. They are away for a few seconds, which is longer than anything waits.

use crate::{
    load::Load,
    servers::Server,
    world::{Ground, Process, Store, TO_BERLIN, free_port, lamp, until},
};
use reqwest::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use std::time::{Duration, Instant};

const PAGES: [&str; 4] = ["/", "/c/rooms", "/p/lamp", "/p/chair"];
/// Many who are put off are so within this time, all together.
const AT_ONCE: Duration = Duration::from_secs(2);

/// A store on servers of its own, with a worker and a payment provider.
struct Shop {
    store: Store,
    postgres: Server,
    mongodb: Server,
    redis: Server,
    _processes: [Process; 2],
}

impl Shop {
    async fn open() -> Self {
        let (postgres, mongodb, redis) =
            tokio::join!(Server::postgres(), Server::mongodb(), Server::redis());
        let mut ground = Ground::on_servers(
            &postgres.url("postgres://vitrine@", "/postgres"),
            &mongodb.url("mongodb://", ""),
            &redis.url("redis://", "/0"),
        )
        .await;
        let provider = format!("127.0.0.1:{}", free_port());
        ground.settings.push(("VITRINE__PAYMENTS__SANDBOX__URL", format!("http://{provider}")));
        let mut psp = ground.command(&["sandbox-psp", "--listen", &provider]);
        let psp = Process::start(psp.arg("--state").arg(ground.folder.join("psp.state")));
        let store = Store::open_on(ground).await;
        let worker = store.worker();
        let shop = Self { store, postgres, mongodb, redis, _processes: [psp, worker] };
        for path in PAGES {
            let at_hand = async || shop.store.page(path).await.0 == "hit-local";
            until("it is warm", at_hand).await;
        }
        shop
    }

    /// Waits until everything is as if nothing had been: the pages hear of changes, and carts work.
    async fn heals(&self, name: &str, shopper: &Shopper<'_>) {
        self.store.write(&lamp(name)).await;
        for path in ["/", "/c/rooms", "/p/lamp"] {
            let is_renamed = async || self.store.page(path).await.1.contains(name);
            until("pages hear of the catalogue again", is_renamed).await;
        }
        self.store.count("CHAIR-R", 0).await;
        self.store.count("CHAIR-B", 0).await;
        let is_sold_out = async || self.store.page("/p/chair").await.1.contains("Sold out");
        until("pages hear of stock again", is_sold_out).await;
        for sku in ["CHAIR-R", "CHAIR-B"] {
            self.store.count(sku, 20).await;
        }
        let is_in_stock = async || !self.store.page("/p/chair").await.1.contains("Sold out");
        until("pages hear of stock again", is_in_stock).await;
        let adds = async || shopper.add().await.0 == 200;
        until("the cart works again", adds).await;
        let kept = async || self.store.page("/p/lamp").await.0 == "hit-local";
        until("pages are kept again", kept).await;
        until("the node is ready", async || self.store.readiness().await.0 == 200).await;
        let placed = shopper.place().await;
        assert!(placed.contains("/pay/"), "the checkout leads to {placed}");
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // The databases' own clearing up would wait for ever for one that hangs.
        for server in [&self.postgres, &self.mongodb, &self.redis] {
            server.thaw();
        }
    }
}

/// A visitor with a cart, who is never told that something went wrong without being told what.
struct Shopper<'a> {
    store: &'a Store,
    cookie: String,
}

impl<'a> Shopper<'a> {
    async fn with_a_lamp(store: &'a Store) -> Self {
        let add = store.form("/api/cart/add", &[("sku", "LAMP"), ("quantity", "1")]);
        let answer = add.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap();
        Self { store, cookie: cookie.to_owned() }
    }

    /// The status of the answer, where it leads to, and what it says.
    async fn told(&self, request: reqwest::RequestBuilder) -> (u16, String, String) {
        let answer = request.header(COOKIE, &self.cookie).send().await.unwrap();
        let status = answer.status().as_u16();
        let leads_to = answer.headers().get(LOCATION);
        let leads_to = leads_to.map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        let text = answer.text().await.unwrap();
        assert_ne!(status, 500, "{text}");
        (status, leads_to, text)
    }

    async fn get(&self, path: &str, accept: &str) -> (u16, String) {
        let request = self.store.client.get(format!("{}{path}", self.store.url));
        let (status, _, text) = self.told(request.header(ACCEPT, accept)).await;
        (status, text)
    }

    /// Adds another lamp.
    async fn add(&self) -> (u16, String) {
        let fields = [("sku", "LAMP"), ("quantity", "1")];
        let add = self.store.form("/api/cart/add", &fields).header(ACCEPT, "application/json");
        let (status, _, text) = self.told(add).await;
        (status, text)
    }

    /// Orders the cart as it is; where that leads to.
    async fn place(&self) -> String {
        let place = self.store.form("/api/checkout/place", &TO_BERLIN).header(ACCEPT, "text/html");
        let (status, leads_to, text) = self.told(place).await;
        match status {
            303 => leads_to,
            503 => text,
            status => panic!("{status}: {text}"),
        }
    }

    /// Is told that the cart and the checkout cannot be had now: as a code, and as a page.
    async fn is_put_off(&self) {
        let (status, text) = self.add().await;
        assert!(status == 503 && text.contains("\"unavailable\""), "{status} {text}");
        for path in ["/cart", "/checkout"] {
            let (status, text) = self.get(path, "text/html").await;
            assert!(status == 503 && text.contains("try again in a moment"), "{status} {text}");
        }
        let told = self.place().await;
        assert!(told.contains("try again in a moment") || told == "/checkout?failed=1", "{told}");
        // By now it is known that there is nothing to wait for.
        let begun = Instant::now();
        for _ in 0..30 {
            assert_eq!(self.add().await.0, 503);
        }
        assert!(begun.elapsed() < AT_ONCE, "who asks waits for what is away");
    }

    /// Buys as ever.
    async fn is_served(&self) {
        assert_eq!(self.add().await.0, 200);
        for path in ["/cart", "/checkout"] {
            assert_eq!(self.get(path, "text/html").await.0, 200, "{path}");
        }
        assert!(self.place().await.contains("/pay/"));
    }
}

#[tokio::test]
async fn without_mongodb_pages_come_from_memory_and_carts_are_put_off() {
    let mut shop = Shop::open().await;
    let load = Load::on(&shop.store, &PAGES);
    let shopper = Shopper::with_a_lamp(&shop.store).await;
    shop.mongodb.kill().await;
    load.during("MongoDB is killed", shopper.is_put_off()).await;
    shop.mongodb.start_again().await;
    load.through("all is back", shop.heals("Lantern", &shopper)).await;

    shop.mongodb.freeze();
    load.during("MongoDB hangs", shopper.is_put_off()).await;
    shop.mongodb.thaw();
    load.through("all is back", shop.heals("Torch", &shopper)).await;
}

#[tokio::test]
async fn without_postgresql_pages_come_from_memory_and_carts_can_be_looked_at() {
    let mut shop = Shop::open().await;
    let load = Load::on(&shop.store, &PAGES);
    let shopper = Shopper::with_a_lamp(&shop.store).await;
    let told = async || {
        shopper.is_put_off().await;
        let (status, cart) = shopper.get("/api/cart/get", "application/json").await;
        assert!(status == 200 && cart.contains("LAMP"), "{status} {cart}");
    };
    shop.postgres.kill().await;
    load.during("PostgreSQL is killed", told()).await;
    shop.postgres.start_again().await;
    load.through("all is back", shop.heals("Lantern", &shopper)).await;

    shop.postgres.freeze();
    load.during("PostgreSQL hangs", told()).await;
    shop.postgres.thaw();
    load.through("all is back", shop.heals("Torch", &shopper)).await;
}

#[tokio::test]
async fn without_redis_nothing_is_missing_and_a_page_at_hand_waits_for_nothing() {
    let mut shop = Shop::open().await;
    let load = Load::on(&shop.store, &PAGES);
    let shopper = Shopper::with_a_lamp(&shop.store).await;
    shop.redis.freeze();
    let tally = load.during("Redis hangs", shopper.is_served()).await;
    for from in tally.from.keys() {
        assert!(from == "hit-local" || from == "stale", "{:?}", tally.from);
    }
    shop.redis.thaw();
    load.through("all is back", shop.heals("Lantern", &shopper)).await;

    let url = shop.redis.url("redis://", "/0");
    let flush = async || {
        let client = redis::Client::open(url.as_str()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let () = redis::cmd("FLUSHALL").query_async(&mut connection).await.unwrap();
        shopper.is_served().await;
    };
    load.during("Redis is emptied", flush()).await;
    load.through("all is back", shop.heals("Torch", &shopper)).await;

    shop.redis.kill().await;
    load.during("Redis is killed", shopper.is_served()).await;
    shop.redis.start_again().await;
    load.through("all is back", shop.heals("Candle", &shopper)).await;
}

#[tokio::test]
async fn without_any_database_pages_come_from_memory_and_all_is_well_when_they_are_back() {
    let mut shop = Shop::open().await;
    let load = Load::on(&shop.store, &PAGES);
    let shopper = Shopper::with_a_lamp(&shop.store).await;
    shop.redis.freeze();
    shop.mongodb.kill().await;
    load.during("MongoDB is killed, Redis hangs", shopper.is_put_off()).await;
    shop.redis.kill().await;
    shop.postgres.kill().await;
    load.during("all of them are killed", shopper.is_put_off()).await;
    shop.redis.start_again().await;
    shop.postgres.start_again().await;
    shop.mongodb.start_again().await;
    load.through("all is back", shop.heals("Lantern", &shopper)).await;
}
