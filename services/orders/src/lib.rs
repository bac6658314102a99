//! Cart, checkout and orders: the one service that calls others, so that they need not know each
//! other. A purchase goes through three phases, each safe to repeat (`prepare`, `pay`, `finalise`),
//! and `sweep` ends what stopped half-way.
//!
//! The cart is stored in the session (`accounts`), stock in `inventory`, money in `payments`; here are
//! the orders themselves. No transaction of this service is open while a payment provider is asked.

mod call_off;
mod cancel;
mod cart;
mod check_out;
mod claim;
mod effects;
mod finalise;
mod fulfil;
mod happenings;
pub mod invoices;
pub mod letters;
mod line;
mod list;
mod money;
mod parcels;
mod pay;
mod prepare;
mod queries;
mod record;
mod returnable;
mod seen;
mod steps;
mod sweep;
mod take_back;
mod till;
mod view;

pub use call_off::CancelFailure;
pub use cart::{CartFailure, CartSaved, CheckoutPage, FreshCart, Wanted};
pub use check_out::{CheckOut, CheckedOut, RequestName};
pub use finalise::WebhookFailure;
pub use happenings::{HAPPENINGS, Happening, Timelines, Untold};
pub use list::{Cursor, LONGEST_ORDER_PAGE, OrderFilter, OrderPage};
pub use pay::PayStep;
pub use prepare::{PlaceError, Placed, Submission};
pub use seen::Seen;
pub use steps::Step;
pub use sweep::Swept;
pub use take_back::ReturnFailure;
pub use till::{CartNow, DeliveryOffer};

use accounts::Sessions;
use admissions::Admissions;
use catalogue::Catalogue;
use domain::{Market, OrderNumber, Sku, order::OrderView, product::Sellable};
use inventory::Inventory;
use payments::{Payments, ProviderError};
use sqlx::{PgPool, migrate::Migrator};
use std::{future::Future, sync::Arc, time::Duration};
use subtle::ConstantTimeEq;
use tracing::Instrument;

/// The schema this service owns.
pub const SCHEMA: &str = "orders";
/// The topic of an order's news in the outbox, as [`domain::order::OrderNews`]; the key is its number.
pub const TOPIC: &str = "order";
/// Its migrations.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/orders");

impl Error {
    /// Any of inventory's errors: each of its use-cases has its own, and none is acted on here.
    pub(crate) fn inventory(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Inventory(Box::new(error))
    }

    /// Whether the payment provider was not reached, or has not said yet what came of it.
    pub(crate) fn is_provider_silent(&self) -> bool {
        matches!(
            self,
            Self::Payments(
                payments::Error::Provider(
                    ProviderError::Unavailable { .. } | ProviderError::Unknown { .. }
                ) | payments::Error::Undecided { .. }
            )
        )
    }
}

/// How long things may take.
#[derive(Debug, Clone)]
pub struct Timing {
    /// How long stock is held for an order that is not paid yet.
    pub time_to_pay: Duration,
    /// How long the sweeper waits before it first looks at an order that awaits its payment.
    pub first_check: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { time_to_pay: Duration::from_secs(15 * 60), first_check: Duration::from_secs(5) }
    }
}

/// Why a use-case failed, other than by the shopper's doing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The orders' own database.
    #[error("orders: {0}")]
    Database(#[from] sqlx::Error),
    /// Sessions.
    #[error(transparent)]
    Accounts(#[from] accounts::Error),
    /// The catalogue.
    #[error(transparent)]
    Catalogue(#[from] catalogue::Error),
    /// Stock.
    #[error("inventory: {0}")]
    Inventory(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Payments.
    #[error(transparent)]
    Payments(#[from] payments::Error),
    /// A cart that cannot be priced.
    #[error(transparent)]
    Pricing(#[from] domain::pricing::PricingError),
    /// A stored value that this version does not know.
    #[error("order {order} holds an unknown {what}")]
    Unreadable {
        /// The order.
        order: uuid::Uuid,
        /// What could not be read.
        what: &'static str,
    },
    /// The use-case broke off half-way; the sweeper goes on from there.
    #[error("broke off: {0}")]
    BrokeOff(String),
}

/// The service's handle; cheap to clone.
#[derive(Clone)]
pub struct Orders {
    pool: PgPool,
    sessions: Sessions,
    catalogue: Catalogue,
    inventory: Inventory,
    payments: Payments,
    admissions: Admissions,
    market: Arc<Market>,
    public_url: Arc<str>,
    timing: Timing,
    /// What was sold a moment ago, so that adding to the cart need not ask the catalogue again. What
    /// is charged is always read afresh.
    recently_sold: moka::future::Cache<Sku, Sellable>,
    /// Where a test makes it stop.
    stop_after: Option<Step>,
}

/// What the service is made of.
pub struct Parts {
    /// A pool for [`SCHEMA`].
    pub pool: PgPool,
    /// Sessions with the carts.
    pub sessions: Sessions,
    /// What is sold.
    pub catalogue: Catalogue,
    /// Stock.
    pub inventory: Inventory,
    /// Money.
    pub payments: Payments,
    /// Who may buy what is sold by a line.
    pub admissions: Admissions,
    /// The market orders are placed in.
    pub market: Arc<Market>,
    /// Where the store is reached, without a slash at the end: the provider sends shoppers back there.
    pub public_url: Arc<str>,
    /// How long things may take.
    pub timing: Timing,
}

impl Orders {
    /// The service made of its parts.
    pub fn new(parts: Parts) -> Self {
        Self {
            pool: parts.pool,
            sessions: parts.sessions,
            catalogue: parts.catalogue,
            inventory: parts.inventory,
            payments: parts.payments,
            admissions: parts.admissions,
            market: parts.market,
            public_url: parts.public_url,
            timing: parts.timing,
            recently_sold: moka::future::Cache::builder()
                .max_capacity(10_000)
                .time_to_live(Duration::from_secs(30))
                .build(),
            stop_after: None,
        }
    }

    /// The order of this number, for whoever holds its key. While it awaits its payment the provider
    /// is asked how that stands, so that looking at the page is enough to finish it. A wrong key and
    /// an unknown number look the same.
    pub async fn find(&self, number: &OrderNumber, key: &str) -> Result<Option<OrderView>, Error> {
        match self.unlocked(number, key).await? {
            Some(order) => self.looked_up(order).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same for the merchant, who needs no key.
    pub async fn find_for_staff(&self, number: &OrderNumber) -> Result<Option<OrderView>, Error> {
        match queries::find_by_number(&self.pool, number).await? {
            Some(order) => self.looked_up(order).await.map(Some),
            None => Ok(None),
        }
    }

    async fn looked_up(&self, order: record::OrderRecord) -> Result<OrderView, Error> {
        let order = match order.is_awaiting() {
            true => {
                // The provider may be away; the page is shown all the same.
                if let Err(error) = self.settle(order.id).await {
                    tracing::warn!(order = %order.id, %error, "the payment could not be looked up");
                }
                queries::load(&self.pool, order.id).await?
            }
            false => order,
        };
        self.view(order).await
    }

    /// Whether this key opens this order.
    pub async fn may_see(&self, number: &OrderNumber, key: &str) -> Result<bool, Error> {
        Ok(self.unlocked(number, key).await?.is_some())
    }

    async fn unlocked(
        &self,
        number: &OrderNumber,
        key: &str,
    ) -> Result<Option<record::OrderRecord>, Error> {
        let order = queries::find_by_number(&self.pool, number).await?;
        Ok(order.filter(|order| bool::from(order.access_key.as_bytes().ct_eq(key.as_bytes()))))
    }
}

/// Goes on with a step although whoever asked for it may not wait for its end: a browser that hangs
/// up must not stop a purchase half-way.
async fn to_the_end<T, E>(step: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let ended = tokio::spawn(step.in_current_span()).await;
    ended.unwrap_or_else(|lost| Err(Error::BrokeOff(lost.to_string()).into()))
}
