//! Messages that were never taken: kept, shown, and sent anew when somebody says so.

use super::{Does, Store};
use accounts::webhooks::ATTEMPTS;
use domain::webhook::DeliveryState;
use uuid::Uuid;

/// Tries until nothing is tried any more; answers how often it was.
async fn until_dead(store: &Store) -> usize {
    let mut tried = 0;
    loop {
        let round = store.courier.round().await.unwrap();
        if round == 0 {
            return tried;
        }
        tried += round;
        store.pass("2 days").await;
    }
}

#[tokio::test]
async fn what_is_not_taken_in_three_days_is_a_dead_letter_and_can_be_sent_anew() {
    let store = Store::open().await;
    let (receiver, endpoint, _) = store.receiver(Does::Answer(503)).await;
    let ids = store.tell(2).await;
    assert_eq!(until_dead(&store).await, 2 * ATTEMPTS as usize);
    let dead = store.webhooks.dead(10).await.unwrap();
    assert_eq!(dead.iter().map(|letter| letter.message).collect::<Vec<_>>(), ids);
    for letter in &dead {
        assert_eq!((letter.endpoint, letter.attempts), (endpoint, ATTEMPTS as i32));
        assert_eq!((&letter.url, letter.kind.as_str()), (&receiver.url, "parcel.sent"));
        assert!(letter.failure.as_deref().unwrap().starts_with("503 Service Unavailable"));
    }
    assert_eq!(store.webhooks.dead(1).await.unwrap(), dead[..1]);
    let now = &store.webhooks.list().await.unwrap()[0];
    assert_eq!((now.waiting, now.dead), (0, 2));

    // Sent anew it has all its attempts before it.
    assert!(store.webhooks.replay(dead[0].id).await.unwrap());
    assert!(!store.webhooks.replay(dead[0].id).await.unwrap(), "it is on its way already");
    assert!(!store.webhooks.replay(i64::MAX).await.unwrap());
    assert_eq!(until_dead(&store).await, ATTEMPTS as usize);
    receiver.does(Does::Answer(200));
    assert_eq!(store.webhooks.replay_all().await.unwrap(), 2);
    assert_eq!(store.courier.round().await.unwrap(), 2);
    assert_eq!(store.webhooks.dead(10).await.unwrap(), []);
    let last = &receiver.ids()[receiver.told().len() - 2..];
    assert!(ids.iter().all(|id| last.contains(id)), "by the same names");
    let mut numbers: Vec<_> = store
        .log(endpoint)
        .await
        .iter()
        .filter(|attempt| attempt.message == ids[0])
        .map(|attempt| attempt.number)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=2 * ATTEMPTS as i32 + 1).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_was_taken_is_forgotten_after_a_month_and_nothing_else() {
    let store = Store::open().await;
    let (_good, ..) = store.receiver(Does::Answer(200)).await;
    store.tell(3).await;
    store.courier.round().await.unwrap();
    // The same message is wanted by another still.
    let (_bad, ..) = store.receiver(Does::Answer(500)).await;
    store.tell(1).await;
    store.courier.round().await.unwrap();
    assert_eq!(store.webhooks.sweep().await.unwrap(), 0);
    store.pass("30 days").await;
    assert_eq!(store.webhooks.sweep().await.unwrap(), 4);
    assert_eq!(store.count("select count(*) from webhook_messages").await, 1);
    assert_eq!(store.count("select count(*) from webhook_attempts").await, 1);
    assert_eq!(store.count("select count(*) from webhook_deliveries").await, 1);
}

/// Tries every step with plain SQL, from a row that was brought to each state by legal ones.
#[tokio::test]
async fn the_database_allows_the_steps_that_the_domain_allows_and_no_others() {
    let store = Store::open().await;
    let (_receiver, ..) = store.receiver(Does::Answer(200)).await;
    for from in DeliveryState::ALL {
        for to in DeliveryState::ALL.into_iter().filter(|to| *to != from) {
            let message: Uuid = store.tell(1).await[0];
            let become_ = async |state: DeliveryState| {
                let step = sqlx::query(
                    "update webhook_deliveries
                     set state = $2, ended_at = case when $2 <> 'waiting' then now() end
                     where message = $1",
                );
                step.bind(message).bind(state.as_str()).execute(&store.database.pool).await
            };
            if from != DeliveryState::Waiting {
                become_(from).await.unwrap();
            }
            let result = become_(to).await;
            assert_eq!(result.is_ok(), from.may_become(to), "{from:?} to {to:?}");
            if let Err(error) = result {
                let refusal = error.as_database_error().unwrap();
                assert_eq!(refusal.constraint(), Some("delivery_transition_legal_ck"));
            }
        }
    }
}
