//! Returns: asked for by whoever holds the order's key, announced to a warehouse, looked at by staff, paid back. Whoever asks
//! says which of the order's returns it is, so that a form sent twice is one return. It has a name of its own, under which
//! the warehouse expects it and its money goes back, once. What stops half-way the sweeper goes on with.
//!
//! Where the goods lie afterwards is not said here: whoever takes them in tells inventory, as of everything that moves.

use crate::{
    Error, Orders, Step, queries,
    queries::returns::{NewReturn, ReturnRecord},
    record::{LineRecord, OrderRecord},
    returnable::{check, is_same, returnable, verdict},
};
use domain::{
    Money, OrderNumber, Sku,
    order::{Actor, Happened, RETURN_DAYS, ReturnState, ReturnWish},
};
use inventory::ExpectedReturn;
use payments::Refunded;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Why a return was not taken on, or not looked at. Nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ReturnFailure {
    /// Nothing was named that is to be sent back, or one thing twice.
    #[error("nothing was named, or something twice")]
    Nothing,
    /// Not all of the order was sent yet, or it was never paid.
    #[error("not all of the order was sent")]
    NotSent,
    /// The time for it is over.
    #[error("the time to send it back is over")]
    TooLate,
    /// Not so many pieces can be sent back, or be accepted.
    #[error("only {left} of {sku} can be sent back")]
    TooMany {
        /// The SKU.
        sku: Sku,
        /// How many pieces can.
        left: u32,
    },
    /// Something else was announced under the same number, or the number is not the next one: the page is an older one.
    #[error("another return has this number")]
    Changed,
    /// It was looked at before, or is not expected yet.
    #[error("the return is {}", state.as_str())]
    NotExpected {
        /// Where it is.
        state: ReturnState,
    },
    /// A part of the store failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sqlx::Error> for ReturnFailure {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Orders {
    /// Takes on that something of an order will be sent back, for whoever holds its key; `None` when there is no such
    /// order. `which` of the order's returns it is, from 1, is the caller's to say: said again, it is the same return.
    pub async fn request_return(
        &self,
        number: &OrderNumber,
        key: &str,
        which: u32,
        wishes: &[ReturnWish],
    ) -> Result<Option<()>, ReturnFailure> {
        let Some(order) = self.unlocked(number, key).await? else { return Ok(None) };
        let (orders, wishes) = (self.clone(), wishes.to_vec());
        let requested = async move {
            let id = orders.write_return(order.id, which, &wishes).await?;
            orders.reached(Step::ReturnRequested)?;
            if let Err(error) = orders.go_on_with_return(id).await {
                tracing::warn!(%id, %error, "the warehouse will be told of a return later");
            }
            Ok(())
        };
        crate::to_the_end(requested).await.map(Some)
    }

    /// Writes the return, or finds it written; its name.
    async fn write_return(
        &self,
        order: Uuid,
        which: u32,
        wishes: &[ReturnWish],
    ) -> Result<Uuid, ReturnFailure> {
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, order).await?;
        let known = queries::returns::list_locked(&mut transaction, order.id).await?;
        let same: Vec<_> =
            known.iter().filter(|line| line.number.unsigned_abs() == which).collect();
        if let Some(first) = same.first() {
            return if is_same(&same, wishes) { Ok(first.id) } else { Err(ReturnFailure::Changed) };
        }
        let number = known.iter().map(|line| line.number).max().unwrap_or_default() + 1;
        if number.unsigned_abs() != which {
            return Err(ReturnFailure::Changed);
        }
        if !order.is_paid() || !order.fulfilment()?.is_sent() {
            return Err(ReturnFailure::NotSent);
        }
        if queries::returns::is_too_late(&mut transaction, order.id, RETURN_DAYS).await? {
            return Err(ReturnFailure::TooLate);
        }
        let parcels = queries::parcels::list_locked(&mut transaction, order.id).await?;
        let lines = queries::list_lines(&mut transaction, order.id).await?;
        check(wishes, &returnable(&lines, &parcels, &known))?;
        // It goes back to where the first of it came from.
        let sent = |wish: &ReturnWish| parcels.iter().find(|line| line.sku == wish.sku.as_str());
        let home = wishes.iter().find_map(sent).ok_or(ReturnFailure::NotSent)?;
        let (warehouse, warehouse_name) = (&*home.warehouse, &*home.warehouse_name);
        let id = Uuid::now_v7();
        let new = NewReturn { id, order: order.id, number, warehouse, warehouse_name, wishes };
        queries::returns::insert(&mut transaction, &new).await?;
        let pieces = wishes.iter().map(|wish| wish.quantity).sum();
        let happened = Happened::ReturnRequested { number: which, pieces };
        let by = Actor::Shopper;
        queries::timeline::record(&mut transaction, order.id, by, &happened, None).await?;
        self.tell_goods(&mut transaction, &order, order.fulfilment()?).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Writes down what staff, or whoever looked at a return, accepted of it, by SKU; of what is not named nothing was.
    /// What was accepted is paid back: all that is left, postage and all, if with it the whole order came back. `None` if
    /// there is no such order or return.
    pub async fn inspect_return(
        &self,
        order: &OrderNumber,
        number: u32,
        accepted: &[(Sku, u32)],
        by: Actor,
        why: Option<&str>,
    ) -> Result<Option<()>, ReturnFailure> {
        let Some(found) = queries::find_by_number(&self.pool, order).await? else {
            return Ok(None);
        };
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, found.id).await?;
        let all = queries::returns::list_locked(&mut transaction, order.id).await?;
        let ours: Vec<_> =
            all.iter().filter(|line| line.number.unsigned_abs() == number).cloned().collect();
        let Some(first) = ours.first() else { return Ok(None) };
        let state = state_of(&order, first)?;
        if state != ReturnState::Expected {
            return Err(ReturnFailure::NotExpected { state });
        }
        let verdict = verdict(&ours, accepted)?;
        let lines = queries::list_lines(&mut transaction, order.id).await?;
        let refund = self.refund_for(&order, &lines, &all, &verdict).await?;
        queries::returns::inspect(&mut transaction, first.id, &verdict, refund).await?;
        let count = |pieces: i64| u32::try_from(pieces).unwrap_or(u32::MAX);
        let taken = verdict.iter().map(|(_, pieces)| count(*pieces)).sum();
        let announced: u32 = ours.iter().map(|line| line.quantity.unsigned_abs()).sum();
        let refused = announced - taken;
        let happened = Happened::ReturnInspected { number, accepted: taken, refused };
        queries::timeline::record(&mut transaction, order.id, by, &happened, why).await?;
        let shipments = self.inventory.shipments_of(order.id).await.map_err(Error::inventory)?;
        let now = self.note_goods(&mut transaction, &order, &shipments).await?;
        self.tell_goods(&mut transaction, &order, now).await?;
        transaction.commit().await?;
        self.reached(Step::ReturnInspected)?;
        if let Err(error) = self.go_on_with_return(first.id).await {
            tracing::warn!(id = %first.id, %error, "a return will be paid back later");
        }
        Ok(Some(()))
    }

    /// How much is paid back for what was accepted, in minor units; nothing if nothing was. Never more than is left of
    /// what was paid.
    async fn refund_for(
        &self,
        order: &OrderRecord,
        lines: &[LineRecord],
        all: &[ReturnRecord],
        verdict: &[(&str, i64)],
    ) -> Result<Option<i64>, Error> {
        let accepted_now: i64 = verdict.iter().map(|(_, pieces)| pieces).sum();
        if accepted_now == 0 {
            return Ok(None);
        }
        let before: i64 = all.iter().filter_map(|line| line.accepted).map(i64::from).sum();
        let ordered: i64 = lines.iter().map(|line| i64::from(line.quantity)).sum();
        let captured = self.payments.captured(order.id).await?;
        let left =
            captured.map_or(0, |it| it.amount.minor() - it.refunded.minor()) - owed_already(all);
        let price = |sku: &str| {
            let line = lines.iter().find(|line| line.sku == sku);
            line.map_or(0, |line| line.unit_minor)
        };
        let worth: i64 = verdict.iter().map(|(sku, pieces)| price(sku) * pieces).sum();
        let amount = if before + accepted_now >= ordered { left } else { worth.min(left) };
        // It may have been paid back at the provider's desk already.
        Ok(Some(amount.max(0)))
    }

    /// Announces a return to its warehouse, or pays it back: whichever comes next. Safe to repeat.
    pub(crate) async fn go_on_with_return(&self, id: Uuid) -> Result<(), Error> {
        let lines = queries::returns::find(&self.pool, id).await?;
        let Some(first) = lines.first() else { return Ok(()) };
        let order = queries::load(&self.pool, first.order_id).await?;
        match state_of(&order, first)? {
            ReturnState::Requested => self.announce(&order, &lines).await,
            ReturnState::Accepted => self.pay_back(&order, first).await,
            ReturnState::Expected | ReturnState::Refunded | ReturnState::Rejected => Ok(()),
        }
    }

    async fn announce(&self, order: &OrderRecord, lines: &[ReturnRecord]) -> Result<(), Error> {
        let Some(first) = lines.first() else { return Ok(()) };
        let line = |line: &ReturnRecord| {
            let sku = Sku::parse(&line.sku).map_err(|_| order.unreadable("SKU"))?;
            Ok((sku, line.quantity.unsigned_abs()))
        };
        let expected = ExpectedReturn {
            id: first.id,
            order: order.id,
            warehouse: first.warehouse.clone(),
            lines: lines.iter().map(line).collect::<Result<_, Error>>()?,
        };
        self.inventory.expect_return(&expected).await.map_err(Error::inventory)?;
        let mut connection = self.pool.acquire().await?;
        let (from, to) = (ReturnState::Requested, ReturnState::Expected);
        queries::returns::advance(&mut connection, first.id, from, to).await?;
        Ok(())
    }

    async fn pay_back(&self, order: &OrderRecord, first: &ReturnRecord) -> Result<(), Error> {
        let amount = Money::new(first.refund_minor.unwrap_or_default(), order.currency()?);
        let (key, reason) = (format!("return {}", first.id), format!("return {}", first.number));
        if amount.minor() > 0
            && let Refunded::Pending(_) =
                self.payments.refund(order.id, &key, amount, &reason).await?
        {
            // The provider has not said yes yet; the sweeper asks again, under the same name.
            return Ok(());
        }
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, order.id).await?;
        let (from, to) = (ReturnState::Accepted, ReturnState::Refunded);
        if queries::returns::advance(&mut transaction, first.id, from, to).await? {
            self.note_money(&mut transaction, &order, Actor::Store).await?;
            self.tell_goods(&mut transaction, &order, order.fulfilment()?).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// What returns that were looked at are still to be paid.
fn owed_already(all: &[ReturnRecord]) -> i64 {
    let open = all.iter().filter(|line| line.state == ReturnState::Accepted.as_str());
    let owed: BTreeMap<Uuid, i64> =
        open.map(|line| (line.id, line.refund_minor.unwrap_or_default())).collect();
    owed.values().sum()
}

pub(crate) fn state_of(order: &OrderRecord, line: &ReturnRecord) -> Result<ReturnState, Error> {
    ReturnState::parse(&line.state).ok_or_else(|| order.unreadable("state of a return"))
}
