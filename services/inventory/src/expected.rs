//! What customers said they send back: a warehouse is told to expect it. What comes in the end is booked when it is
//! there, whether it was expected or not.

use crate::{Done, Error, Inventory, end, queries};
use domain::Sku;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Goods of an order that will come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedReturn {
    /// The caller's name for it: told again, nothing is expected twice.
    pub id: Uuid,
    /// The order that they were sent with.
    pub order: Uuid,
    /// The code of the warehouse they will come to, which may be another than they came from.
    pub warehouse: String,
    /// SKUs with their pieces; lines of one SKU are summed. Of a bundle its components are named: they are what was
    /// sent.
    pub lines: Vec<(Sku, u32)>,
}

/// Why a return is not expected. No warehouse is told anything then.
#[derive(Debug, thiserror::Error)]
pub enum ExpectError {
    /// No lines, or a line without pieces.
    #[error("no pieces were named")]
    NoPieces,
    /// No warehouse has this code.
    #[error("there is no warehouse {warehouse:?}")]
    UnknownWarehouse {
        /// The code that was named.
        warehouse: String,
    },
    /// More would come back than was sent to that order and is not expected already.
    #[error("{left} of {sku} can come back of that order")]
    NotShipped {
        /// The SKU.
        sku: Sku,
        /// So many were sent, less what is expected already.
        left: i64,
    },
    /// Another return has this name.
    #[error("another return is named {id}")]
    Conflict {
        /// The name.
        id: Uuid,
    },
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<sqlx::Error> for ExpectError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Inventory {
    /// Has a warehouse told that goods of an order will come back. The same again is done already.
    pub async fn expect_return(&self, expected: &ExpectedReturn) -> Result<Done, ExpectError> {
        let mut lines = BTreeMap::<&Sku, i64>::new();
        for (sku, quantity) in &expected.lines {
            *lines.entry(sku).or_default() += i64::from(*quantity);
        }
        if lines.is_empty() || expected.lines.iter().any(|(_, quantity)| *quantity == 0) {
            return Err(ExpectError::NoPieces);
        }
        let mut transaction = self.pool.begin().await?;
        let done = expect_locked(&mut transaction, expected, &lines).await;
        end(transaction, done).await
    }
}

async fn expect_locked(
    connection: &mut PgConnection,
    expected: &ExpectedReturn,
    lines: &BTreeMap<&Sku, i64>,
) -> Result<Done, ExpectError> {
    let ExpectedReturn { id, order, warehouse, .. } = expected;
    // The return's name as well: it may be given to two orders in the same moment.
    queries::holds::lock_references(connection, &[*id, *order]).await?;
    if let Some(known) = queries::returns::find(connection, *id).await? {
        let known_lines: BTreeMap<_, _> =
            known.lines.iter().map(|(sku, quantity)| (sku, *quantity)).collect();
        let same = known.order == *order && known.warehouse == *warehouse && known_lines == *lines;
        return if same { Ok(Done::Before) } else { Err(ExpectError::Conflict { id: *id }) };
    }
    let can_come_back = queries::returns::can_come_back(connection, *order).await?;
    for (&sku, quantity) in lines {
        let left = can_come_back.get(sku).copied().unwrap_or_default();
        if left < *quantity {
            return Err(ExpectError::NotShipped { sku: sku.clone(), left });
        }
    }
    if !queries::returns::expect(connection, expected, lines).await? {
        return Err(ExpectError::UnknownWarehouse { warehouse: warehouse.clone() });
    }
    Ok(Done::Now)
}
