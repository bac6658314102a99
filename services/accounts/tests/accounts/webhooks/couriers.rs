//! Several who send, and some who die at it.

use super::{Does, Store, message};
use accounts::webhooks::{Courier, Reach};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread")]
async fn two_couriers_share_the_work_and_send_everything_once() {
    let store = Store::open().await;
    let (one, ..) = store.receiver(Does::Answer(200)).await;
    let (other, ..) = store.receiver(Does::Answer(200)).await;
    let ids = store.tell(60).await;
    let stop = CancellationToken::new();
    let couriers: Vec<_> = (0..2)
        .map(|_| Courier::new(store.webhooks.clone(), Reach::Private).unwrap())
        .map(|courier| tokio::spawn(courier.run(stop.clone())))
        .collect();
    let waiting = "select count(*) from webhook_deliveries where state = 'waiting'";
    while store.count(waiting).await > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // What is told while they work is sent as well.
    let more = store.tell(1).await;
    while store.count(waiting).await > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.cancel();
    for courier in couriers {
        courier.await.unwrap();
    }
    let mut all = [ids, more].concat();
    all.sort();
    for receiver in [one, other] {
        let mut found = receiver.ids();
        found.sort();
        assert_eq!(found, all);
    }
}

#[tokio::test]
async fn what_is_handed_over_again_by_a_source_without_a_cursor_is_sent_once_and_to_who_wants_it() {
    let store = Store::open().await;
    let (receiver, ..) = store.receiver(Does::Answer(200)).await;
    let sent = message("parcel.sent", None);
    let all = [sent.clone(), message("parcel.lost", None)];
    let (one, other) =
        tokio::join!(store.webhooks.hand_over(&all), store.webhooks.hand_over(&all[..1]));
    one.and(other).unwrap();
    assert_eq!(store.courier.round().await.unwrap(), 1);
    store.webhooks.hand_over(&all).await.unwrap();
    assert_eq!(store.courier.round().await.unwrap(), 0);
    assert_eq!(receiver.ids(), [sent.id]);
    // What nobody wants is kept by nobody.
    assert_eq!(store.count("select count(*) from webhook_messages").await, 1);
}

#[tokio::test]
async fn what_a_courier_was_sending_when_it_died_is_sent_again_by_the_same_name() {
    let store = Store::open().await;
    let (receiver, endpoint, _) = store.receiver(Does::Nothing).await;
    let id = store.tell(1).await[0];
    // It has sent and not written down that it did.
    let dying = tokio::time::timeout(Duration::from_millis(500), store.courier.round());
    assert!(dying.await.is_err());
    assert_eq!(receiver.ids(), [id]);
    receiver.does(Does::Answer(200));
    assert_eq!(store.courier.round().await.unwrap(), 0, "the dead one has it still");
    store.pass("15 seconds").await;
    assert_eq!(store.courier.round().await.unwrap(), 1);
    assert_eq!(receiver.ids(), [id, id]);
    let log = store.log(endpoint).await;
    assert_eq!(log.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn whoever_was_silent_for_too_long_writes_nothing_over_what_another_heard() {
    let store = Store::open().await;
    let (receiver, endpoint, _) = store.receiver(Does::Nothing).await;
    store.tell(1).await;
    let late = tokio::spawn({
        let courier = store.courier.clone();
        async move { courier.round().await.unwrap() }
    });
    while receiver.told().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Its lease ends while it waits, and another has more luck.
    store.pass("15 seconds").await;
    receiver.does(Does::Answer(200));
    assert_eq!(store.courier.round().await.unwrap(), 1);
    assert_eq!(late.await.unwrap(), 1);
    let log = store.log(endpoint).await;
    assert_eq!(
        log.iter().map(|attempt| (attempt.number, attempt.status)).collect::<Vec<_>>(),
        [(2, Some(200))]
    );
    assert_eq!(store.webhooks.list().await.unwrap()[0].waiting, 0);
}

#[tokio::test]
async fn a_courier_that_is_stopped_finishes_what_it_was_sending() {
    let store = Store::open().await;
    let (receiver, endpoint, _) = store.receiver(Does::Nothing).await;
    store.tell(1).await;
    let stop = CancellationToken::new();
    let working = tokio::spawn(store.courier.clone().run(stop.clone()));
    while receiver.told().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    working.await.unwrap();
    assert_eq!(store.log(endpoint).await.len(), 1, "what was heard is written down");
}
