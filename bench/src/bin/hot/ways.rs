//! The ways in which many can hold pieces of one SKU at the same time.

use anyhow::Context;
use domain::{Sku, stock::Demand};
use inventory::{HoldError, Inventory};
use sqlx::{Connection, PgConnection, Row};
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// What everybody wants.
pub const SKU: &str = "HOT";
/// Into how many slots a stock is divided, where it is.
pub const SLOTS: i32 = 16;
/// How many are served together, where they are.
const TOGETHER: usize = 64;
/// For how long a piece is held.
const TIME: Duration = Duration::from_secs(15 * 60);

/// A way to hold one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The number alone, without a hold or a movement: what most stores do, and what the others are
    /// measured against.
    Naive,
    /// Lock the row, look, write, commit: five round trips.
    LockedFirst,
    /// Everything in one round trip, the row last.
    LockedLast,
    /// The same, and the commit is not waited for: the last moments are lost with the database.
    NotWaitedFor,
    /// The same behind an advisory lock of the SKU.
    BehindALock,
    /// The stock in slots of which each sells its own.
    Slots,
    /// A row for each piece; what somebody else is about to take is skipped.
    SkipLocked,
    /// Two nodes, each of which serves together whoever came meanwhile.
    Together,
    /// The store's own service, on two nodes: with all that it writes, and the warehouses it chooses from.
    Store,
    /// The same for as many SKUs as there are orders that hardly any two want the same.
    Spread,
}

impl Way {
    /// All of them, the reference first.
    pub const ALL: [Self; 10] = [
        Self::Naive,
        Self::LockedFirst,
        Self::LockedLast,
        Self::NotWaitedFor,
        Self::BehindALock,
        Self::Slots,
        Self::SkipLocked,
        Self::Together,
        Self::Store,
        Self::Spread,
    ];

    /// What the table calls it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Naive => "update … where on_hand >= 1, nothing else",
            Self::LockedFirst => "row locked first, five round trips",
            Self::LockedLast => "row locked last, one round trip",
            Self::NotWaitedFor => "the same, commit not waited for",
            Self::BehindALock => "the same behind an advisory lock",
            Self::Slots => "16 slots",
            Self::SkipLocked => "a row a piece, skip locked",
            Self::Together => "combined, two nodes",
            Self::Store => "the store's own, two nodes",
            Self::Spread => "the store's own, 1,000 SKUs",
        }
    }

    /// How many SKUs are bought.
    pub fn skus(self) -> usize {
        if self == Self::Spread { 1_000 } else { 1 }
    }

    /// Into how many rows of `levels` the stock is divided.
    pub fn slots(self) -> i32 {
        if self == Self::Slots { SLOTS } else { 1 }
    }
}

/// The SKUs that are bought in this way.
///
/// # Errors
/// Never: the names are names.
pub fn skus(way: Way) -> anyhow::Result<Arc<[Sku]>> {
    let skus = (0..way.skus()).map(|number| Sku::parse(&format!("{SKU}-{number}")));
    Ok(skus.collect::<Result<Vec<_>, _>>()?.into())
}

/// One who buys.
pub enum Buyer {
    /// With a connection of their own.
    Alone(Way, PgConnection),
    /// Through one of the nodes.
    Through(mpsc::Sender<Waiting>),
    /// Of the store, one SKU after the other.
    OfTheStore {
        /// The node.
        inventory: Inventory,
        /// What there is.
        skus: Arc<[Sku]>,
        /// Whose turn it is.
        turn: usize,
    },
}

/// One who waits for an answer: whether a piece is theirs.
pub type Waiting = (Uuid, oneshot::Sender<bool>);

impl Buyer {
    /// Holds a piece; `false` when there is none left.
    ///
    /// # Errors
    /// The database refuses something else.
    pub async fn hold(&mut self) -> anyhow::Result<bool> {
        let reference = Uuid::now_v7();
        match self {
            Self::Through(node) => {
                let (answer, answered) = oneshot::channel();
                node.send((reference, answer)).await.ok().context("the node has ended")?;
                answered.await.context("the node has ended")
            }
            Self::OfTheStore { inventory, skus, turn } => {
                *turn += 1;
                let one = [Demand { sku: skus[*turn % skus.len()].clone(), quantity: 1 }];
                match inventory.hold(reference, &one, TIME).await {
                    Ok(_) => Ok(true),
                    Err(HoldError::OutOfStock(_)) => Ok(false),
                    Err(error) => Err(error.into()),
                }
            }
            Self::Alone(Way::LockedFirst, database) => locked_first(database, reference).await,
            Self::Alone(way, database) => {
                let query = match way {
                    Way::Naive => sqlx::query(
                        "update bench_hot.levels set on_hand = on_hand - 1 \
                         where sku = $1 and on_hand >= 1 returning true",
                    )
                    .bind(SKU),
                    Way::BehindALock => sqlx::query("select bench_hot.hold_behind_a_lock($1, $2)")
                        .bind(SKU)
                        .bind(reference),
                    Way::Slots => sqlx::query("select bench_hot.hold_in_a_slot($1, $2, $3)")
                        .bind(SKU)
                        .bind(reference)
                        .bind(SLOTS),
                    Way::SkipLocked => sqlx::query("select bench_hot.hold_a_piece($1, $2)")
                        .bind(SKU)
                        .bind(reference),
                    _ => {
                        sqlx::query("select bench_hot.hold_last($1, $2)").bind(SKU).bind(reference)
                    }
                };
                match query.fetch_optional(&mut *database).await {
                    Ok(row) => Ok(row.is_some_and(|row| row.get(0))),
                    Err(error) if is_sold_out(&error) => Ok(false),
                    Err(error) => Err(error.into()),
                }
            }
        }
    }
}

/// `no_data_found`, as the functions of `schema.sql` raise it.
fn is_sold_out(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("P0002"))
}

async fn locked_first(database: &mut PgConnection, reference: Uuid) -> anyhow::Result<bool> {
    let mut transaction = database.begin().await?;
    let left: i64 = sqlx::query_scalar(
        "select on_hand - held from bench_hot.levels where sku = $1 and slot = 0 for no key update",
    )
    .bind(SKU)
    .fetch_one(&mut *transaction)
    .await?;
    if left < 1 {
        transaction.rollback().await?;
        return Ok(false);
    }
    sqlx::query(
        "with taken as (
           insert into bench_hot.holds (reference, sku, quantity, expires_at)
           values ($2, $1, 1, now() + interval '15 minutes')
         )
         insert into bench_hot.movements (sku, held, reference) values ($1, 1, $2)",
    )
    .bind(SKU)
    .bind(reference)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "update bench_hot.levels set held = held + 1, version = version + 1 where sku = $1 and slot = 0",
    )
    .bind(SKU)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(true)
}

/// Serves together whoever came while those before them were served, until nobody can come any more.
///
/// # Errors
/// The database refuses something.
pub async fn node(url: String, mut comers: mpsc::Receiver<Waiting>) -> anyhow::Result<()> {
    let mut database = PgConnection::connect(&url).await?;
    let mut waiting = Vec::with_capacity(TOGETHER);
    while comers.recv_many(&mut waiting, TOGETHER).await > 0 {
        let references: Vec<Uuid> = waiting.iter().map(|(reference, _)| *reference).collect();
        let served: i32 = sqlx::query_scalar("select bench_hot.hold_together($1, $2)")
            .bind(SKU)
            .bind(&references)
            .fetch_one(&mut database)
            .await?;
        for (place, (_, answer)) in waiting.drain(..).enumerate() {
            // Who does not wait any more needs no answer.
            let _ = answer.send(place < usize::try_from(served)?);
        }
    }
    Ok(())
}
