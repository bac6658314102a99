//! Phase one of a purchase: the cart is priced afresh, refused in words if anything moved, its stock
//! held and its order written. Placing the same thing twice ends in the one order: its identifier is
//! made of what is ordered.

use crate::{
    Error, FreshCart, Orders, PayStep,
    queries::{self, NewOrder},
    record::{LineRecord, OrderRecord},
};
use accounts::{CheckoutDraft, SessionId, SessionToken};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Cart, OrderNumber,
    checkout::{CheckoutDetails, CheckoutForm, Refusal, ShortLine},
    order::CancelReason,
    pricing::{self, PricingError, Totals},
    shipping::Zone,
    stock::{Demand, Shortage},
    tax,
};
use inventory::HoldError;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rand::RngCore;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What a shopper sends to order.
#[derive(Debug, Clone, Default)]
pub struct Submission {
    /// The form as it was typed.
    pub form: CheckoutForm,
    /// The total that was on the button, in minor units: it is compared, never charged.
    pub seen_total: Option<i64>,
    /// The version of the cart that was on the page, so that the form of an order that was paid
    /// meanwhile leads to that order.
    pub cart_version: Option<u32>,
}

/// An order that was placed, now or before.
#[derive(Debug, Clone)]
pub struct Placed {
    /// What the customer calls it.
    pub number: OrderNumber,
    /// What opens its page.
    pub key: String,
    /// What the shopper does next.
    pub pay: PayStep,
}

/// Why no order was placed. Nothing was charged.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// For a reason that the shopper can act on.
    #[error("refused: {0:?}")]
    Refused(Box<Refusal>),
    /// Because a part of the store failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<Refusal> for PlaceError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<sqlx::Error> for PlaceError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Orders {
    /// Orders the cart and begins its payment. A refusal is kept in the session beside what was
    /// typed, so that the checkout can be shown again with both.
    pub async fn place(
        &self,
        token: &SessionToken,
        submission: Submission,
    ) -> Result<Placed, PlaceError> {
        let form = submission.form.clone();
        let outcome = self.try_place(token, submission).await;
        let refusal = match &outcome {
            Err(PlaceError::Refused(refusal)) => Some(refusal.as_ref().clone()),
            _ => None,
        };
        let kept = self.sessions.keep_draft(&token.id(), &CheckoutDraft { form, refusal }).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "what was typed at the checkout could not be kept");
        }
        outcome
    }

    async fn try_place(
        &self,
        token: &SessionToken,
        submission: Submission,
    ) -> Result<Placed, PlaceError> {
        let cart_id = token.id();
        if let Some(version) = submission.cart_version {
            let ordered = queries::find_by_cart(&self.pool, cart_id.as_str(), version).await?;
            if let Some(order) = ordered.filter(OrderRecord::is_paid) {
                return self.placed(order, PayStep::Done);
            }
        }
        let cart = self.sessions.cart(&cart_id).await.map_err(Error::from)?;
        if cart.is_empty() {
            return Err(Refusal::CartEmpty.into());
        }
        let FreshCart { cart, changes, .. } = self.freshen(token, cart).await?;
        let details = submission.form.check(&self.market);
        let details = details.map_err(|errors| Refusal::FieldsInvalid { errors })?;
        if !changes.is_empty() {
            return Err(Refusal::CartChanged { changes }.into());
        }
        let totals = self.price(&cart, &details, today()).map_err(|error| match error {
            PricingError::Empty => PlaceError::from(Refusal::CartEmpty),
            error => PlaceError::Failed(error.into()),
        })?;
        if submission.seen_total.is_some_and(|seen| seen != totals.total.minor()) {
            let currency = totals.total.currency();
            let was = submission.seen_total.map(|seen| domain::Money::new(seen, currency));
            return Err(Refusal::PriceChanged { was, now: totals.total }.into());
        }
        let order = self.order_for(&cart_id, &cart, &details, &totals).await?;
        if order.is_paid() {
            return self.placed(order, PayStep::Done);
        }
        let step = self.pay(&order).await?;
        self.placed(order, step)
    }

    fn placed(&self, order: OrderRecord, pay: PayStep) -> Result<Placed, PlaceError> {
        let number = OrderNumber::parse(&order.number)
            .map_err(|_| Error::Unreadable { order: order.id, what: "number" })?;
        Ok(Placed { number, key: order.access_key, pay })
    }

    fn price(
        &self,
        cart: &Cart,
        details: &CheckoutDetails,
        on: Date,
    ) -> Result<Totals, PricingError> {
        let country = details.address.country();
        let offer = details.delivery.offer(Zone::of(country, self.market.home));
        pricing::totals(cart, Some(offer), country, on)
    }

    /// The order for exactly this cart and these details: the one there is, or a new one whose stock
    /// is held. Other orders of the same cart that were not paid are given up first.
    async fn order_for(
        &self,
        cart_id: &SessionId,
        cart: &Cart,
        details: &CheckoutDetails,
        totals: &Totals,
    ) -> Result<OrderRecord, PlaceError> {
        let digest = digest(cart, details, totals);
        for other in queries::list_awaiting_of_cart(&self.pool, cart_id.as_str()).await? {
            let same = other.cart_version == i64::from(cart.version) && other.digest == digest;
            if !same && let Some(paid) = self.cancel(other.id, CancelReason::Superseded).await? {
                // It was paid at the last moment. That is the order; ordering again is a new wish.
                return Ok(paid);
            }
        }
        let version = cart.version;
        let generation = queries::count_cancelled(&self.pool, cart_id.as_str(), version).await?;
        let id = order_id(cart_id, version, &digest, generation);
        self.hold(id, cart).await?;
        let new = self.new_order(id, cart_id, cart, details, totals, &digest)?;
        let inserted = queries::insert(&self.pool, &new.as_query(self, details, totals)).await?;
        let order = match inserted {
            true => queries::load(&self.pool, id).await?,
            // Somebody was faster: a second click, or another tab of the same cart.
            false => match queries::find_by_cart(&self.pool, cart_id.as_str(), version).await? {
                Some(order) => order,
                None => return Err(Error::Database(sqlx::Error::RowNotFound).into()),
            },
        };
        if order.id != id {
            // The pieces held for the order that was not written are not needed.
            self.inventory.release(id).await.map_err(Error::inventory)?;
        }
        if order.is_awaiting() && !inserted {
            queries::extend(&self.pool, order.id, self.timing.time_to_pay).await?;
        }
        Ok(order)
    }

    async fn hold(&self, id: Uuid, cart: &Cart) -> Result<(), PlaceError> {
        let demands: Vec<Demand> = cart
            .lines
            .iter()
            .map(|line| Demand { sku: line.item.sku.clone(), quantity: line.quantity.get() })
            .collect();
        match self.inventory.hold(id, &demands, self.timing.time_to_pay).await {
            Ok(_) => Ok(()),
            Err(HoldError::OutOfStock(shortages)) => {
                let shortages = name_shortages(cart, shortages);
                Err(Refusal::OutOfStock { shortages }.into())
            }
            // The order was paid between two clicks; its pieces are its own already.
            Err(HoldError::AlreadyAllocated { .. }) => Ok(()),
            Err(error) => Err(Error::inventory(error).into()),
        }
    }

    fn new_order(
        &self,
        id: Uuid,
        cart_id: &SessionId,
        cart: &Cart,
        details: &CheckoutDetails,
        totals: &Totals,
        digest: &[u8],
    ) -> Result<Draft, Error> {
        let country = details.address.country();
        let mut lines = Vec::with_capacity(cart.lines.len());
        for line in &cart.lines {
            let on = today();
            let rate = tax::rate_of(country, line.item.tax_class, on)
                .ok_or(PricingError::NoTaxRate { country, on })?;
            let quantity = line.quantity.get();
            let total = line.item.price.times(quantity).map_err(PricingError::from)?;
            lines.push(LineRecord {
                sku: line.item.sku.to_string(),
                product_id: line.item.product_id.clone(),
                slug: line.item.slug.to_string(),
                name: line.item.name.clone(),
                options: line.item.options.clone(),
                // Quantities end at 999 and rates at 10,000 basis points.
                quantity: quantity as i32,
                unit_minor: line.item.price.minor(),
                total_minor: total.minor(),
                tax_rate_basis_points: rate.0 as i32,
            });
        }
        debug_assert_eq!(
            lines.iter().map(|line| line.total_minor).sum::<i64>(),
            totals.items.minor()
        );
        Ok(Draft {
            id,
            number: OrderNumber::from_random(rand::rng().next_u64()),
            access_key: access_key(),
            cart_id: cart_id.clone(),
            cart_version: cart.version,
            digest: digest.to_vec(),
            lines,
        })
    }
}

/// The parts of a new order that it owns.
struct Draft {
    id: Uuid,
    number: OrderNumber,
    access_key: String,
    cart_id: SessionId,
    cart_version: u32,
    digest: Vec<u8>,
    lines: Vec<LineRecord>,
}

impl Draft {
    fn as_query<'a>(
        &'a self,
        orders: &'a Orders,
        details: &'a CheckoutDetails,
        totals: &'a Totals,
    ) -> NewOrder<'a> {
        NewOrder {
            id: self.id,
            number: &self.number,
            access_key: &self.access_key,
            market: &orders.market.id,
            cart_id: self.cart_id.as_str(),
            cart_version: self.cart_version,
            digest: &self.digest,
            email: details.email.as_str(),
            address: &details.address,
            shipping_method: details.delivery.code(),
            totals,
            lines: &self.lines,
            time_to_pay: orders.timing.time_to_pay,
            first_check: orders.timing.first_check,
        }
    }
}

fn name_shortages(cart: &Cart, shortages: Vec<Shortage>) -> Vec<ShortLine> {
    let name = |shortage: &Shortage| {
        let line = cart.lines.iter().find(|line| line.item.sku == shortage.sku);
        line.map_or_else(String::new, |line| line.item.name.clone())
    };
    let named = |s: Shortage| ShortLine { name: name(&s), sku: s.sku, left: s.left };
    shortages.into_iter().map(named).collect()
}

/// What is ordered, for whom and for how much, as a hash.
fn digest(cart: &Cart, details: &CheckoutDetails, totals: &Totals) -> Vec<u8> {
    let lines: Vec<_> =
        cart.lines.iter().map(|line| (&line.item.sku, line.quantity, line.item.price)).collect();
    // Plain data with string keys serialises without fail.
    let text = serde_json::to_vec(&(lines, details, totals)).unwrap_or_default();
    Sha256::digest(text).to_vec()
}

/// The order's identifier, a hash of what is ordered (UUID version 8, RFC 9562): two requests that
/// order the same thing hold the same stock and write the same row. The generation tells it from
/// earlier orders of the same thing that ended without payment.
fn order_id(cart_id: &SessionId, version: u32, digest: &[u8], generation: i64) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(cart_id.as_str());
    hash.update(version.to_be_bytes());
    hash.update(digest);
    hash.update(generation.to_be_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// 128 random bits for the order's page.
fn access_key() -> String {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}
