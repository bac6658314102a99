//! Receivers that are slow, gone, or answer what nobody wants to hear: each of them costs itself alone.

use super::{Does, Store, receiver::Receiver};
use accounts::webhooks::{PATIENCE, Reach};
use std::time::{Duration, Instant};

#[tokio::test]
async fn what_is_not_taken_is_sent_again_by_the_same_name_later_and_later() {
    let store = Store::open().await;
    let (receiver, endpoint, _) = store.receiver(Does::Answer(500)).await;
    let id = store.tell(1).await[0];
    store.courier.round().await.unwrap();
    assert_eq!(store.courier.round().await.unwrap(), 0, "not at once");
    let waits = "select extract(epoch from next_at - now())::bigint from webhook_deliveries";
    assert!((3..=6).contains(&store.count(waits).await));
    store.pass("6 seconds").await;
    store.courier.round().await.unwrap();
    assert!((23..=36).contains(&store.count(waits).await));
    receiver.does(Does::Answer(204));
    store.pass("36 seconds").await;
    store.courier.round().await.unwrap();
    assert_eq!(receiver.ids(), [id, id, id]);
    let log = store.log(endpoint).await;
    let found: Vec<_> = log.iter().map(|attempt| (attempt.number, attempt.status)).collect();
    assert_eq!(found, [(1, Some(500)), (2, Some(500)), (3, Some(204))]);
    let words = log[0].failure.as_deref().unwrap();
    assert_eq!(words, "500 Internal Server Error: that is what I say");
    assert!(log.iter().all(|attempt| attempt.message == id && attempt.kind == "parcel.sent"));
    assert_eq!(log[2].failure, None);
    store.pass("10 days").await;
    assert_eq!(store.courier.round().await.unwrap(), 0, "it was taken");
}

#[tokio::test]
async fn whoever_is_slow_gone_or_sends_on_delays_nobody_else() {
    let store = Store::open().await;
    let (elsewhere, ..) = store.receiver(Does::Answer(200)).await;
    let (slow, slow_id, _) = store.receiver(Does::Nothing).await;
    let (sends_on, sends_on_id, _) = store.receiver(Does::SendOn(elsewhere.url.clone())).await;
    let (gone, gone_id, _) = store.receiver(Does::Answer(200)).await;
    let gone_url = gone.url.clone();
    drop(gone);
    let (good, ..) = store.receiver(Does::Answer(200)).await;
    let ids = store.tell(4).await;
    let begun = Instant::now();
    let round = tokio::spawn({
        let courier = store.courier.clone();
        async move { courier.round().await.unwrap() }
    });
    while good.told().len() < ids.len() || elsewhere.told().len() < ids.len() {
        assert!(begun.elapsed() < PATIENCE, "the slow one holds up the good ones");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(round.await.unwrap(), 5 * ids.len());
    let took = begun.elapsed();
    assert!((PATIENCE..PATIENCE + Duration::from_secs(3)).contains(&took), "{took:?}");
    assert_eq!(slow.told().len(), ids.len());
    // Nobody went where they were sent.
    assert_eq!((sends_on.told().len(), elsewhere.told().len()), (ids.len(), ids.len()));
    let failure = async |endpoint| store.log(endpoint).await[0].failure.clone().unwrap();
    assert_eq!(failure(slow_id).await, "no answer within 5 seconds");
    assert!(failure(sends_on_id).await.starts_with("308 Permanent Redirect"));
    let refused = failure(gone_id).await;
    assert!(refused.contains("onnection refused") && !refused.contains(&gone_url), "{refused}");
}

#[tokio::test]
async fn few_messages_of_a_slow_endpoint_are_under_way_at_a_time() {
    let store = Store::open().await;
    let (slow, ..) = store.receiver(Does::Nothing).await;
    store.tell(20).await;
    assert_eq!(store.courier.round().await.unwrap(), 4);
    assert_eq!(slow.told().len(), 4);
}

#[tokio::test]
async fn whoever_says_yes_and_then_talks_without_end_has_taken_it() {
    let store = Store::open().await;
    let (receiver, endpoint, _) = store.receiver(Does::TalkForEver).await;
    store.tell(1).await;
    let begun = Instant::now();
    store.courier.round().await.unwrap();
    assert!(begun.elapsed() < PATIENCE, "no more is read than 64 kB");
    assert_eq!(receiver.told().len(), 1);
    let log = store.log(endpoint).await;
    assert_eq!((log[0].status, &log[0].failure), (Some(200), &None));
}

#[tokio::test]
async fn a_name_that_leads_into_the_own_network_is_refused_at_every_delivery() {
    let store = Store::open().await;
    let receiver = Receiver::open(Does::Answer(200)).await;
    let types = ["parcel.sent".to_owned()];
    // It was allowed when it was added.
    let url = receiver.url.replace("http://127.0.0.1", "https://localhost");
    let (endpoint, _) = store.webhooks.add(&url, Reach::Private, &types, &[]).await.unwrap();
    store.tell(1).await;
    let strict = accounts::webhooks::Courier::new(store.webhooks.clone(), Reach::Public).unwrap();
    strict.round().await.unwrap();
    let failure = store.log(endpoint).await[0].failure.clone().unwrap();
    assert!(failure.starts_with("localhost leads to "), "{failure}");
    assert_eq!(receiver.told().len(), 0);
}
