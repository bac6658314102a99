//! How many statements a use-case costs: counted, because each is a round trip, and those under lock
//! bound how fast one SKU can be sold.

use crate::stockroom::{MINUTES, Stockroom, order, want};
use std::sync::{Arc, Mutex};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt, registry::Registry};

/// The statements sqlx has sent on this thread, by the first words of each.
#[derive(Clone, Default)]
pub struct Sent(Arc<Mutex<Vec<String>>>);

impl Layer<Registry> for Sent {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, Registry>) {
        if event.metadata().target() == "sqlx::query" {
            event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
                if field.name() == "summary" {
                    self.0.lock().unwrap().push(format!("{value:?}").replace('"', ""));
                }
            });
        }
    }
}

impl Sent {
    /// What was sent since the last call.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// How many statements stood between one begin, which sqlx does not log, and its commit.
    pub fn between_begin_and_commit(&self) -> usize {
        let sent = self.take();
        let commits = sent.iter().filter(|statement| *statement == "COMMIT").count();
        assert_eq!(commits, 1, "{sent:#?}");
        assert_eq!(sent.last().map(String::as_str), Some("COMMIT"), "{sent:#?}");
        sent.len() - 1
    }
}

#[tokio::test(flavor = "current_thread")]
async fn each_use_case_costs_as_many_statements_as_its_documentation_says() {
    let room =
        Stockroom::with(&[("north", "mug", 5), ("south", "mug", 5), ("south", "cup", 9)]).await;
    let sent = Sent::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(sent.clone()));
    let (reference, inventory) = (order(), &room.inventory);

    inventory.hold(reference, &[want("mug", 9), want("cup", 9)], MINUTES).await.unwrap();
    assert_eq!(sent.between_begin_and_commit(), 3, "a new hold that also tells of two SKUs");
    inventory.hold(reference, &[want("mug", 9), want("cup", 9)], MINUTES).await.unwrap();
    assert_eq!(sent.between_begin_and_commit(), 3, "the same again");
    inventory.hold(reference, &[want("mug", 1)], MINUTES).await.unwrap();
    assert_eq!(sent.between_begin_and_commit(), 4, "other demands");
    inventory.extend(reference, MINUTES).await.unwrap();
    assert_eq!(sent.between_begin_and_commit(), 2, "an extension");
    inventory.release(reference).await.unwrap();
    assert_eq!(sent.between_begin_and_commit(), 3, "a release");
    inventory.allocate(reference).await.unwrap();
    assert_eq!(sent.between_begin_and_commit(), 4, "an allocation of what had been given back");
    inventory.allocate(reference).await.unwrap();
    assert_eq!(sent.between_begin_and_commit(), 2, "an allocation repeated");
    let reference = order();
    inventory.hold(reference, &[want("mug", 1)], MINUTES).await.unwrap();
    sent.take();
    inventory.allocate(reference).await.unwrap();
    assert_eq!(sent.between_begin_and_commit(), 3, "an allocation of what is held");
    inventory.availability(&[want("mug", 1).sku, want("cup", 1).sku]).await.unwrap();
    assert_eq!(sent.take().len(), 1, "availability");
}
