//! Mails to customers and their invoices, with workers and a mail server that are processes of their own and may be
//! killed.

use crate::{
    shopper::Shopper,
    world::{Ground, Process, Store, free_port, told, until},
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// A store with one paid order, and a mail server that nobody was sent to yet.
struct Post {
    store: Store,
    /// The path of the order's page.
    order: String,
    _psp: Process,
    mail: Process,
    smtp: String,
    pages: String,
}

impl Post {
    async fn open() -> Self {
        let mut ground = Ground::new().await;
        let address = || format!("127.0.0.1:{}", free_port());
        let (provider, smtp, pages) = (address(), address(), address());
        ground.settings.push(("VITRINE__PAYMENTS__SANDBOX__URL", format!("http://{provider}")));
        let mut psp = ground.command(&["sandbox-psp", "--listen", &provider]);
        let psp = Process::start(psp.arg("--state").arg(ground.folder.join("psp.state")));
        let mail = mail_server(&ground, &smtp, &pages);
        let store = Store::open_on(ground).await;
        let (order, pages) = (String::new(), format!("http://{pages}"));
        let mut post = Self { store, order, _psp: psp, mail, smtp, pages };
        until("the mail server answers", async || post.get("/health").await.is_some()).await;
        let mut shopper = Shopper::at(&post.store.url);
        shopper.add_lamps(1).await;
        post.order = shopper.check_out().await;
        post
    }

    async fn get(&self, path: &str) -> Option<reqwest::Response> {
        self.store.client.get(format!("{}{path}", self.pages)).send().await.ok()
    }

    /// How often each letter came, by its name.
    async fn came(&self) -> HashMap<String, usize> {
        let letters: Vec<Value> = self.get("/letters").await.unwrap().json().await.unwrap();
        let mut came = HashMap::new();
        for letter in letters {
            let name = letter["read"]["message_id"].as_str().unwrap().to_owned();
            *came.entry(name).or_default() += 1;
        }
        came
    }

    async fn play(&self, mischief: &str) {
        let request = self.store.client.post(format!("{}/test/mischief", self.pages));
        let request = request.header("content-type", "application/json");
        assert_eq!(request.body(mischief.to_owned()).send().await.unwrap().status(), 200);
    }

    /// A worker that has nothing to do but to send mails.
    fn postman(&self) -> Process {
        let mut worker = self.store.command(&["work", "--roles", "mail"]);
        worker.envs([
            ("VITRINE__MAIL__URL", format!("smtp://{}", self.smtp).as_str()),
            ("VITRINE__MAIL__SENDER", "Vitrine <orders@shop.example>"),
            ("VITRINE__MAIL__PATIENCE_SECONDS", "2"),
        ]);
        Process::start(&mut worker)
    }

    /// Writes so many letters about parcels of the one order there is.
    async fn write_parcels(&self, count: i32) {
        sqlx::query(
            "insert into orders.letters (id, order_id, kind, cause, tidings)
             select gen_random_uuid(), id, 'dispatch', parcel::text, jsonb_build_object('kind', 'dispatch',
               'parcel', parcel::text, 'carrier', null, 'tracking_number', null, 'tracking_url', null, 'pieces',
               '[]'::jsonb)
             from orders.orders, generate_series(1, $1) as parcel",
        )
        .bind(count)
        .execute(&self.store.database.pool)
        .await
        .unwrap();
    }

    async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.store.database.pool).await.unwrap()
    }
}

fn mail_server(ground: &Ground, smtp: &str, pages: &str) -> Process {
    let mut mail = ground.command(&["sandbox-mail", "--smtp", smtp, "--listen", pages]);
    Process::start(mail.arg("--state").arg(ground.folder.join("mail.state")))
}

const WAITING: &str = "select count(*) from orders.letters where state = 'waiting'";

#[tokio::test]
async fn postmen_that_are_killed_leave_no_letter_behind_and_send_few_twice() {
    let post = Post::open().await;
    post.write_parcels(60).await;
    // Slow enough to be killed in the midst of it: every fourth conversation or so is answered by nobody.
    post.play(r#"{"prank": "hang", "times": 4}"#).await;
    let (mut first, second) = (post.postman(), post.postman());
    until("some have come", async || post.came().await.len() > 4).await;
    first.kill().await;
    until("all are sent", async || post.count(WAITING).await == 0).await;
    let came = post.came().await;
    assert_eq!(came.len(), 61, "each letter came");
    // Those that hung, and what the killed one had under way.
    let again: usize = came.values().map(|times| times - 1).sum();
    assert!(again <= 4 + 4, "{again} came again: {came:?}");
    assert_eq!(post.count("select count(*) from orders.letters where state = 'sent'").await, 61);
    drop(second);
}

#[tokio::test]
async fn a_mail_server_that_is_killed_is_missed_and_loses_nothing() {
    let mut post = Post::open().await;
    post.write_parcels(30).await;
    let worker = post.postman();
    until("some have come", async || post.came().await.len() > 4).await;
    post.mail.kill().await;
    until("it is missed", async || worker.log().contains("a letter was not taken")).await;
    let pages = post.pages.trim_start_matches("http://").to_owned();
    post.mail = mail_server(&post.store, &post.smtp, &pages);
    let soon =
        "update orders.letters set next_at = now() where state = 'waiting' and lease is null";
    until("all are sent", async || {
        sqlx::query(soon).execute(&post.store.database.pool).await.unwrap();
        post.count(WAITING).await == 0
    })
    .await;
    assert_eq!(post.came().await.len(), 31, "what was taken before it was killed is there still");
}

#[tokio::test]
async fn without_a_mail_server_mails_wait_and_whoever_asks_is_told_so_calmly() {
    let post = Post::open().await;
    let (code, said) = told(post.store.command(&["work", "--roles", "mail"])).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("mail.url is not set, so mails wait"), "{said}");
    let (code, said) = told(post.store.command(&["mail", "list"])).await;
    assert_eq!(code, Some(0), "{said}");
    for words in
        ["confirmation", "shopper@example.com", "1 wait, 0 were given up", "No mail server"]
    {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    let (_, said) = told(post.store.command(&["doctor"])).await;
    assert!(said.contains("✓ mail") && said.contains("mails wait for one"), "{said}");

    // One that is named and does not answer is another matter.
    let mut doctor = post.store.command(&["doctor"]);
    doctor.env("VITRINE__MAIL__URL", "smtp://user:hunter2@127.0.0.1:9");
    doctor.env("VITRINE__MAIL__SENDER", "orders@shop.example");
    let (code, said) = told(doctor).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("✗ mail") && said.contains("mails wait meanwhile"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_mail_that_was_given_up_is_shown_and_sent_anew() {
    let post = Post::open().await;
    post.play(r#"{"prank": "unknown_recipient", "times": 1}"#).await;
    let worker = post.postman();
    const GIVEN_UP: &str = "select count(*) from orders.letters where state = 'given_up'";
    until("it is given up", async || post.count(GIVEN_UP).await == 1).await;
    let (_, said) = told(post.store.command(&["mail", "list"])).await;
    assert!(said.contains("given up") && said.contains("no such mailbox"), "{said}");
    let id: uuid::Uuid = sqlx::query_scalar("select id from orders.letters")
        .fetch_one(&post.store.database.pool)
        .await
        .unwrap();
    let (code, said) = told(post.store.command(&["mail", "retry", &id.to_string()])).await;
    assert_eq!(code, Some(0), "{said}");
    until("it has come", async || post.came().await.len() == 1).await;
    let names: HashSet<_> = post.came().await.into_keys().collect();
    assert!(names.contains(&format!("{id}@shop.example")), "{names:?}");
    let (code, said) = told(post.store.command(&["mail", "retry", &id.to_string()])).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(!worker.log().contains("key="), "keys of orders stand in no log: {}", worker.log());
}

#[tokio::test]
async fn the_orders_page_offers_the_invoice_to_whoever_holds_the_key() {
    let post = Post::open().await;
    let clerk = || {
        let mut worker = post.store.command(&["work", "--roles", "documents"]);
        worker.envs([
            ("VITRINE__SELLER__NAME", "Lampenhaus GmbH"),
            ("VITRINE__SELLER__ADDRESS", "Unter den Linden 1, 10117 Berlin"),
            ("VITRINE__SELLER__VAT_NUMBER", "DE999999999"),
            ("VITRINE__SELLER__EMAIL", "orders@shop.example"),
        ]);
        Process::start(&mut worker)
    };
    let shopper = Shopper::at(&post.store.url);
    assert!(!shopper.look(&post.order).await.contains("Your invoice"));
    let workers = [clerk(), clerk()];
    let offered = async || shopper.look(&post.order).await.contains("Your invoice");
    until("the invoice is offered", offered).await;
    let page = shopper.look(&post.order).await;
    let (_, link) = page.split_once("/invoices/").unwrap();
    let (file, _) = link.split_once('"').unwrap();
    let (order, key) = post.order.split_once('?').unwrap();
    let (name, with_key) = file.split_once('?').unwrap();
    assert_eq!(with_key, key);

    let answer = post.store.get(&format!("{order}/invoices/{name}?{key}")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert_eq!(answer.headers()["cache-control"], "private, no-store");
    assert!(answer.headers()["content-disposition"].to_str().unwrap().contains(name));
    assert!(answer.bytes().await.unwrap().starts_with(b"%PDF-1.7"));
    for wrong in [
        format!("{order}/invoices/{name}?key=x"),
        format!("{order}/invoices/{name}"),
        format!("{order}/invoices/INV-2026-000002.pdf?{key}"),
        format!("{order}/invoices/{}?{key}", name.trim_end_matches(".pdf")),
        format!("/orders/V-0/invoices/{name}?{key}"),
    ] {
        assert_eq!(post.store.get(&wrong).await.status(), 404, "{wrong}");
    }
    drop(workers);
}
