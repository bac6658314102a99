//! What survives: a restart, a killed process, a torn line. And what stops a start.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sandbox::psp::{self, Error, OpenError};
use serde_json::{Value, json};

use crate::shop::Shop;
use crate::world::{SECRET, World, config, created, proposal};

#[tokio::test]
async fn a_restart_finds_payments_refunds_and_keys_as_they_were() {
    let mut world = World::new().await;
    let body = proposal(Some("tok_ok"));
    let answer = world.post("/v1/payments", "attempt-1", &body).send().await;
    let paid = created(answer.unwrap()).await;
    let refund = created(world.refund(&paid, "r-1", 400).await).await;
    let waiting = world.open(None).await;
    let before = [world.payment(&paid).await, world.payment(&waiting).await];
    world.acknowledged(&paid).await;
    world.stop().await;
    let told = world.shop.deliveries().len();

    world.start().await;
    assert_eq!(world.payment(&paid).await, before[0]);
    let after = world.payment(&waiting).await;
    assert_eq!(after["version"], before[1]["version"]);
    let answer = world.post("/v1/payments", "attempt-1", &body).send().await;
    assert_eq!(created(answer.unwrap()).await, paid);
    let again = created(world.refund(&paid, "r-1", 400).await).await;
    assert_eq!(again, refund);
    assert_eq!(world.pay(&waiting, "success").await.status(), 303);
    // What was acknowledged is not told again; only the new payment is.
    world.shop.receives(told + 1).await;
    world.shop.receives_no_more_than(told + 1).await;
}

#[tokio::test]
async fn a_restart_sends_what_nobody_acknowledged() {
    let mut world = World::new().await;
    world.shop.answers(503);
    let payment = world.open(Some("tok_ok")).await;
    world.shop.receives(2).await;
    world.stop().await;
    let refused = world.shop.deliveries();
    world.shop.answers(204);
    world.start().await;
    world.acknowledged(&payment).await;
    let last = world.shop.deliveries().pop().unwrap();
    assert_eq!(last.answered, 204);
    assert_eq!(last.body, refused[0].body);
    assert_eq!(last.header("webhook-id"), refused[0].header("webhook-id"));
}

#[tokio::test]
async fn a_restart_settles_what_was_processing() {
    let mut world = World::new().await;
    let payment = world.open(Some("tok_slow")).await;
    world.stop().await;
    assert!(world.shop.deliveries().is_empty());
    world.start().await;
    world.shop.receives(1).await;
    assert_eq!(world.payment(&payment).await["status"], "succeeded");
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off() {
    let mut world = World::new().await;
    let payment = world.open(Some("tok_declined")).await;
    world.acknowledged(&payment).await;
    world.stop().await;
    let whole = std::fs::read(&world.state).unwrap();
    let mut file = OpenOptions::new().append(true).open(&world.state).unwrap();
    file.write_all(&whole[..whole.len() / 3]).unwrap();
    drop(file);
    world.start().await;
    assert_eq!(std::fs::read(&world.state).unwrap(), whole);
    assert_eq!(world.payment(&payment).await, payment);
    // What is written next stands on a line of its own.
    let other = world.open(None).await;
    world.stop().await;
    world.start().await;
    assert_eq!(world.payment(&other).await["reference"], other["reference"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_understood_stops_the_start() {
    let mut world = World::new().await;
    world.open(None).await;
    world.stop().await;
    let good = std::fs::read_to_string(&world.state).unwrap();
    std::fs::write(&world.state, format!("{good}not a record\n{good}")).unwrap();
    let error = psp::spawn(config(&world.shop, &world.state)).await.unwrap_err();
    let unreadable = matches!(error, Error::State(OpenError::Unreadable { line: 2, .. }));
    assert!(unreadable, "{error}");
}

#[tokio::test]
async fn two_processes_cannot_have_the_same_file() {
    let world = World::new().await;
    let error = psp::spawn(config(&world.shop, &world.state)).await.unwrap_err();
    assert!(matches!(error, Error::State(OpenError::InUse { .. })), "{error}");
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_refused() {
    let world = World::new().await;
    let good = || config(&world.shop, &world.state.with_extension("other"));
    let mut empty = good();
    empty.secret = "".into();
    assert!(matches!(psp::spawn(empty).await, Err(Error::NoSecret)));
    let mut keyless = good();
    keyless.webhook_secret = "whsec_".into();
    assert!(matches!(psp::spawn(keyless).await, Err(Error::WebhookSecret(_))));
    for url in ["", "shop.example", "ftp://shop.example/"] {
        let mut nowhere = good();
        nowhere.webhook_url = url.into();
        let error = psp::spawn(nowhere).await.unwrap_err();
        assert!(matches!(error, Error::Address { .. }), "{error}");
    }
}

#[tokio::test]
async fn what_was_answered_survives_a_killed_process() {
    let mut world = World::new().await;
    world.stop().await;
    world.shop.answers(500);
    let mut process = Process::start(&world);
    world.turn_to(process.address().await);
    let mut answered: Vec<Value> = Vec::new();
    let mut running = tokio::task::JoinSet::new();
    for number in 0..200 {
        let mut body = proposal(Some("tok_ok"));
        body["reference"] = format!("V-{number}").into();
        running.spawn(world.post("/v1/payments", &format!("k-{number}"), &body).send());
    }
    // Killed while requests are under way: some are answered, some are not.
    while let Some(answer) = running.join_next().await {
        if let Ok(answer) = answer.unwrap()
            && let Ok(payment) = answer.json().await
        {
            answered.push(payment);
        }
        if answered.len() == 20 {
            process.kill();
        }
    }
    assert!(answered.len() >= 20, "{}", answered.len());

    world.shop.answers(204);
    world.start().await;
    for payment in &answered {
        assert_eq!(world.payment(payment).await["status"], "succeeded");
        world.acknowledged(payment).await;
    }
    // Nobody is charged twice: the rest is sent again, and each reference has one payment.
    for number in 0..200 {
        let mut body = proposal(Some("tok_ok"));
        body["reference"] = format!("V-{number}").into();
        let answer = world.post("/v1/payments", &format!("k-{number}"), &body).send();
        created(answer.await.unwrap()).await;
        let path = format!("/v1/payments?reference=V-{number}");
        let list: Value = world.get(&path).send().await.unwrap().json().await.unwrap();
        assert_eq!(list["data"].as_array().unwrap().len(), 1);
    }
    // Every charge that a webhook told of is there as well.
    for delivery in world.shop.deliveries() {
        let payment = delivery.json()["data"]["payment"].clone();
        assert_eq!(world.payment(&payment).await["status"], "succeeded");
    }
}

/// A provider in a process of its own, so that it can be killed.
struct Process {
    child: Child,
    address_file: PathBuf,
}

impl Process {
    fn start(world: &World) -> Self {
        let address_file = world.state.with_extension("address");
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "durability::the_process_to_kill", "--ignored"])
            .env("PSP_TEST_STATE", &world.state)
            .env("PSP_TEST_ADDRESS", &address_file)
            .env("PSP_TEST_WEBHOOK_URL", &world.shop.webhook_url)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, address_file }
    }

    async fn address(&self) -> String {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            match std::fs::read_to_string(&self.address_file) {
                Ok(address) if address.ends_with('\n') => return address.trim().to_owned(),
                _ => assert!(Instant::now() < patience, "the process did not start"),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.address_file);
    }
}

#[tokio::test]
#[ignore = "not a test: the process that a test starts and kills"]
async fn the_process_to_kill() {
    let Ok(state) = std::env::var("PSP_TEST_STATE") else {
        return;
    };
    let mut shop = Shop::open().await;
    shop.webhook_url = std::env::var("PSP_TEST_WEBHOOK_URL").unwrap();
    let running = psp::spawn(config(&shop, state.as_ref())).await.unwrap();
    let address = format!("http://{}\n", running.addr());
    std::fs::write(std::env::var("PSP_TEST_ADDRESS").unwrap(), address).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn the_file_holds_no_secret_of_the_merchant() {
    let world = World::new().await;
    let payment = world.open(Some("tok_ok")).await;
    world.set_faults(json!({"latency_ms": 0})).await;
    world.acknowledged(&payment).await;
    let text = std::fs::read_to_string(&world.state).unwrap();
    assert!(!text.contains(SECRET) && !text.contains("whsec_"));
}
