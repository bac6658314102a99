//! The accounts of the ledger, and what is posted to them.
//!
//! A posting has a cause, which the database lets be posted once, and entries that sum to zero.

use domain::{money::Money, tax::BasisPoints};
use std::borrow::Cow;
use uuid::Uuid;

/// What an entry is booked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account<'a> {
    /// What customers owe us for their orders.
    CustomerReceivable,
    /// What a provider has taken for us and not yet paid out.
    ProviderClearing(&'a str),
    /// What was sold, without tax.
    Revenue,
    /// Delivery that was sold, without tax.
    Shipping,
    /// Tax of a rate, which we owe the state.
    Tax(BasisPoints),
    /// What was sold and given up again, goods and delivery, without tax.
    Refund,
    /// What providers keep for themselves.
    Fee,
}

impl Account<'_> {
    /// Its name in the database.
    pub(crate) fn code(self) -> Cow<'static, str> {
        match self {
            Self::CustomerReceivable => "customer_receivable".into(),
            Self::ProviderClearing(provider) => format!("provider_clearing/{provider}").into(),
            Self::Revenue => "revenue".into(),
            Self::Shipping => "shipping".into(),
            Self::Tax(BasisPoints(rate)) => format!("tax/{rate}").into(),
            Self::Refund => "refund".into(),
            Self::Fee => "fee".into(),
        }
    }

    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::CustomerReceivable | Self::ProviderClearing(_) => "asset",
            Self::Tax(_) => "liability",
            Self::Revenue | Self::Shipping | Self::Refund => "income",
            Self::Fee => "expense",
        }
    }
}

/// The rate whose tax is on the account of this code, if it is one of tax.
pub(crate) fn tax_rate(code: &str) -> Option<BasisPoints> {
    code.strip_prefix("tax/")?.parse().ok().map(BasisPoints)
}

/// Why something is posted; the database lets each cause be posted once.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cause {
    /// This attempt took money.
    Capture(Uuid),
    /// The provider keeps something of what this attempt took.
    Fee(Uuid),
    /// This refund gave money back.
    Refund(Uuid),
    /// The sale is given up as far as this refund gave money back.
    Reversal(Uuid),
    /// The order of this intent is sold.
    Sale(Uuid),
}

/// An amount on an account: a debit is above zero, a credit below.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) account: Account<'a>,
    pub(crate) amount: Money,
}

/// What is written together, or not at all.
#[derive(Debug)]
pub(crate) struct Posting<'a> {
    pub(crate) cause: Cause,
    pub(crate) entries: Vec<Entry<'a>>,
}

impl<'a> Posting<'a> {
    /// Money that moves from the credited account to the debited one.
    pub(crate) fn transfer(
        cause: Cause,
        debit: Account<'a>,
        credit: Account<'a>,
        amount: Money,
    ) -> Self {
        Self { cause, entries: vec![Entry::debit(debit, amount), Entry::credit(credit, amount)] }
    }
}

impl<'a> Entry<'a> {
    pub(crate) fn debit(account: Account<'a>, amount: Money) -> Self {
        Self { account, amount }
    }

    pub(crate) fn credit(account: Account<'a>, amount: Money) -> Self {
        Self { account, amount: Money::new(-amount.minor(), amount.currency()) }
    }
}
