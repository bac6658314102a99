//! What can go wrong between this service and its database. Refusals that a caller is to answer with
//! words (out of stock, unknown warehouse) are in the errors of the use-cases, which wrap this one.

use crate::{AllocateError, HoldError, LevelError, ReleaseError, WarehouseError};

/// The database could not be used, or it refused a change that no use-case should have tried.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `promises_within_stock_ck`: a level would promise more pieces than there are and may be promised beyond.
    #[error("the database refused to promise more than there is to promise")]
    Oversell,
    /// One of a level's numbers would be less than zero.
    #[error("the database refused a level below zero: {constraint}")]
    BelowZero {
        /// The constraint that names the number.
        constraint: String,
    },
    /// `level_in_known_warehouse_fk`: no warehouse has this code.
    #[error("the warehouse is not known")]
    UnknownWarehouse,
    /// `hold_live_once_uq`: the order would hold the same pieces a second time.
    #[error("the database refused a second hold for the same order")]
    HeldTwice,
    /// `hold_transition_legal_ck`, `hold_content_fixed_ck` and the like: a hold, a purchase order or a transfer may
    /// not change like this.
    #[error("the database refused to change a hold: {reason}")]
    IllegalTransition {
        /// The database's words.
        reason: String,
    },
    /// `component_is_no_bundle_ck`: a bundle would be part of a bundle.
    #[error("no bundle is part of another")]
    BundleInBundle,
    /// `bundle_lies_nowhere_ck`: a bundle would have a level of its own.
    #[error("a bundle lies nowhere")]
    BundleLiesNowhere,
    /// `movements_append_only_ck`: the ledger may not be rewritten.
    #[error("the database refused to rewrite the ledger")]
    AppendOnly,
    /// Others told something under the same names each time that it was tried.
    #[error("others told something under the same names meanwhile")]
    Outrun,
    /// Anything else: no connection, a time-out, a constraint without a name of its own here.
    #[error("PostgreSQL: {0}")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let refusal = error.as_database_error().and_then(|refusal| {
            let constraint = refusal.constraint()?;
            Some((constraint.to_owned(), refusal.message().to_owned()))
        });
        let Some((constraint, reason)) = refusal else { return Self::Database(error) };
        match constraint.as_str() {
            "promises_within_stock_ck" => Self::Oversell,
            "on_hand_not_negative_ck"
            | "held_not_negative_ck"
            | "allocated_not_negative_ck"
            | "safety_not_negative_ck"
            | "back_order_limit_not_negative_ck" => Self::BelowZero { constraint },
            "level_in_known_warehouse_fk" => Self::UnknownWarehouse,
            "hold_live_once_uq" => Self::HeldTwice,
            "hold_transition_legal_ck"
            | "hold_content_fixed_ck"
            | "purchase_transition_legal_ck"
            | "transfer_transition_legal_ck" => Self::IllegalTransition { reason },
            "component_is_no_bundle_ck" => Self::BundleInBundle,
            "bundle_lies_nowhere_ck" => Self::BundleLiesNowhere,
            "movements_append_only_ck" => Self::AppendOnly,
            _ => Self::Database(error),
        }
    }
}

/// In a use-case `?` makes a database error the `Storage` of the use-case's own.
macro_rules! wrapped_in {
    ($($use_case:ty),+) => {
        $(impl From<sqlx::Error> for $use_case {
            fn from(error: sqlx::Error) -> Self {
                Self::Storage(error.into())
            }
        })+
    };
}
wrapped_in!(HoldError, AllocateError, ReleaseError, LevelError, WarehouseError);
