//! What the money of an order was for: revenue, delivery and tax, posted once when the order is sold, and
//! given up again in proportion as money goes back.
//!
//! A sale makes the customer owe us; a capture makes that go away. A refund gives money back and, as far as
//! there was a sale, gives it up: in the end nothing is left that the customer owes.

use crate::{
    Error, Payments, Refund,
    account::{Account, Cause, Entry, Posting},
    queries,
};
use domain::{
    money::{Money, MoneyError},
    tax::BasisPoints,
};
use sqlx::PgConnection;
use uuid::Uuid;

/// What an order was sold for, in parts that do not contain each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// The goods, without tax.
    pub items: Money,
    /// Delivery, without tax.
    pub shipping: Money,
    /// The tax, by rate.
    pub taxes: Vec<(BasisPoints, Money)>,
}

impl Sale {
    /// All of it.
    fn total(&self) -> Result<Money, MoneyError> {
        let taxes = self.taxes.iter().map(|(_, tax)| *tax);
        let parts = [self.items, self.shipping].into_iter().chain(taxes);
        Money::sum(self.items.currency(), parts)
    }

    fn posting(&self, intent: Uuid, total: Money) -> Posting<'static> {
        let taxes = self.taxes.iter().map(|(rate, tax)| (Account::Tax(*rate), *tax));
        let parts = [(Account::Revenue, self.items), (Account::Shipping, self.shipping)]
            .into_iter()
            .chain(taxes)
            .filter(|(_, part)| part.minor() != 0)
            .map(|(account, part)| Entry::credit(account, part));
        let owed = Entry::debit(Account::CustomerReceivable, total);
        Posting {
            cause: Cause::Sale(intent),
            entries: std::iter::once(owed).chain(parts).collect(),
        }
    }
}

impl Payments {
    /// Posts what an order was sold for, once however often it is called; says whether it was now. Called
    /// when the order is the shopper's for good. What went back before is given up of it at once.
    ///
    /// # Errors
    /// [`Error::SaleMismatch`] if the parts are not what is owed; [`Error::UnknownOrder`].
    pub async fn post_sale(&self, order: Uuid, sale: &Sale) -> Result<bool, Error> {
        let mut transaction = self.pool.begin().await?;
        // Whoever posts a refund of the order waits here, and finds the sale.
        let owed = queries::intents::lock(&mut transaction, order).await?;
        let owed = owed.ok_or(Error::UnknownOrder { order })?;
        let sold = sale.total().ok().filter(|sold| *sold == owed.amount);
        let Some(sold) = sold else {
            return Err(Error::SaleMismatch { order, owed: owed.amount, sale: sale.clone() });
        };
        if !queries::ledger::post(&mut transaction, &sale.posting(owed.id, sold)).await? {
            return Ok(false);
        }
        for refund in queries::refunds::list_unreversed(&mut transaction, owed.id).await? {
            reverse(&mut transaction, owed.id, &refund).await?;
        }
        transaction.commit().await?;
        tracing::info!(%order, amount = %sold, "sale posted");
        Ok(true)
    }
}

/// Gives up so much of a sale as a refund gave back, in proportion to what is left of each part. The intent
/// is locked, so that no two do this at once. Nothing happens if nothing was sold.
pub(crate) async fn reverse(
    transaction: &mut PgConnection,
    intent: Uuid,
    refund: &Refund,
) -> Result<(), sqlx::Error> {
    let left = queries::ledger::left_of_sale(transaction, intent, refund.amount.currency()).await?;
    let all: i64 = left.iter().map(|(_, part)| part.minor()).sum();
    // No more is given up than was sold, whatever was paid for it.
    let amount = Money::new(refund.amount.minor().min(all), refund.amount.currency());
    if amount.minor() <= 0 {
        return Ok(());
    }
    let amounts: Vec<Money> = left.iter().map(|(_, part)| *part).collect();
    let parts = left.iter().zip(amount.split_like(&amounts));
    let given_up = parts
        .filter(|(_, part)| part.minor() != 0)
        .map(|((account, _), part)| Entry::debit(*account, part));
    let owed = Entry::credit(Account::CustomerReceivable, amount);
    let entries = std::iter::once(owed).chain(given_up).collect();
    let posting = Posting { cause: Cause::Reversal(refund.id), entries };
    queries::ledger::post(transaction, &posting).await?;
    Ok(())
}
