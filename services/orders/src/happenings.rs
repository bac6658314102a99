//! What happened to orders: read by whoever listens to one, and handed over to whoever wants to be told of all.
//!
//! An event has its place on the timeline of its order. Whoever writes one has locked the order, so that places of one
//! order become visible in their order, and a listener goes on behind the last that it was told. Of all orders together
//! that is not so: transactions commit in another order than that in which they take numbers. What is to be told is
//! therefore written down beside each event (`untold_events`, by a trigger, whoever writes the event), and found because
//! it is there.

use crate::{Error, Orders, queries::happenings as queries};
use domain::{Money, OrderNumber, money::Currency};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use uuid::Uuid;

/// What may happen to an order, as it is told.
pub const HAPPENINGS: [&str; 4] =
    ["order.placed", "order.paid", "order.cancelled", "order.refunded"];

/// As many events are told at once at most.
const AT_ONCE: i64 = 100;

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// Its place on the order's timeline: later events have greater ones.
    pub place: i64,
    /// What: `order.paid`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
}

/// Something that happened to an order, for those who want to hear of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// Names it, however often it is told.
    pub id: Uuid,
    /// The order.
    pub number: OrderNumber,
    /// What the order costs.
    pub total: Money,
    /// What happened.
    pub happening: Happening,
}

/// A row of `events`.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct HappeningRecord {
    pub id: i64,
    pub kind: String,
    pub occurred_at: jiff_sqlx::Timestamp,
}

/// A row of `untold_events`, with the event and the order that it is of.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct UntoldRecord {
    #[sqlx(flatten)]
    pub event: HappeningRecord,
    pub order_id: Uuid,
    pub number: String,
    pub total_minor: i64,
    pub currency: String,
}

impl From<HappeningRecord> for Happening {
    fn from(record: HappeningRecord) -> Self {
        let kind = format!("order.{}", record.kind);
        Self { place: record.id, kind, at: record.occurred_at.to_jiff() }
    }
}

/// The timelines of all orders, for whoever has nothing to do with them but to tell. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Timelines {
    pool: PgPool,
}

impl Orders {
    /// What happened to an order behind this place, as much of it as is told at once. Who may know is the caller's to
    /// ask.
    pub async fn happenings(
        &self,
        number: &OrderNumber,
        after: i64,
    ) -> Result<Vec<Happening>, Error> {
        let records = queries::list(&self.pool, number, after, AT_ONCE).await?;
        Ok(records.into_iter().map(Happening::from).collect())
    }
}

impl Timelines {
    /// Those on a pool for [`crate::SCHEMA`].
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// What nobody was told yet, the oldest first, as much of it as is told at once.
    pub async fn list_untold(&self) -> Result<Vec<Untold>, Error> {
        let records = queries::list_untold(&self.pool, AT_ONCE).await?;
        records.into_iter().map(untold).collect()
    }

    /// These were told. Until this is said they are told again, under the same id.
    pub async fn mark_told(&self, told: &[Untold]) -> Result<(), Error> {
        let places: Vec<_> = told.iter().map(|told| told.happening.place).collect();
        Ok(queries::mark_told(&self.pool, &places).await?)
    }
}

fn untold(record: UntoldRecord) -> Result<Untold, Error> {
    let unreadable = |what| Error::Unreadable { order: record.order_id, what };
    let number = OrderNumber::parse(&record.number).map_err(|_| unreadable("number"))?;
    let currency = Currency::from_code(&record.currency).ok_or_else(|| unreadable("currency"))?;
    Ok(Untold {
        id: name_of(record.order_id, record.event.id),
        number,
        total: Money::new(record.total_minor, currency),
        happening: record.event.into(),
    })
}

/// The name of an event: a hash of where it stands (UUID version 8, RFC 9562).
fn name_of(order: Uuid, place: i64) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(order);
    hash.update(place.to_be_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
