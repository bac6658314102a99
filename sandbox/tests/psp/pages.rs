//! The hosted pages: what each card does, and what the pages promise a browser.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{RETURN_URL, World, created, location, proposal};

fn id(payment: &Value) -> &str {
    payment["id"].as_str().unwrap()
}

#[tokio::test]
async fn the_success_card_pays_and_goes_back_to_the_shop() {
    let world = World::new().await;
    let payment = world.open(None).await;
    let answer = world.pay(&payment, "success").await;
    assert_eq!(location(&answer), RETURN_URL);
    assert_eq!(world.payment(&payment).await["status"], "succeeded");
    world.shop.receives(1).await;
    assert_eq!(world.shop.kinds(), ["payment.succeeded"]);
}

#[tokio::test]
async fn the_declined_card_goes_back_to_the_shop_unpaid() {
    let world = World::new().await;
    let payment = world.open(None).await;
    let answer = world.pay(&payment, "declined").await;
    assert_eq!(location(&answer), RETURN_URL);
    let now = world.payment(&payment).await;
    assert_eq!(now["status"], "declined");
    assert_eq!(now["decline_code"], "card_declined");
}

#[tokio::test]
async fn the_challenge_card_asks_first() {
    for (decision, status, code) in
        [("confirm", "succeeded", Value::Null), ("refuse", "declined", json!("challenge_refused"))]
    {
        let world = World::new().await;
        let payment = world.open(None).await;
        let challenge = format!("/challenge/{}", id(&payment));
        let answer = world.pay(&payment, "challenge").await;
        assert_eq!(location(&answer), challenge);
        let page = world.get(&challenge).send().await.unwrap();
        let page = page.text().await.unwrap();
        assert!(page.contains(">Confirm</button>") && page.contains(">Refuse</button>"));
        assert_eq!(world.payment(&payment).await["status"], "requires_action");

        let answer = world.press(&challenge, &[("decision", decision)]).await;
        assert_eq!(location(&answer), RETURN_URL);
        let now = world.payment(&payment).await;
        assert_eq!(now["status"], status);
        assert_eq!(now["decline_code"], code);
        let again = world.press(&challenge, &[("decision", "confirm")]).await;
        assert_eq!(again.status(), 409);
        assert_eq!(world.payment(&payment).await, now);
    }
}

#[tokio::test]
async fn the_card_whose_answer_is_lost_pays_and_leaves_the_buyer_where_it_is() {
    let world = World::new().await;
    let payment = world.open(None).await;
    let paid = Instant::now();
    let answer = world.pay(&payment, "answer_lost").await;
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key("refresh"));
    let page = answer.text().await.unwrap();
    assert!(page.contains("We could not send you back to the shop"));
    assert!(!page.contains("http-equiv") && !page.contains("shop.example"));
    assert_eq!(world.payment(&payment).await["status"], "succeeded");
    let told = world.shop.receives(1).await.remove(0);
    assert!(told.at - paid >= Duration::from_millis(390));
    assert_eq!(told.kind(), "payment.succeeded");
}

#[tokio::test]
async fn the_slow_card_goes_back_before_it_is_paid() {
    let world = World::new().await;
    let payment = world.open(None).await;
    let answer = world.pay(&payment, "slow_webhook").await;
    assert_eq!(location(&answer), RETURN_URL);
    assert_eq!(world.payment(&payment).await["status"], "processing");
    let page = world.get(&format!("/pay/{}", id(&payment))).send().await;
    assert!(page.unwrap().text().await.unwrap().contains("On its way"));
    world.shop.receives(1).await;
    assert_eq!(world.shop.kinds(), ["payment.succeeded"]);
    assert_eq!(world.payment(&payment).await["status"], "succeeded");
}

#[tokio::test]
async fn a_decided_payment_is_not_charged_again() {
    let world = World::new().await;
    let payment = world.open(None).await;
    world.pay(&payment, "success").await;
    let paid = world.payment(&payment).await;
    for card in ["success", "declined", "challenge", "nonsense"] {
        let answer = world.pay(&payment, card).await;
        assert!(matches!(answer.status().as_u16(), 200 | 409));
        let page = answer.text().await.unwrap();
        assert!(page.contains("You have not been charged again"));
        assert!(page.contains("https://shop.example/orders/V-1?key=k%26y"));
    }
    let page = world.get(&format!("/pay/{}", id(&payment))).send().await;
    assert!(page.unwrap().text().await.unwrap().contains("Already paid"));
    assert_eq!(world.payment(&payment).await, paid);
    world.shop.receives(1).await;
    world.shop.receives_no_more_than(1).await;
}

#[tokio::test]
async fn pressing_pay_many_times_at_once_charges_once() {
    let world = World::new().await;
    let payment = world.open(None).await;
    let mut statuses = Vec::new();
    let (a, b, c, d) = tokio::join!(
        world.pay(&payment, "success"),
        world.pay(&payment, "success"),
        world.pay(&payment, "declined"),
        world.pay(&payment, "success"),
    );
    for answer in [a, b, c, d] {
        statuses.push(answer.status().as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409, 409, 409]);
    assert_eq!(world.payment(&payment).await["version"], 2);
    world.shop.receives(1).await;
    world.shop.receives_no_more_than(1).await;
}

#[tokio::test]
async fn the_payment_page_has_the_names_that_tests_rely_on() {
    let world = World::new().await;
    let payment = world.open(None).await;
    let answer = world.client.get(payment["redirect_url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let page = answer.text().await.unwrap();
    assert!(page.contains("<legend id=\"card\">Card</legend>"));
    for label in
        ["Success", "Declined", "Challenge", "Answer lost", "Slow webhook", "Repeated webhooks"]
    {
        assert!(page.contains(&format!("\">{label}</label>")), "{label}");
    }
    assert!(page.contains("<button type=\"submit\">Pay</button>"));
    assert!(page.contains("19.00 EUR") && page.contains("V-1"));
    assert!(page.contains("<h1>shop.example</h1>"));
    assert!(page.contains("<strong>Sandbox payment provider</strong> – no real money"));
    assert!(page.contains(&format!("<a href=\"{RETURN_URL}\">Cancel")));
    assert!(!page.contains("<script"));
}

#[tokio::test]
async fn the_policy_allows_the_page_s_own_style_and_the_way_back() {
    let world = World::new().await;
    let answer = world.get("/").send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let page = answer.text().await.unwrap();
    let (_, rest) = page.split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    let hash = STANDARD.encode(Sha256::digest(style));
    assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    assert!(policy.contains("default-src 'none'"));
    assert!(!policy.contains("form-action"));
    assert!(!page.contains(" style="));
}

#[tokio::test]
async fn what_a_merchant_sends_cannot_become_markup() {
    let world = World::new().await;
    let mut body = proposal(None);
    body["reference"] = "<script>alert(1)</script>".into();
    body["return_url"] = "https://shop.example/?a=\"'><b>".into();
    body["metadata"] = json!({"merchant": "Tom & <i>Ada</i>'s \"Shop\""});
    let answer = world.post("/v1/payments", "attempt-1", &body).send();
    let payment = created(answer.await.unwrap()).await;
    for path in [format!("/pay/{}", id(&payment)), "/".to_owned()] {
        let page = world.get(&path).send().await.unwrap();
        let page = page.text().await.unwrap();
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(!page.contains("<script") && !page.contains("<i>") && !page.contains("<b>"));
    }
}

#[tokio::test]
async fn a_form_of_a_foreign_page_is_refused() {
    let world = World::new().await;
    let payment = world.open(None).await;
    let url = world.url(&format!("/pay/{}", id(&payment)));
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = world.client.post(&url).header(name, value);
        let answer = request.form(&[("card", "success")]).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{name}: {value}");
        let faults = world.client.post(world.url("/test/faults"));
        let faults = faults.header(name, value).body(r#"{"outage":true}"#);
        assert_eq!(faults.send().await.unwrap().status(), 403);
    }
    assert_eq!(world.payment(&payment).await, payment);
}

#[tokio::test]
async fn nonsense_gets_a_page_and_not_a_panic() {
    let world = World::new().await;
    let payment = world.open(None).await;
    let missing = world.press(&format!("/pay/{}", id(&payment)), &[]).await;
    assert_eq!(missing.status(), 422);
    assert!(missing.text().await.unwrap().contains("Choose one"));
    for path in ["/pay/pay_0", "/challenge/pay_0", "/pay/%ff", "/nothing"] {
        let answer = world.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        assert!(answer.text().await.unwrap().contains("Nothing here"));
    }
    let large = "x".repeat(64 * 1024);
    let answer = world.pay(&payment, &large).await;
    assert_eq!(answer.status(), 413);
    let url = world.url(&format!("/pay/{}", id(&payment)));
    let no_form = world.client.post(&url).body("card=success").send().await;
    assert_eq!(no_form.unwrap().status(), 415);
    assert_eq!(world.payment(&payment).await, payment);
}
