//! Identifiers of what the provider keeps: payments, refunds and events.
//!
//! Each is a prefix that says what it names, and a UUID v7, so that ids sort by the time of their
//! making and cannot be guessed. Here only the names live; what they name lives elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new id that nothing else bears.
            pub fn fresh() -> Self {
                Self(format!(concat!($prefix, "_{}"), Uuid::now_v7().simple()))
            }
        }

        /// Takes what a client sent; it may name nothing.
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// Names a payment: `pay_…`.
    PaymentId,
    "pay"
);
id!(
    /// Names a refund: `re_…`.
    RefundId,
    "re"
);
id!(
    /// Names a dispute: `dp_…`.
    DisputeId,
    "dp"
);
id!(
    /// Names a webhook event: `evt_…`. The same on every attempt to deliver it.
    EventId,
    "evt"
);
