//! A shop with all its services on real databases of its own, beside a sandbox payment provider that
//! is asked over the wire.

use crate::flaky::Flaky;
use accounts::{SessionToken, Sessions};
use admissions::Admissions;
use catalogue::{Catalogue, MediaStore, import};
use domain::{
    Currency, Market, Money, OrderNumber, Quantity, Sku, checkout::CheckoutForm, order::OrderView,
    pricing, shipping::Zone,
};
use inventory::{Inventory, Warehouse};
use orders::{Orders, Parts, PayStep, PlaceError, Placed, Seen, Submission, Timing, Wanted};
use payments::{
    Payments,
    providers::sandbox::{Patience, Sandbox, Settings},
};
use platform::testing::{TestDatabase, TestMongo, Wire, empty_postgres, mongodb};
use sandbox::psp;
use sqlx::PgPool;
use std::{path::PathBuf, sync::Arc, time::Duration};

pub const SECRET: &str = "sk_test_merchant_of_tests";
pub const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub const LAMP: &str = "LAMP-1";
pub const CHAIR: &str = "CHAIR-1";

pub struct World {
    pub orders: Orders,
    pub catalogue: Catalogue,
    pub inventory: Inventory,
    pub payments: Payments,
    /// The provider as the shop sees it.
    pub flaky: Arc<Flaky>,
    pub sessions: Sessions,
    /// The line by which the sessions are reached.
    pub sessions_line: Wire,
    pub pool: PgPool,
    time_to_pay: Duration,
    pub database: TestDatabase,
    pub provider: Option<psp::Running>,
    pub provider_state: PathBuf,
    pub provider_url: String,
    pub client: reqwest::Client,
    _mongo: TestMongo,
}

impl World {
    pub async fn new() -> Self {
        Self::with_time_to_pay(Duration::from_secs(600)).await
    }

    pub async fn with_time_to_pay(time_to_pay: Duration) -> Self {
        let (database, mongo) = tokio::join!(empty_postgres(), mongodb());
        let url = database.url.as_str();
        for (schema, migrator) in [
            (inventory::SCHEMA, &inventory::MIGRATOR),
            (payments::SCHEMA, &payments::MIGRATOR),
            (orders::SCHEMA, &orders::MIGRATOR),
        ] {
            platform::postgres::migrate(url, schema, migrator).await.unwrap();
        }
        let pool = |schema| platform::postgres::connect(url, schema, 20);
        let unique = uuid::Uuid::now_v7().simple().to_string();
        let provider_state =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("psp-{unique}"));
        let provider = start_provider("127.0.0.1:0", &provider_state).await;
        let provider_url = format!("http://{}", provider.addr());

        let market = Market::european_union();
        let catalogue = Catalogue::new(mongo.database.clone(), market.clone());
        catalogue.ensure_indexes().await.unwrap();
        let (sessions_line, url_of_sessions) = Wire::through(&mongo.url).await;
        let sessions_database = platform::mongodb::connect(&url_of_sessions).await.unwrap();
        let sessions = Sessions::new(&sessions_database);
        sessions.ensure_indexes().await.unwrap();
        let inventory = Inventory::new(pool(inventory::SCHEMA).await.unwrap());
        let sandbox = Sandbox::new(Settings {
            base_url: provider_url.clone(),
            secret: SECRET.into(),
            webhook_secret: WEBHOOK_SECRET.into(),
            patience: Patience::default(),
        });
        let flaky = Arc::new(Flaky::new(sandbox.unwrap()));
        let payments = Payments::new(pool(payments::SCHEMA).await.unwrap(), flaky.clone());
        let orders_pool = pool(orders::SCHEMA).await.unwrap();
        let orders = Orders::new(Parts {
            pool: orders_pool.clone(),
            sessions: sessions.clone(),
            catalogue: catalogue.clone(),
            inventory: inventory.clone(),
            payments: payments.clone(),
            admissions: Admissions::none(),
            market: Arc::new(market),
            public_url: "http://shop.example".into(),
            timing: timing(time_to_pay),
        });
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let world = Self {
            orders,
            catalogue,
            inventory,
            payments,
            flaky,
            sessions,
            sessions_line,
            pool: orders_pool,
            time_to_pay,
            database,
            provider: Some(provider),
            provider_state,
            provider_url,
            client,
            _mongo: mongo,
        };
        world.stock_the_shelves().await;
        world
    }

    /// Another node of the shop: it shares nothing with the first but the databases.
    pub async fn another_node(&self) -> Orders {
        let pool = |schema| platform::postgres::connect(&self.database.url, schema, 5);
        Orders::new(Parts {
            pool: pool(orders::SCHEMA).await.unwrap(),
            sessions: self.sessions.clone(),
            catalogue: self.catalogue.clone(),
            inventory: Inventory::new(pool(inventory::SCHEMA).await.unwrap()),
            payments: Payments::new(pool(payments::SCHEMA).await.unwrap(), self.flaky.clone()),
            admissions: Admissions::none(),
            market: Arc::new(Market::european_union()),
            public_url: "http://shop.example".into(),
            timing: timing(self.time_to_pay),
        })
    }

    async fn stock_the_shelves(&self) {
        let products = format!(
            r#"{{"product": {{"translations": {{"en": {{"name": "Lamp", "slug": "lamp"}}}},
               "variants": [{{"sku": "{LAMP}", "tax_class": "standard",
               "prices": [{{"currency": "EUR", "amount": 1999}}]}}]}}}}"#
        )
        .replace('\n', " ")
            + "\n"
            + &format!(
                r#"{{"product": {{"translations": {{"en": {{"name": "Chair", "slug": "chair"}}}},
               "variants": [{{"sku": "{CHAIR}", "tax_class": "standard",
               "prices": [{{"currency": "EUR", "amount": 10000}}]}}]}}}}"#
            )
            .replace('\n', " ");
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let media = MediaStore::local(&folder).unwrap();
        let mut quiet = ();
        let report =
            import::jsonl(products.as_bytes(), &folder, &self.catalogue, &media, &mut quiet);
        let report = report.await.unwrap();
        assert_eq!((report.created, report.rejected.len()), (2, 0), "{:?}", report.rejected);
        let warehouse = |code: &str, priority| Warehouse {
            code: code.to_owned(),
            name: code.to_owned(),
            country: domain::Country::DE,
            priority,
        };
        let warehouses = [warehouse("north", 1), warehouse("south", 2)];
        self.inventory.ensure_warehouses(&warehouses).await.unwrap();
        self.count("north", LAMP, 6).await;
        self.count("south", LAMP, 4).await;
        self.count("north", CHAIR, 1).await;
    }

    pub async fn count(&self, warehouse: &str, sku_text: &str, pieces: u32) {
        self.inventory.set_levels(warehouse, &[(sku(sku_text), pieces)], "count").await.unwrap();
    }

    pub async fn left(&self, sku_text: &str) -> u32 {
        self.inventory.availability(&[sku(sku_text)]).await.unwrap()[&sku(sku_text)]
    }

    /// A shopper with so many pieces of a SKU in the cart.
    pub async fn shopper(&self, sku_text: &str, pieces: u32) -> SessionToken {
        let quantity = Quantity::new(pieces).unwrap();
        let saved =
            self.orders.add_to_cart(None, &Wanted::new(sku(sku_text), quantity)).await.unwrap();
        saved.new_session.unwrap()
    }

    pub async fn place(&self, shopper: &SessionToken) -> Result<Placed, PlaceError> {
        let submission = self.filled_in(shopper).await;
        self.orders.place(shopper, submission).await
    }

    /// The form of the checkout as it is shown now, filled in.
    pub async fn filled_in(&self, shopper: &SessionToken) -> Submission {
        let page = self.orders.checkout(Some(shopper)).await.unwrap();
        let cart = page.fresh.cart;
        let country = domain::Country::DE;
        let offer = domain::shipping::ShippingMethod::Standard.offer(Zone::of(country, country));
        let on = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let seen_total = match pricing::totals(&cart, Some(offer), country, on) {
            Ok(totals) => Seen::Said(totals.total.minor()),
            Err(_) => Seen::Unsaid,
        };
        let cart_version = Seen::Said(cart.version);
        Submission { form: typed(), seen_total, cart_version, ..Submission::default() }
    }

    /// Rounds of the sweeper, until the query counts what it should.
    pub async fn sweep_until(&self, query: &'static str, count: i64) {
        for _ in 0..100 {
            self.orders.sweep().await.unwrap();
            if self.scalar(query).await == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{query}: {} instead of {count}", self.scalar(query).await);
    }

    /// What the shopper does at the provider's page.
    pub async fn choose(&self, pay: &PayStep, card: &str) {
        let PayStep::Redirect(url) = pay else { panic!("nothing to pay: {pay:?}") };
        let answer = self
            .client
            .post(url)
            .header("origin", &self.provider_url)
            .header("sec-fetch-site", "same-origin")
            .form(&[("card", card)])
            .send()
            .await
            .unwrap();
        assert!(answer.status().as_u16() < 400, "{}", answer.status());
    }

    pub async fn look(&self, placed: &Placed) -> OrderView {
        self.orders.find(&placed.number, &placed.key).await.unwrap().unwrap()
    }

    /// From now on the provider takes this long to do what is asked of it.
    pub async fn slow_down(&self, milliseconds: u64) {
        let url = format!("{}/test/faults", self.provider_url);
        let request = self.client.post(url).header("content-type", "application/json");
        let body = format!(r#"{{"latency_ms": {milliseconds}}}"#);
        assert!(request.body(body).send().await.unwrap().status().is_success());
    }

    pub async fn stop_provider(&mut self) {
        self.provider.take().unwrap().stop().await.unwrap();
    }

    pub async fn start_provider(&mut self) {
        let address = self.provider_url.trim_start_matches("http://").to_owned();
        self.provider = Some(start_provider(&address, &self.provider_state).await);
    }

    /// Every payment the provider knows of, and how it stands.
    pub async fn at_provider(&self) -> Vec<String> {
        let answer = self
            .client
            .get(format!("{}/v1/payments", self.provider_url))
            .bearer_auth(SECRET)
            .send()
            .await
            .unwrap();
        let body: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let items = body["data"].as_array().unwrap().clone();
        items.iter().map(|item| item["status"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn scalar(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }

    /// The identifier of the only order there is.
    pub async fn only_order(&self) -> uuid::Uuid {
        sqlx::query_scalar("select id from orders").fetch_one(&self.pool).await.unwrap()
    }

    /// The constraint by which the database refuses a statement.
    pub async fn refusal(&self, sql: &'static str) -> String {
        let refused = sqlx::query(sql).execute(&self.pool).await.expect_err(sql);
        let refused = refused.as_database_error().expect("the database refuses");
        refused.constraint().unwrap_or_else(|| panic!("{refused}")).to_owned()
    }

    /// The books balance, no customer of a paid order owes anything, and every level is the sum of its movements.
    pub async fn assert_in_order(&self) {
        let mut sums = std::collections::HashMap::<String, i64>::new();
        for balance in self.payments.trial_balance().await.unwrap() {
            *sums.entry(balance.debit.currency().code().to_owned()).or_default() +=
                balance.debit.minor() - balance.credit.minor();
        }
        assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
        let paid: Vec<uuid::Uuid> =
            sqlx::query_scalar("select id from orders where state = 'paid'")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        for order in paid {
            for balance in self.payments.books(order).await.unwrap() {
                let owes = balance.account == "customer_receivable" && balance.net_minor() != 0;
                assert!(!owes, "the customer of {order}: {balance:?}");
            }
        }
        assert!(self.inventory.verify().await.unwrap().is_empty());
    }
}

fn timing(time_to_pay: Duration) -> Timing {
    Timing { time_to_pay, first_check: Duration::from_millis(1) }
}

async fn start_provider(listen: &str, state: &std::path::Path) -> psp::Running {
    let config = psp::Config {
        listen: listen.parse().unwrap(),
        state: state.to_owned(),
        secret: SECRET.into(),
        webhook_secret: WEBHOOK_SECRET.into(),
        // Nobody listens: these tests are the shopper and the sweeper.
        webhook_url: "http://127.0.0.1:9/webhooks".to_owned(),
        public_url: None,
        timing: psp::Timing::default(),
    };
    psp::spawn(config).await.unwrap()
}

pub fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub fn number(text: &str) -> OrderNumber {
    OrderNumber::parse(text).unwrap()
}

pub fn typed() -> CheckoutForm {
    CheckoutForm {
        email: "ada@example.org".into(),
        full_name: "Ada Lovelace".into(),
        address: "Unter den Linden 1".into(),
        city: "Berlin".into(),
        postal_code: "10117".into(),
        country: "DE".into(),
        delivery: "standard".into(),
    }
}
