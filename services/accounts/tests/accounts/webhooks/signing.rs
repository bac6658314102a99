//! Who is told can tell who tells it.

use super::{Does, Store, receiver::Told};
use accounts::webhooks::{Courier, Reach, Seal, SigningSecret, Webhooks};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use standardwebhooks::Webhook;
use uuid::Uuid;

fn is_signed_with(told: &Told, secret: &SigningSecret) -> bool {
    let webhook = Webhook::new(&secret.expose()).unwrap();
    webhook.verify(&told.body, &told.headers).is_ok()
}

#[tokio::test]
async fn a_message_is_signed_as_the_specification_has_it() {
    let store = Store::open().await;
    let (receiver, _, secret) = store.receiver(Does::Answer(204)).await;
    let sent = super::message("parcel.sent", None);
    store.hand_over(std::slice::from_ref(&sent)).await;
    assert_eq!(store.courier.round().await.unwrap(), 1);
    let told = &receiver.told()[0];
    assert!(is_signed_with(told, &secret));
    // The same by hand.
    let key = STANDARD.decode(secret.expose().strip_prefix("whsec_").unwrap()).unwrap();
    let mut hmac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    hmac.update(told.header("webhook-id").as_bytes());
    hmac.update(b".");
    hmac.update(told.header("webhook-timestamp").as_bytes());
    hmac.update(b".");
    hmac.update(&told.body);
    let signature = format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes()));
    assert_eq!(told.header("webhook-signature"), signature);
    assert!(key.len() >= 24);

    assert_eq!(told.id(), sent.id);
    assert_eq!(told.header("content-type"), "application/json");
    let body: serde_json::Value = serde_json::from_slice(&told.body).unwrap();
    let whole = serde_json::json!({
        "type": "parcel.sent", "timestamp": sent.occurred_at.to_string(), "data": sent.data,
    });
    assert_eq!(body, whole);
    // A change of anything is noticed.
    let mut forged = told.clone();
    forged.headers.insert("webhook-id", Uuid::now_v7().to_string().parse().unwrap());
    assert!(!is_signed_with(&forged, &secret));
}

#[tokio::test]
async fn after_a_secret_was_replaced_both_hold_for_a_day() {
    let store = Store::open().await;
    let (receiver, endpoint, first) = store.receiver(Does::Answer(200)).await;
    let second = store.webhooks.rotate(endpoint).await.unwrap().unwrap();
    let signed_with = async || {
        store.tell(1).await;
        store.courier.round().await.unwrap();
        let told = receiver.told().pop().unwrap();
        let count = told.header("webhook-signature").split(' ').count();
        (is_signed_with(&told, &first), is_signed_with(&told, &second), count)
    };
    assert_eq!(signed_with().await, (true, true, 2));
    store.pass("23 hours 59 minutes").await;
    assert_eq!(signed_with().await, (true, true, 2));
    store.pass("1 minute").await;
    assert_eq!(signed_with().await, (false, true, 1));
    // Replaced twice within a day, the first of all holds no longer.
    let third = store.webhooks.rotate(endpoint).await.unwrap().unwrap();
    store.webhooks.rotate(endpoint).await.unwrap().unwrap();
    assert_eq!(signed_with().await, (false, false, 2));
    assert!(is_signed_with(&receiver.told().pop().unwrap(), &third));
    assert!(store.webhooks.rotate(Uuid::now_v7()).await.unwrap().is_none());
}

#[tokio::test]
async fn with_a_key_of_its_own_the_database_knows_no_secret() {
    let seal = |byte| Seal::with(&STANDARD.encode([byte; 32]).into()).unwrap();
    let store = Store::with(seal(1)).await;
    let (receiver, endpoint, first) = store.receiver(Does::Answer(200)).await;
    let second = store.webhooks.rotate(endpoint).await.unwrap().unwrap();
    let kept: (Vec<u8>, Vec<u8>) =
        sqlx::query_as("select secret, former_secret from webhook_endpoints")
            .fetch_one(&store.database.pool)
            .await
            .unwrap();
    for secret in [&first, &second] {
        let key = STANDARD.decode(secret.expose().strip_prefix("whsec_").unwrap()).unwrap();
        for kept in [&kept.0, &kept.1] {
            assert!(!kept.windows(key.len()).any(|part| part == key));
        }
    }
    store.tell(1).await;
    // A worker that has another key sends nothing unsigned, and says what is the matter.
    let stranger = Webhooks::new(store.database.pool.clone(), seal(2));
    Courier::new(stranger, Reach::Private).unwrap().round().await.unwrap();
    assert!(receiver.told().is_empty());
    let failure = store.log(endpoint).await[0].failure.clone().unwrap();
    assert!(failure.contains("sealed with a key that is not configured"), "{failure}");
    store.pass("1 minute").await;
    store.courier.round().await.unwrap();
    let told = &receiver.told()[0];
    assert!(is_signed_with(told, &first) && is_signed_with(told, &second));
}
