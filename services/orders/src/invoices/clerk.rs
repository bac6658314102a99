//! Issues what is due and prints it. The next number of a series is taken in the transaction that issues the document,
//! and whoever comes meanwhile waits for its end: so a number is given back when that fails, and none is missing. What
//! takes its time, the printing, comes after it.

use super::{
    Facts, Seller,
    facts::Unissuable,
    print::{self, Heading, Unprintable},
};
use crate::{
    Error,
    queries::{
        self,
        invoices::{Due, InvoiceRecord, New},
    },
};
use domain::{invoice::InvoiceKind, order::OrderView, pricing::TaxPart};
use platform::Backoff;
use sqlx::{PgConnection, PgPool};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often is looked for what is due.
const EVERY: Duration = Duration::from_millis(500);
/// Who has issued a document has printed it within this time, or another prints it.
const LEASE: Duration = Duration::from_secs(10);
/// What could not be issued is looked at again after this time, and then ever more rarely.
const AGAIN: Duration = Duration::from_secs(5);
/// How rarely at most.
const AGAIN_AT_MOST: Duration = Duration::from_secs(3_600);

/// Issues documents in the name of a seller. Cheap to clone.
#[derive(Clone)]
pub struct Clerk {
    pool: PgPool,
    seller: Arc<Seller>,
}

impl Clerk {
    /// For the orders in a pool for [`crate::SCHEMA`].
    pub fn new(pool: PgPool, seller: Seller) -> Self {
        Self { pool, seller: Arc::new(seller) }
    }

    /// Issues and prints until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut backoff = Backoff::new(EVERY, Duration::from_secs(5));
        while !stop.is_cancelled() {
            match self.next().await {
                Ok(true) => backoff.reset(),
                Ok(false) => {
                    backoff.reset();
                    stop.run_until_cancelled(tokio::time::sleep(EVERY)).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "invoices will be issued later");
                    stop.run_until_cancelled(backoff.wait()).await;
                }
            }
        }
    }

    /// Issues and prints what has waited longest; whether there was anything.
    pub async fn next(&self) -> Result<bool, Error> {
        let mut transaction = self.pool.begin().await?;
        let Some(due) = queries::invoices::take_due(&mut transaction).await? else {
            return Ok(false);
        };
        let issued = match due.invoice_id {
            Some(id) => Ok((id, None)),
            None => self.issue(&mut transaction, &due).await.map(|(id, number)| (id, Some(number))),
        };
        let (id, number) = match issued {
            Ok(issued) => issued,
            Err(Unissuable::Failed(error)) if platform::is_absence(&error) => return Err(error),
            Err(unissuable) => {
                // With it goes the number, if one was taken.
                transaction.rollback().await?;
                self.put_off(&due, unissuable.to_string()).await?;
                return Ok(true);
            }
        };
        queries::invoices::set_issued(&mut transaction, due.id, id, LEASE).await?;
        transaction.commit().await?;
        if let Some(number) = number {
            tracing::info!(order = %due.order_id, number, "{} issued", due.kind);
        }
        match self.print(&due, id).await {
            // One that cannot be read must not take the turn of the others.
            Err(error) if !platform::is_absence(&error) => {
                self.put_off(&due, error.to_string()).await?;
            }
            printed => printed?,
        }
        Ok(true)
    }

    async fn issue(
        &self,
        transaction: &mut PgConnection,
        due: &Due,
    ) -> Result<(Uuid, String), Unissuable> {
        let order = self.order(due.order_id).await?;
        let (kind, corrects, facts) = match due.kind == InvoiceKind::Invoice.as_str() {
            true => (InvoiceKind::Invoice, None, Facts::of_invoice(&self.seller, &order)?),
            false => {
                let credit = due.credit.as_ref().ok_or(Unissuable::NoCredit)?;
                let credit =
                    serde_json::from_value(credit.0.clone()).map_err(Unissuable::Unread)?;
                let invoice = queries::invoices::lock_invoice(transaction, due.order_id).await?;
                let invoice = invoice.ok_or(Unissuable::NoInvoice)?;
                let earlier =
                    queries::invoices::list_credit_notes(transaction, due.order_id).await?;
                let before: Vec<TaxPart> =
                    earlier.iter().flat_map(|note| note.facts.taxes.clone()).collect();
                let about = (invoice.number.as_str(), &invoice.facts.0);
                let facts = Facts::of_credit_note(&self.seller, &order, about, &before, &credit)?;
                (InvoiceKind::CreditNote, Some(invoice.id), facts)
            }
        };
        // Last, so that others wait for it as shortly as can be.
        let number = queries::invoices::take_number(transaction, kind.series()).await?;
        let (id, total) = (Uuid::now_v7(), facts.total);
        let new = New {
            id,
            order: due.order_id,
            kind,
            cause: &due.cause,
            number,
            corrects,
            total,
            facts: &facts,
        };
        let number = queries::invoices::insert(transaction, &new).await?;
        Ok((id, number))
    }

    /// The order as it is frozen.
    async fn order(&self, id: Uuid) -> Result<OrderView, Error> {
        let order = queries::load(&self.pool, id).await?;
        let (lines, address) = queries::lines_and_address(&self.pool, id).await?;
        // A document tells what was bought, and not what became of it by now.
        order.bought(lines, &address)
    }

    async fn print(&self, due: &Due, id: Uuid) -> Result<(), Error> {
        let issued = queries::invoices::load(&self.pool, id).await?;
        // It takes some milliseconds of a processor, which are nobody else's.
        let printed = tokio::task::spawn_blocking(move || print_record(&issued)).await;
        match printed {
            Ok(Ok(pdf)) => Ok(queries::invoices::keep_print(&self.pool, due.id, id, &pdf).await?),
            Ok(Err(error)) => self.put_off(due, error.to_string()).await,
            Err(panicked) => self.put_off(due, panicked.to_string()).await,
        }
    }

    async fn put_off(&self, due: &Due, failure: String) -> Result<(), Error> {
        tracing::warn!(order = %due.order_id, kind = due.kind, failure, "it will be issued later");
        let doublings = due.attempts.unsigned_abs().min(20);
        let wait = AGAIN.saturating_mul(1 << doublings).min(AGAIN_AT_MOST);
        queries::invoices::put_off(&self.pool, due.id, wait, &failure).await?;
        Ok(())
    }
}

fn print_record(issued: &InvoiceRecord) -> Result<Vec<u8>, Unprintable> {
    let heading = Heading { number: &issued.number, issued_on: issued.issued_on.to_jiff() };
    print::pdf(heading, &issued.facts.0)
}
