//! What is handed over to be told.

use super::Webhooks;
use crate::queries::webhooks as queries;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// Something to tell whoever wants to hear of it.
#[derive(Debug, Clone)]
pub struct Message {
    /// Names it, however often it is sent.
    pub id: Uuid,
    /// What kind of thing it tells, e.g. `order.paid`.
    pub kind: String,
    /// Where it is so, if it is so somewhere: endpoints may want to hear of some places alone.
    pub place: Option<String>,
    /// When it was so.
    pub occurred_at: Timestamp,
    /// The facts.
    pub data: Value,
}

/// What became of messages that were handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// They are sent to whoever wants them.
    Now,
    /// Somebody else had come further meanwhile: nothing was taken over.
    Elsewhere,
}

/// What goes over the line.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: Timestamp,
    data: &'a Value,
}

impl Message {
    /// Exactly what is signed and sent.
    pub(crate) fn body(&self) -> String {
        let Self { kind, occurred_at: timestamp, data, .. } = self;
        let body = Body { kind, timestamp: *timestamp, data };
        // A struct of texts and JSON can always be written.
        serde_json::to_string(&body).unwrap_or_default()
    }
}

impl Webhooks {
    /// How far what a source tells was handed over; `None` if nothing was yet.
    pub async fn carried_to(&self, source: &str) -> Result<Option<String>, sqlx::Error> {
        queries::cursor(&self.pool, source).await
    }

    /// Takes over what a source told behind `after`, and remembers to have come to `next`. Each message once, however
    /// often and by however many it is handed over, and for the endpoints there are now. One statement.
    pub async fn carry(
        &self,
        source: &str,
        after: Option<&str>,
        next: &str,
        messages: &[Message],
    ) -> Result<Carried, sqlx::Error> {
        let carried = queries::carry(&self.pool, source, after, next, messages).await?;
        Ok(if carried { Carried::Now } else { Carried::Elsewhere })
    }

    /// Takes messages over from a source that knows itself what of it was told: each once, however often it is handed
    /// over, and for the endpoints there are now. One statement.
    pub async fn hand_over(&self, messages: &[Message]) -> Result<(), sqlx::Error> {
        queries::hand_over(&self.pool, messages).await
    }
}
