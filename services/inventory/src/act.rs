//! What those who work with the goods do: send, cancel, take back, throw away. Each has a name given by the
//! caller and is done once for it, however often it is said.

use crate::{
    Answer, Error, Inventory, Mode, MovementKind, UnknownSkus, end, queries,
    telling::{Row, tell_locked},
    told::OURSELVES,
};
use domain::{Sku, stock::Allocation};
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Whether something was done by this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// By this one.
    Now,
    /// The same was done before.
    Before,
}

/// Why something was not done. Nothing of the call was.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// No lines, or a line without pieces or with absurdly many.
    #[error("no pieces were named, or absurdly many")]
    NoPieces,
    /// No warehouse has this code.
    #[error("there is no warehouse {warehouse:?}")]
    UnknownWarehouse {
        /// The code that was named.
        warehouse: String,
    },
    /// The SKU never lay there.
    #[error("{sku} never lay there")]
    UnknownSku {
        /// The SKU.
        sku: String,
    },
    /// Something else was done under the same name.
    #[error("something else was done with {sku} under the same name")]
    Conflict {
        /// The SKU.
        sku: String,
    },
    /// The order does not have so many there that were neither sent nor cancelled.
    #[error("the order has only {open} of {sku} there")]
    NotAllocated {
        /// The SKU.
        sku: String,
        /// How many it has.
        open: i64,
    },
    /// Pieces would be taken that are not there or are promised to orders.
    #[error("of {on_hand} of {sku} {needed} are promised")]
    WouldTakePromised {
        /// The SKU.
        sku: String,
        /// Pieces that lie there.
        on_hand: i64,
        /// Pieces that have to stay.
        needed: i64,
    },
    /// The name is empty or too long.
    #[error("a name is empty or too long")]
    BadName,
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Goods that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The SKU.
    pub sku: Sku,
    /// Pieces that came back.
    pub quantity: u32,
    /// How many of them cannot be sold again and are thrown away.
    pub scrapped: u32,
}

impl Inventory {
    /// Books that pieces of a paid order left a warehouse: in one shipment or many, by the caller's names for
    /// them.
    pub async fn ship(
        &self,
        order: Uuid,
        shipment: &str,
        warehouse: &str,
        lines: &[(Sku, u32)],
    ) -> Result<Done, ActError> {
        let name = format!("shipment {order} {shipment}");
        let act = Act {
            warehouse,
            kind: MovementKind::Shipped,
            reference: Some(order),
            cause: "shipped",
        };
        self.act(UnknownSkus::Refuse, &[act.named(&name, lines)]).await
    }

    /// Gives back all that a paid order has and that was not sent yet, because it was cancelled, and returns it. Each
    /// warehouse is told what it is not to send any more. Safe to repeat: what was cancelled is not given back
    /// twice. An order that is not paid is [released](Self::release) instead.
    pub async fn cancel_allocation(&self, order: Uuid) -> Result<Vec<Allocation>, Error> {
        let mut transaction = self.pool.begin().await?;
        let cancelled = cancel_locked(&mut transaction, order).await;
        end(transaction, cancelled).await
    }

    /// Books what came back from a customer, `id` being the caller's for this return: what can be sold again is
    /// there again, the rest is thrown away.
    pub async fn take_back(
        &self,
        id: Uuid,
        order: Option<Uuid>,
        warehouse: &str,
        lines: &[Returned],
    ) -> Result<Done, ActError> {
        if lines.iter().any(|line| line.scrapped > line.quantity) {
            return Err(ActError::NoPieces);
        }
        let all: Vec<_> = lines.iter().map(|line| (line.sku.clone(), line.quantity)).collect();
        let waste = lines.iter().filter(|line| line.scrapped > 0);
        let waste: Vec<_> = waste.map(|line| (line.sku.clone(), line.scrapped)).collect();
        let (returned, scrapped) = (format!("return {id}"), format!("waste of return {id}"));
        let act = |kind, cause| Act { warehouse, kind, reference: order, cause };
        let mut acts = vec![act(MovementKind::Returned, "returned").named(&returned, &all)];
        if !waste.is_empty() {
            let thrown = act(MovementKind::Scrapped, "returned damaged");
            acts.push(thrown.named(&scrapped, &waste));
        }
        // It may come back to another house than it came from.
        self.act(UnknownSkus::Open, &acts).await
    }

    /// Books that pieces were thrown away, and why; `id` is the caller's.
    pub async fn scrap(
        &self,
        id: Uuid,
        warehouse: &str,
        lines: &[(Sku, u32)],
        cause: &str,
    ) -> Result<Done, ActError> {
        let name = format!("scrap {id}");
        let act = Act { warehouse, kind: MovementKind::Scrapped, reference: None, cause };
        self.act(UnknownSkus::Refuse, &[act.named(&name, lines)]).await
    }

    async fn act(&self, unknown: UnknownSkus, acts: &[NamedAct<'_>]) -> Result<Done, ActError> {
        let rows: Vec<_> = acts.iter().flat_map(NamedAct::rows).collect();
        if acts.iter().any(|act| act.lines.is_empty()) {
            return Err(ActError::NoPieces);
        }
        let answers = self.tell(OURSELVES, Mode::All, unknown, &rows).await?;
        done(&rows, &answers)
    }
}

/// Something that is done with goods of one warehouse.
pub(crate) struct Act<'a> {
    pub warehouse: &'a str,
    pub kind: MovementKind,
    pub reference: Option<Uuid>,
    pub cause: &'a str,
}

impl<'a> Act<'a> {
    /// The act under a name. Lines of one SKU are summed.
    pub fn named(self, name: &str, lines: &'a [(Sku, u32)]) -> NamedAct<'a> {
        let mut summed = BTreeMap::<&str, i64>::new();
        for (sku, quantity) in lines {
            *summed.entry(sku.as_str()).or_default() += i64::from(*quantity);
        }
        // No SKU has a space in it, so that no two pairs of name and SKU make the same text.
        let line = |(sku, quantity)| (format!("{name} {sku}"), sku, quantity);
        NamedAct { act: self, lines: summed.into_iter().map(line).collect() }
    }
}

/// The same with a name for each line.
pub(crate) struct NamedAct<'a> {
    act: Act<'a>,
    /// Name, SKU and pieces.
    lines: Vec<(String, &'a str, i64)>,
}

impl NamedAct<'_> {
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.lines.iter().map(|(external_id, sku, quantity)| Row {
            external_id,
            sequence: None,
            warehouse: self.act.warehouse,
            sku,
            kind: self.act.kind,
            quantity: *quantity,
            reference: self.act.reference,
            occurred_at: None,
            cause: self.act.cause,
        })
    }
}

/// Whether rows that were told together were told before, or what the first of those that are wrong is.
pub(crate) fn done(rows: &[Row<'_>], answers: &[Answer]) -> Result<Done, ActError> {
    let mut done = Done::Before;
    for (row, answer) in rows.iter().zip(answers) {
        let sku = row.sku.to_owned();
        match *answer {
            Answer::Applied | Answer::AppliedBeforeCount => done = Done::Now,
            Answer::AlreadyApplied | Answer::Withheld => {}
            Answer::Conflict => return Err(ActError::Conflict { sku }),
            Answer::UnknownWarehouse => {
                return Err(ActError::UnknownWarehouse { warehouse: row.warehouse.to_owned() });
            }
            Answer::UnknownSku => return Err(ActError::UnknownSku { sku }),
            Answer::NotAllocated { open } => return Err(ActError::NotAllocated { sku, open }),
            Answer::WouldTakePromised { on_hand, needed } => {
                return Err(ActError::WouldTakePromised { sku, on_hand, needed });
            }
            Answer::AbsurdQuantity => return Err(ActError::NoPieces),
            Answer::BadExternalId => return Err(ActError::BadName),
        }
    }
    Ok(done)
}

pub(crate) async fn cancel_locked(
    connection: &mut PgConnection,
    order: Uuid,
) -> Result<Vec<Allocation>, Error> {
    queries::holds::lock_references(connection, &[order]).await?;
    // Locked before they are read: what is open changes only for who has the levels.
    queries::shelves::lock(connection, &[order], &[]).await?;
    let open = queries::told::open_pieces(connection, &[order]).await?;
    let mut parts: Vec<_> = open
        .into_iter()
        .map(|((_, sku, warehouse), quantity)| (sku, warehouse, quantity))
        .collect();
    parts.sort();
    let names: Vec<_> = parts
        .iter()
        .map(|(sku, warehouse, _)| format!("cancellation {order} {sku} {warehouse}"))
        .collect();
    let mut rows = Vec::with_capacity(parts.len());
    for ((sku, warehouse, quantity), external_id) in parts.iter().zip(&names) {
        rows.push(Row {
            external_id,
            sequence: None,
            warehouse,
            sku,
            kind: MovementKind::Cancelled,
            quantity: *quantity,
            reference: Some(order),
            occurred_at: None,
            cause: "cancelled",
        });
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let answers = tell_locked(connection, OURSELVES, Mode::All, &rows).await?;
    if !answers.iter().all(|answer| *answer == Answer::Applied) {
        // Under these locks nobody else can have done it.
        return Err(Error::Outrun);
    }
    let allocation = |(sku, warehouse, quantity): (String, String, i64)| {
        Ok(Allocation {
            sku: Sku::parse(&sku).map_err(|error| sqlx::Error::Decode(error.into()))?,
            warehouse,
            quantity: u32::try_from(quantity).map_err(|error| sqlx::Error::Decode(error.into()))?,
        })
    };
    let cancelled: Vec<_> =
        parts.into_iter().map(allocation).collect::<Result<_, sqlx::Error>>()?;
    queries::instructions::cancel(connection, order, &cancelled).await?;
    Ok(cancelled)
}
