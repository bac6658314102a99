//! Transfers: pieces that go from one warehouse to another. Between leaving and arriving they are in neither and
//! cannot be sold; what is under way is told by [`Inventory::transfers`].

use crate::{
    ActError, Done, Error, Inventory, Mode, MovementKind,
    act::{Act, done},
    end, queries,
    telling::tell_locked,
    told::OURSELVES,
};
use domain::{Sku, stock::TransferState};
use jiff::civil::Date;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Pieces that are to go from one warehouse to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The caller's name for it.
    pub id: Uuid,
    /// The code of the warehouse they leave.
    pub from: String,
    /// The code of the warehouse they go to.
    pub to: String,
    /// The day they are expected there.
    pub expected_on: Option<Date>,
    /// What is to go, each SKU once, by SKU.
    pub lines: Vec<(Sku, u32)>,
}

/// A transfer as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferNow {
    /// What was ordered.
    pub transfer: Transfer,
    /// How far it has come.
    pub state: TransferState,
}

/// Why a transfer did not go on.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// There is no such transfer.
    #[error("there is no transfer {id}")]
    Unknown {
        /// The name that was given.
        id: Uuid,
    },
    /// It leads nowhere else, or a SKU is named twice.
    #[error("it leads nowhere else, or names a SKU twice")]
    Nonsense,
    /// Another transfer has this name.
    #[error("another transfer is named {id}")]
    Conflict {
        /// The name.
        id: Uuid,
    },
    /// It has come so far that this cannot be done any more, or not so far that it can be done yet.
    #[error("a transfer that is {} cannot become {}", .state.as_str(), .wanted.as_str())]
    Illegal {
        /// How far it has come.
        state: TransferState,
        /// What it should have become.
        wanted: TransferState,
    },
    /// More arrived of something than had left, or something that had not.
    #[error("more of {sku} would arrive than left")]
    MoreThanLeft {
        /// The SKU.
        sku: Sku,
    },
    /// The pieces could not be moved.
    #[error(transparent)]
    Refused(#[from] ActError),
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<sqlx::Error> for TransferError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Inventory {
    /// Orders a transfer; nothing moves yet. The same again is done already.
    pub async fn order_transfer(&self, transfer: &Transfer) -> Result<Done, TransferError> {
        let skus: BTreeSet<_> = transfer.lines.iter().map(|(sku, _)| sku).collect();
        if transfer.from == transfer.to || skus.len() != transfer.lines.len() {
            return Err(TransferError::Nonsense);
        }
        if transfer.lines.is_empty() || transfer.lines.iter().any(|(_, pieces)| *pieces == 0) {
            return Err(ActError::NoPieces.into());
        }
        let known =
            queries::transfers::warehouses(&self.pool, &[&transfer.from, &transfer.to]).await?;
        if let Some(unknown) =
            [&transfer.from, &transfer.to].into_iter().find(|code| !known.contains(code))
        {
            let warehouse = unknown.clone();
            return Err(ActError::UnknownWarehouse { warehouse }.into());
        }
        if queries::transfers::insert(&self.pool, transfer).await? {
            return Ok(Done::Now);
        }
        let before = queries::transfers::find(&self.pool, transfer.id).await?;
        let mut wanted = transfer.clone();
        wanted.lines.sort();
        match before {
            Some(before) if before.transfer == wanted => Ok(Done::Before),
            _ => Err(TransferError::Conflict { id: transfer.id }),
        }
    }

    /// The pieces of a transfer leave: they are in no warehouse until they arrive.
    pub async fn send_transfer(&self, id: Uuid) -> Result<Done, TransferError> {
        let mut transaction = self.pool.begin().await?;
        let sent = step(&mut transaction, id, TransferState::InTransit, None).await;
        end(transaction, sent).await
    }

    /// The pieces of a transfer arrive, all of them or as many as are named: the rest was lost on the way.
    pub async fn receive_transfer(
        &self,
        id: Uuid,
        arrived: Option<&[(Sku, u32)]>,
    ) -> Result<Done, TransferError> {
        let transfer = self.transfer(id).await?.transfer;
        let levels = transfer.lines.iter().map(|(sku, _)| (sku.as_str(), transfer.to.as_str()));
        queries::told::open(&self.pool, &levels.collect()).await?;
        let mut transaction = self.pool.begin().await?;
        let received = step(&mut transaction, id, TransferState::Arrived, arrived).await;
        end(transaction, received).await
    }

    /// Nothing of a transfer leaves.
    pub async fn cancel_transfer(&self, id: Uuid) -> Result<Done, TransferError> {
        let mut transaction = self.pool.begin().await?;
        let cancelled = step(&mut transaction, id, TransferState::Cancelled, None).await;
        end(transaction, cancelled).await
    }

    /// A transfer as it stands.
    pub async fn transfer(&self, id: Uuid) -> Result<TransferNow, TransferError> {
        let found = queries::transfers::find(&self.pool, id).await?;
        found.ok_or(TransferError::Unknown { id })
    }

    /// The transfers that were ordered or are under way, the oldest first.
    pub async fn transfers(&self) -> Result<Vec<TransferNow>, Error> {
        Ok(queries::transfers::list_open(&self.pool).await?)
    }
}

/// Takes a transfer to another state, with what that moves.
async fn step(
    connection: &mut PgConnection,
    id: Uuid,
    wanted: TransferState,
    arrived: Option<&[(Sku, u32)]>,
) -> Result<Done, TransferError> {
    let Some(TransferNow { transfer, state }) = queries::transfers::lock(connection, id).await?
    else {
        return Err(TransferError::Unknown { id });
    };
    if state == wanted || (state, wanted) == (TransferState::Arrived, TransferState::InTransit) {
        return Ok(Done::Before);
    }
    if !state.may_become(wanted) {
        return Err(TransferError::Illegal { state, wanted });
    }
    let lines = match arrived {
        Some(arrived) => no_more_than(&transfer.lines, arrived)?,
        None => transfer.lines.clone(),
    };
    let (name, act) = match wanted {
        TransferState::InTransit => (
            format!("transfer out {id}"),
            Some((transfer.from.as_str(), MovementKind::TransferredOut)),
        ),
        TransferState::Arrived => {
            (format!("transfer in {id}"), Some((transfer.to.as_str(), MovementKind::TransferredIn)))
        }
        TransferState::Ordered | TransferState::Cancelled => (String::new(), None),
    };
    if let Some((warehouse, kind)) = act {
        let moved: Vec<_> = lines.iter().filter(|(_, pieces)| *pieces > 0).cloned().collect();
        let act = Act { warehouse, kind, reference: Some(id), cause: "transfer" };
        let act = act.named(&name, &moved);
        let rows: Vec<_> = act.rows().collect();
        let answers = tell_locked(connection, OURSELVES, Mode::All, &rows).await?;
        done(&rows, &answers)?;
    }
    if wanted == TransferState::Arrived {
        queries::transfers::set_arrived(connection, id, &lines).await?;
    }
    queries::transfers::set_state(connection, id, wanted).await?;
    Ok(Done::Now)
}

/// What arrived of each line, which is no more than had left.
fn no_more_than(
    left: &[(Sku, u32)],
    arrived: &[(Sku, u32)],
) -> Result<Vec<(Sku, u32)>, TransferError> {
    let mut summed: BTreeMap<&Sku, u32> = left.iter().map(|(sku, _)| (sku, 0)).collect();
    for (sku, pieces) in arrived {
        match summed.get_mut(sku) {
            Some(sum) => *sum = sum.saturating_add(*pieces),
            None => return Err(TransferError::MoreThanLeft { sku: sku.clone() }),
        }
    }
    if let Some((sku, _)) = left.iter().find(|(sku, pieces)| summed[sku] > *pieces) {
        return Err(TransferError::MoreThanLeft { sku: sku.clone() });
    }
    Ok(summed.into_iter().map(|(sku, pieces)| (sku.clone(), pieces)).collect())
}
