//! Programs that want to be told, each played by a receiver of the tests' own, over the wire.

mod couriers;
mod dead_letters;
mod endpoints;
mod receiver;
mod signing;
mod trouble;

use accounts::{
    MIGRATOR, SCHEMA,
    webhooks::{Attempt, Carried, Courier, Message, Reach, Seal, SigningSecret, Webhooks},
};
use platform::testing::{self, TestDatabase};
use receiver::{Does, Receiver};
use serde_json::json;
use uuid::Uuid;

/// A store that has something to tell.
pub struct Store {
    pub webhooks: Webhooks,
    pub courier: Courier,
    pub database: TestDatabase,
}

impl Store {
    pub async fn open() -> Self {
        Self::with(Seal::default()).await
    }

    pub async fn with(seal: Seal) -> Self {
        let database = testing::postgres(SCHEMA, &MIGRATOR).await;
        let webhooks = Webhooks::new(database.pool.clone(), seal);
        let courier = Courier::new(webhooks.clone(), Reach::Private).unwrap();
        Self { webhooks, courier, database }
    }

    /// Somebody who wants to hear of everything, and does this with it.
    pub async fn receiver(&self, does: Does) -> (Receiver, Uuid, SigningSecret) {
        let receiver = Receiver::open(does).await;
        let types = ["parcel.sent".to_owned()];
        let added = self.webhooks.add(&receiver.url, Reach::Private, &types, &[]).await;
        let (id, secret) = added.unwrap();
        (receiver, id, secret)
    }

    /// Hands over so many messages; answers their ids.
    pub async fn tell(&self, count: usize) -> Vec<Uuid> {
        let messages: Vec<_> = (0..count).map(|_| message("parcel.sent", None)).collect();
        self.hand_over(&messages).await;
        messages.iter().map(|message| message.id).collect()
    }

    pub async fn hand_over(&self, messages: &[Message]) {
        let after = self.webhooks.carried_to("a test").await.unwrap();
        let next = Uuid::now_v7().to_string();
        let carried = self.webhooks.carry("a test", after.as_deref(), &next, messages).await;
        assert_eq!(carried.unwrap(), Carried::Now);
    }

    /// Lets time pass for all that waits, and for secrets.
    pub async fn pass(&self, time: &str) {
        for change in [
            "update webhook_deliveries set next_at = next_at - $1::interval where state = 'waiting'",
            "update webhook_deliveries set ended_at = ended_at - $1::interval where state = 'delivered'",
            "update webhook_endpoints set former_until = former_until - $1::interval",
        ] {
            // What was taken stays taken, whatever the clock says: the trigger is not asked.
            let mut transaction = self.database.pool.begin().await.unwrap();
            let quietly = "alter table webhook_deliveries disable trigger refuse_illegal_delivery";
            sqlx::query(quietly).execute(&mut *transaction).await.unwrap();
            sqlx::query(change).bind(time).execute(&mut *transaction).await.unwrap();
            let again = "alter table webhook_deliveries enable trigger refuse_illegal_delivery";
            sqlx::query(again).execute(&mut *transaction).await.unwrap();
            transaction.commit().await.unwrap();
        }
    }

    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.database.pool).await.unwrap()
    }

    /// What was heard of an endpoint, the earliest first.
    pub async fn log(&self, endpoint: Uuid) -> Vec<Attempt> {
        let mut log = self.webhooks.log(endpoint, 1_000).await.unwrap();
        log.reverse();
        log
    }
}

pub fn message(kind: &str, place: Option<&str>) -> Message {
    let (id, occurred_at) = (Uuid::now_v7(), jiff::Timestamp::now());
    let data = json!({ "id": id, "pieces": 3, "to": "Köln" });
    Message { id, kind: kind.to_owned(), place: place.map(str::to_owned), occurred_at, data }
}
