//! Whether another system and we agree on what lies where, and how it came to that where we do not. Here is only
//! looked: what is found wrong is put right by [`Inventory::reconcile_counts`].

use crate::{
    Count, Error, Inventory, MovementKind, TellError, count::AHEAD, queries, told::check_source,
};
use jiff::Timestamp;
use uuid::Uuid;

/// What another system says lies in its warehouses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Under which name it tells us things.
    pub source: String,
    /// The instant of its numbers.
    pub as_of: Timestamp,
    /// Its numbers, none of a place twice.
    pub levels: Vec<Count>,
    /// Of these warehouses it has told all: what is not among the numbers does not lie there.
    pub complete: Vec<String>,
    /// Movements that are in its numbers and that we may not have heard of yet.
    pub untold: Vec<UntoldMovement>,
}

/// A movement that another system has in its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UntoldMovement {
    /// Its name for it.
    pub external_id: String,
    /// The warehouse's code.
    pub warehouse: String,
    /// The SKU.
    pub sku: String,
    /// What it adds to what lies there.
    pub adds: i64,
}

/// What came of comparing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// How many places were compared.
    pub compared: i64,
    /// How many movements are on their way to us: no difference comes of them.
    pub on_their_way: i64,
    /// Where we do not agree, by SKU and warehouse.
    pub discrepancies: Vec<Discrepancy>,
}

/// A place of which another system and we do not say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discrepancy {
    /// The warehouse's code.
    pub warehouse: String,
    /// The SKU.
    pub sku: String,
    /// Pieces, as it says; `None` where it says nothing of the place, and has said all.
    pub said: Option<i64>,
    /// Pieces, as we know them as of then; `None` where nothing ever lay as far as we know.
    pub known: Option<i64>,
    /// What the movements will add that are on their way to us.
    pub coming: i64,
    /// What changed our number last, the latest last.
    pub history: Vec<PastMovement>,
}

impl Discrepancy {
    /// So many more lie there than we know of, or fewer.
    pub fn difference(&self) -> i64 {
        self.said.unwrap_or_default() - self.known.unwrap_or_default() - self.coming
    }
}

/// A movement of the ledger that changed what is on hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastMovement {
    /// What it was.
    pub kind: MovementKind,
    /// What it added.
    pub on_hand: i64,
    /// Why, in words.
    pub cause: String,
    /// The order, transfer, purchase or return that it belongs to.
    pub reference: Option<Uuid>,
    /// Who told it, if it was not the store itself.
    pub source: Option<String>,
    /// Their name for it.
    pub external_id: Option<String>,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// When it happened, where that is another time.
    pub occurred_at: Option<Timestamp>,
}

impl Inventory {
    /// Compares what another system says with what we know as of the same instant, and shows for each difference
    /// the last `history` movements of the place.
    ///
    /// What we know as of an instant is what is on hand now without what has happened since, by the time its
    /// source told for it. So what was told late is in it, whenever it came; and what the other system has not
    /// told us yet is taken from its own list of that. It reads the ledger for the history: a job for people.
    pub async fn compare(&self, said: &Said, history: u32) -> Result<Comparison, TellError> {
        check_source(&said.source)?;
        let mut transaction = queries::audit::begin(&self.pool).await?;
        let now = queries::reconcile::now(&mut transaction).await?;
        if said.as_of > now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX) {
            return Err(TellError::FromTheFuture { as_of: said.as_of });
        }
        let mut found = queries::reconcile::compare(&mut transaction, said).await?;
        let levels: Vec<_> =
            found.discrepancies.iter().map(|one| (&*one.sku, &*one.warehouse)).collect();
        let mut past = queries::reconcile::history(&mut transaction, &levels, history).await?;
        for one in &mut found.discrepancies {
            let names = (one.sku.clone(), one.warehouse.clone());
            one.history = past.remove(&names).unwrap_or_default();
        }
        transaction.commit().await.map_err(Error::from)?;
        Ok(found)
    }
}
