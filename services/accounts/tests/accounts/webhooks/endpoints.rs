//! Who hears of what.

use super::{Does, Store, message, receiver::Receiver};
use accounts::webhooks::{AddError, Carried, Reach, Unreachable};
use uuid::Uuid;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test]
async fn each_hears_of_the_types_and_places_it_wants_from_when_it_was_added() {
    let store = Store::open().await;
    let all = ["parcel.sent", "parcel.lost"];
    let told_before = message("parcel.sent", Some("lyon"));
    store.hand_over(&[told_before]).await;
    let mut receivers = Vec::new();
    for (types, places) in [
        (&all[..], &[][..]),
        (&all[..1], &[]),
        (&all, &["lyon"]),
        (&all, &["lyon", "berlin"]),
        (&["parcel.eaten"], &[]),
    ] {
        let receiver = Receiver::open(Does::Answer(200)).await;
        let (types, places) = (names(types), names(places));
        store.webhooks.add(&receiver.url, Reach::Private, &types, &places).await.unwrap();
        receivers.push(receiver);
    }
    let messages = [
        message("parcel.sent", Some("lyon")),
        message("parcel.lost", Some("berlin")),
        message("parcel.lost", None),
        message("parcel.found", Some("lyon")),
    ];
    store.hand_over(&messages).await;
    assert_eq!(store.courier.round().await.unwrap(), 3 + 1 + 1 + 2);
    for (receiver, wanted) in receivers.iter().zip([&[0, 1, 2][..], &[0], &[0], &[0, 1], &[]]) {
        let mut found = receiver.ids();
        let mut wanted: Vec<_> = wanted.iter().map(|&at: &usize| messages[at].id).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
    }
    assert_eq!(store.courier.round().await.unwrap(), 0, "all of it was taken");
    assert_eq!(store.count("select count(*) from webhook_messages").await, 3);
}

#[tokio::test]
async fn what_is_handed_over_twice_or_by_two_at_once_is_sent_once() {
    let store = Store::open().await;
    let (receiver, ..) = store.receiver(Does::Answer(200)).await;
    let carry = async |after: Option<&str>, next: &str, messages: &[_]| {
        store.webhooks.carry("stock", after, next, messages).await.unwrap()
    };
    let (first, second) = ([message("parcel.sent", None)], [message("parcel.sent", None)]);
    assert_eq!(store.webhooks.carried_to("stock").await.unwrap(), None);
    assert_eq!(carry(None, "1", &first).await, Carried::Now);
    assert_eq!(carry(None, "1", &second).await, Carried::Elsewhere);
    assert_eq!(carry(Some("0"), "2", &second).await, Carried::Elsewhere);
    assert_eq!(store.webhooks.carried_to("stock").await.unwrap().as_deref(), Some("1"));
    // Somebody who lost its place hands over what is known already.
    assert_eq!(carry(Some("1"), "2", &first).await, Carried::Now);
    let (one, other) = tokio::join!(carry(Some("2"), "3", &second), carry(Some("2"), "3", &second));
    assert_eq!([one, other].iter().filter(|carried| **carried == Carried::Now).count(), 1);
    // Each source has a place of its own.
    assert_eq!(store.webhooks.carry("orders", None, "7", &[]).await.unwrap(), Carried::Now);
    store.courier.round().await.unwrap();
    let mut found = receiver.ids();
    found.sort();
    assert_eq!(found, [first[0].id, second[0].id]);
}

#[tokio::test]
async fn what_is_told_while_an_endpoint_is_switched_off_waits_for_it() {
    let store = Store::open().await;
    let (receiver, endpoint, _) = store.receiver(Does::Answer(200)).await;
    assert!(store.webhooks.enable(endpoint).await.unwrap());
    assert!(store.webhooks.disable(endpoint).await.unwrap());
    assert!(store.webhooks.disable(endpoint).await.unwrap());
    assert!(!store.webhooks.disable(Uuid::now_v7()).await.unwrap());
    assert!(!store.webhooks.enable(Uuid::now_v7()).await.unwrap());
    store.tell(2).await;
    assert_eq!(store.courier.round().await.unwrap(), 0);
    let now = store.webhooks.list().await.unwrap();
    assert_eq!((now[0].id, now[0].waiting, now[0].dead), (endpoint, 2, 0));
    assert!(now[0].disabled_at.is_some());
    assert!(store.webhooks.enable(endpoint).await.unwrap());
    assert_eq!(store.courier.round().await.unwrap(), 2);
    assert_eq!(receiver.told().len(), 2);
    assert_eq!(store.webhooks.list().await.unwrap()[0].waiting, 0);
}

#[tokio::test]
async fn an_address_that_nothing_may_be_sent_to_is_refused_at_once() {
    let store = Store::open().await;
    let add = async |url: &str, reach, types: &[&str]| {
        store.webhooks.add(url, reach, &names(types), &[]).await.unwrap_err()
    };
    for url in ["https://10.0.0.7/", "https://[::1]/", "https://169.254.169.254/latest/"] {
        let error = add(url, Reach::Public, &["parcel.sent"]).await;
        assert!(
            matches!(&error, AddError::Unreachable(Unreachable::Private { .. })),
            "{url}: {error}"
        );
    }
    let error = add("http://wms.example/", Reach::Private, &["parcel.sent"]).await;
    assert!(matches!(error, AddError::Unreachable(Unreachable::NotSecure)), "{error}");
    let error = add("https://wms.example/", Reach::Public, &[]).await;
    assert!(matches!(error, AddError::WantsNothing), "{error}");
    assert_eq!(store.webhooks.list().await.unwrap(), []);
}
