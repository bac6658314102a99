//! Why a use-case had no result, with the facts that a caller needs to answer for it.
//!
//! Webhooks have an error of their own ([`crate::WebhookError`]), because a stranger may cause it.

use crate::{ProviderError, Sale};
use domain::{money::Money, payment::IntentState};
use uuid::Uuid;

/// Why a use-case had no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No intent was opened for the order.
    #[error("nothing is owed for order {order}")]
    UnknownOrder {
        /// The order.
        order: Uuid,
    },
    /// The intent of this order is over another amount.
    #[error("{owed} is owed for order {order}, not {asked}")]
    AmountMismatch {
        /// The order.
        order: Uuid,
        /// What its intent says.
        owed: Money,
        /// What the caller said.
        asked: Money,
    },
    /// Nothing, or less than nothing, cannot be owed.
    #[error("{amount} cannot be owed")]
    NotPositive {
        /// What the caller said.
        amount: Money,
    },
    /// The intent takes no attempt any more.
    #[error("the payment of order {order} is {}", state.as_str())]
    Closed {
        /// The order.
        order: Uuid,
        /// Where its intent is.
        state: IntentState,
    },
    /// No attempt of the order has taken money.
    #[error("nothing was captured for order {order}")]
    NothingCaptured {
        /// The order.
        order: Uuid,
    },
    /// Nothing is authorised for the order, or not any more.
    #[error("nothing is authorised for order {order}")]
    NothingAuthorised {
        /// The order.
        order: Uuid,
    },
    /// More would be taken than was authorised, or nothing, or in another currency.
    #[error("{authorised} was authorised by attempt {attempt}, {amount} cannot be taken of it")]
    NotWithinAuthorised {
        /// The attempt.
        attempt: Uuid,
        /// What was authorised.
        authorised: Money,
        /// What the caller said.
        amount: Money,
    },
    /// It was decided before to take another amount.
    #[error("of attempt {attempt} {decided} was taken, not {asked}")]
    CapturedOtherwise {
        /// The attempt.
        attempt: Uuid,
        /// What was decided on.
        decided: Money,
        /// What the caller said.
        asked: Money,
    },
    /// The provider has not come to an end with an attempt; ask again later.
    #[error("an attempt for order {order} has not come to an end")]
    Undecided {
        /// The order.
        order: Uuid,
    },
    /// What an order is said to be sold for is not what is owed for it.
    #[error("{owed} is owed for order {order}, which is not what it was sold for: {sale:?}")]
    SaleMismatch {
        /// The order.
        order: Uuid,
        /// What its intent says.
        owed: Money,
        /// What the caller said.
        sale: Sale,
    },
    /// Not so much is left of what was captured, counting what is on its way back, or it is nothing that
    /// can go back.
    #[error("{captured} was captured for order {order} and {refunded} went back; {asked} cannot")]
    NotWithinCaptured {
        /// The order.
        order: Uuid,
        /// What was captured.
        captured: Money,
        /// What went back for sure.
        refunded: Money,
        /// What the caller said.
        asked: Money,
    },
    /// The caller's key belongs to a refund of another amount.
    #[error("refund {refund} under this key is over {given}, not {asked}")]
    RefundKeyReused {
        /// The refund under the key.
        refund: Uuid,
        /// Its amount.
        given: Money,
        /// What the caller said.
        asked: Money,
    },
    /// The provider will not give the money back. The refund is recorded as failed.
    #[error("the provider refuses refund {refund}: {code}")]
    RefundRefused {
        /// The refund.
        refund: Uuid,
        /// The provider's reason.
        code: String,
    },
    /// What the provider says cannot be true of this attempt. Nothing was recorded.
    #[error("the provider's payment {payment} contradicts attempt {attempt} in its {what}")]
    Contradiction {
        /// The attempt as we know it.
        attempt: Uuid,
        /// The provider's name for its payment.
        payment: String,
        /// In what they differ.
        what: &'static str,
    },
    /// The attempt was made at a provider that this process does not speak to.
    #[error("attempt {attempt} was made at the provider {provider:?}, which is not configured")]
    OtherProvider {
        /// The attempt.
        attempt: Uuid,
        /// Where it was made.
        provider: String,
    },
    /// The provider refused, was not reached, or did not answer. What was recorded before stays and
    /// is asked about again.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The database refused or could not be reached.
    #[error("the payments database: {0}")]
    Database(#[from] sqlx::Error),
}

/// The name of the database constraint that was violated, if that is what the error says.
pub(crate) fn violated_constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error()?.constraint()
}
