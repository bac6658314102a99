//! Purchase orders: what suppliers were asked for, when it is expected, and what of it has come. What is expected is
//! what back-orders are promised from.

use crate::{
    ActError, Answer, Done, Error, Inventory, Mode, MovementKind,
    act::{Act, done},
    end, queries,
    telling::tell_locked,
    told::OURSELVES,
};
use domain::{Sku, stock::PurchaseState};
use jiff::civil::Date;
use sqlx::PgConnection;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What a supplier is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseOrder {
    /// The caller's name for it.
    pub id: Uuid,
    /// The code of the warehouse it goes to.
    pub warehouse: String,
    /// Who is asked.
    pub supplier: String,
    /// The day it is expected.
    pub expected_on: Option<Date>,
    /// What is asked for, each SKU once.
    pub lines: Vec<(Sku, u32)>,
}

/// How much of a line has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseLine {
    /// The SKU.
    pub sku: Sku,
    /// Pieces that were asked for.
    pub ordered: u32,
    /// Pieces that have come: more than were asked for, if the supplier erred.
    pub received: u32,
}

/// A purchase order as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseNow {
    /// The code of the warehouse it goes to.
    pub warehouse: String,
    /// Who was asked.
    pub supplier: String,
    /// Whether anything is waited for.
    pub state: PurchaseState,
    /// The day it is expected.
    pub expected_on: Option<Date>,
    /// Its lines, by SKU.
    pub lines: Vec<PurchaseLine>,
}

/// What a receipt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Whether it was booked by this call.
    pub done: Done,
    /// The purchase order with it.
    pub purchase: PurchaseNow,
    /// The lines of which more has come than was asked for.
    pub over: Vec<PurchaseLine>,
}

/// Why a purchase order was not written or received.
#[derive(Debug, thiserror::Error)]
pub enum PurchaseError {
    /// There is no such purchase order.
    #[error("there is no purchase order {id}")]
    Unknown {
        /// The name that was given.
        id: Uuid,
    },
    /// Another purchase order has this name.
    #[error("another purchase order is named {id}")]
    Conflict {
        /// The name.
        id: Uuid,
    },
    /// A SKU is named twice, or the supplier not at all.
    #[error("a SKU is named twice, or the supplier not at all")]
    Nonsense,
    /// The SKU was not asked for.
    #[error("{sku} was not asked for")]
    NotOrdered {
        /// The SKU.
        sku: Sku,
    },
    /// Nothing is waited for any more.
    #[error("the purchase order is {} already", .state.as_str())]
    Over {
        /// How it ended.
        state: PurchaseState,
    },
    /// The pieces could not be booked.
    #[error(transparent)]
    Refused(#[from] ActError),
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<sqlx::Error> for PurchaseError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Inventory {
    /// Writes down what a supplier is asked for. The same again is done already; with another day, it is that on which
    /// it is expected now.
    pub async fn order_purchase(&self, purchase: &PurchaseOrder) -> Result<Done, PurchaseError> {
        let skus: BTreeSet<_> = purchase.lines.iter().map(|(sku, _)| sku).collect();
        if skus.len() != purchase.lines.len() || purchase.supplier.trim().is_empty() {
            return Err(PurchaseError::Nonsense);
        }
        if purchase.lines.is_empty() || purchase.lines.iter().any(|(_, pieces)| *pieces == 0) {
            return Err(ActError::NoPieces.into());
        }
        let known = queries::transfers::warehouses(&self.pool, &[&purchase.warehouse]).await?;
        if known.is_empty() {
            let warehouse = purchase.warehouse.clone();
            return Err(ActError::UnknownWarehouse { warehouse }.into());
        }
        if queries::purchases::insert(&self.pool, purchase).await? {
            return Ok(Done::Now);
        }
        let before = self.purchase(purchase.id).await?;
        let mut lines = purchase.lines.clone();
        lines.sort();
        let before_lines = before.lines.iter().map(|line| (line.sku.clone(), line.ordered));
        let is_same = before.warehouse == purchase.warehouse
            && before.supplier == purchase.supplier
            && before_lines.eq(lines);
        if !is_same {
            return Err(PurchaseError::Conflict { id: purchase.id });
        }
        if before.expected_on == purchase.expected_on {
            return Ok(Done::Before);
        }
        let day = purchase.expected_on;
        match queries::purchases::set_expected_on(&self.pool, purchase.id, day).await? {
            true => Ok(Done::Now),
            false => Err(PurchaseError::Over { state: self.purchase(purchase.id).await?.state }),
        }
    }

    /// A purchase order as it stands.
    pub async fn purchase(&self, id: Uuid) -> Result<PurchaseNow, PurchaseError> {
        let found = queries::purchases::find(&self.pool, id).await?;
        found.ok_or(PurchaseError::Unknown { id })
    }

    /// Books what came of a purchase order, all of it or some; `receipt` is the caller's name for this delivery,
    /// which is booked once. When nothing more is to come the purchase order has been received. More than was
    /// asked for is booked as well, and told.
    pub async fn receive_purchase(
        &self,
        id: Uuid,
        receipt: &str,
        lines: &[(Sku, u32)],
    ) -> Result<Receipt, PurchaseError> {
        if lines.is_empty() {
            return Err(ActError::NoPieces.into());
        }
        let purchase = self.purchase(id).await?;
        // What was not asked for gets no place there by a slip.
        let asked = purchase.lines.iter();
        let levels = asked.map(|line| (line.sku.as_str(), purchase.warehouse.as_str()));
        queries::told::open(&self.pool, &levels.collect()).await?;
        let mut transaction = self.pool.begin().await?;
        let received = receive_locked(&mut transaction, id, receipt, lines).await;
        let done = end(transaction, received).await?;
        let purchase = self.purchase(id).await?;
        let over = purchase.lines.iter().filter(|line| line.received > line.ordered);
        let over = over.cloned().collect();
        Ok(Receipt { done, purchase, over })
    }

    /// Nothing more of a purchase order will come. Safe to repeat.
    pub async fn close_purchase(&self, id: Uuid) -> Result<Done, PurchaseError> {
        let mut transaction = self.pool.begin().await?;
        let closed = close_locked(&mut transaction, id).await;
        end(transaction, closed).await
    }
}

async fn receive_locked(
    connection: &mut PgConnection,
    id: Uuid,
    receipt: &str,
    lines: &[(Sku, u32)],
) -> Result<Done, PurchaseError> {
    let Some(purchase) = queries::purchases::lock(connection, id).await? else {
        return Err(PurchaseError::Unknown { id });
    };
    let ordered = |sku: &Sku| purchase.lines.iter().any(|line| &line.sku == sku);
    if let Some((sku, _)) = lines.iter().find(|(sku, _)| !ordered(sku)) {
        return Err(PurchaseError::NotOrdered { sku: sku.clone() });
    }
    let name = format!("receipt {id} {receipt}");
    let (warehouse, kind) = (purchase.warehouse.as_str(), MovementKind::Received);
    let act = Act { warehouse, kind, reference: Some(id), cause: "purchase order" };
    let act = act.named(&name, lines);
    let rows: Vec<_> = act.rows().collect();
    let answers = tell_locked(connection, OURSELVES, Mode::All, &rows).await?;
    let done = done(&rows, &answers)?;
    // A delivery that was booked before is no news, however the purchase order ended since.
    if done == Done::Before {
        return Ok(done);
    }
    if purchase.state != PurchaseState::Ordered {
        return Err(PurchaseError::Over { state: purchase.state });
    }
    let booked: Vec<_> = rows
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| **answer == Answer::Applied)
        .map(|(row, _)| (row.sku, row.quantity))
        .collect();
    queries::purchases::add_received(connection, id, &booked).await?;
    Ok(done)
}

async fn close_locked(connection: &mut PgConnection, id: Uuid) -> Result<Done, PurchaseError> {
    let Some(purchase) = queries::purchases::lock(connection, id).await? else {
        return Err(PurchaseError::Unknown { id });
    };
    if purchase.state != PurchaseState::Ordered {
        return Ok(Done::Before);
    }
    queries::purchases::set_state(connection, id, PurchaseState::Cancelled).await?;
    Ok(Done::Now)
}
