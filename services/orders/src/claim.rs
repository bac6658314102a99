//! The order that a cart has: found again or written, with its stock held, and the only one of the cart
//! that can be paid. Placing the same thing twice ends in the one order: its identifier is made of
//! what is ordered.

use crate::{
    Error, Orders, PlaceError, RequestName, Step,
    parcels::{demands_of, destination},
    prepare::{cart_changed, today},
    queries::{self, NewOrder},
    record::{LineRecord, OrderRecord},
};
use accounts::SessionId;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Cart, OrderNumber,
    checkout::{CheckoutDetails, Refusal, ShortLine},
    order::CancelReason,
    pricing::{PricingError, Totals},
    stock::Shortage,
    tax,
};
use inventory::HoldError;
use rand::RngCore;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How often an order is tried to be written when another of the same cart is in the way.
const ROUNDS: usize = 2;

/// What is ordered, for whom and for how much.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub cart_id: &'a SessionId,
    pub cart: &'a Cart,
    pub details: &'a CheckoutDetails,
    pub totals: &'a Totals,
    /// What a program calls the request.
    pub request: Option<&'a RequestName>,
}

/// The order of a wish.
pub(crate) enum Claimed {
    /// Written by this call.
    New(OrderRecord),
    /// Placed before.
    Before(OrderRecord),
}

impl Orders {
    /// The order for exactly this wish: the one there is, or a new one whose stock is held. Another
    /// order of the cart that was not paid is given up first.
    pub(crate) async fn claim(&self, wish: Wish<'_>) -> Result<Claimed, PlaceError> {
        let digest = wish.digest();
        for _ in 0..ROUNDS {
            if let Some(paid) = self.give_up_others(wish, &digest).await? {
                // It was paid at the last moment. That is the order; ordering again is a new wish.
                return Ok(Claimed::Before(paid));
            }
            if let Some(claimed) = self.try_claim(wish, &digest).await? {
                return Ok(claimed);
            }
        }
        // Others were faster each time: the shopper looks at what is ordered once more.
        Err(cart_changed())
    }

    /// Cancels the other orders of the cart that await their payment; one that was paid meanwhile is
    /// given back.
    async fn give_up_others(
        &self,
        wish: Wish<'_>,
        digest: &[u8],
    ) -> Result<Option<OrderRecord>, PlaceError> {
        let version = wish.cart.version;
        let mut others = queries::list_awaiting_of_cart(&self.pool, wish.cart_id.as_str()).await?;
        others.retain(|order| order.cart_version != i64::from(version) || order.digest != digest);
        // What was ordered from a later cart is not a stale form's to give up.
        if !others.is_empty() && self.sessions.cart(wish.cart_id).await?.version != version {
            return Err(cart_changed());
        }
        for other in others {
            if let Some(paid) = self.cancel(other.id, CancelReason::Superseded).await? {
                return Ok(Some(paid));
            }
        }
        Ok(None)
    }

    /// Holds the stock and writes the order, or finds it written. `None` when another order of the
    /// cart was faster, or this one ended meanwhile; nothing is held for it then.
    async fn try_claim(
        &self,
        wish: Wish<'_>,
        digest: &[u8],
    ) -> Result<Option<Claimed>, PlaceError> {
        let (cart_id, version) = (wish.cart_id.as_str(), wish.cart.version);
        let generation = queries::count_cancelled(&self.pool, cart_id, version).await?;
        let id = order_id(wish.cart_id, version, digest, generation);
        self.hold(id, wish).await?;
        self.reached(Step::Held)?;
        let draft = Draft::of(wish, id, digest)?;
        if queries::insert(&self.pool, &draft.as_query(self, wish)).await? {
            self.reached(Step::Written)?;
            return Ok(Some(Claimed::New(queries::load(&self.pool, id).await?)));
        }
        // Somebody was faster: a second click, or another tab of the same cart.
        let order = queries::find_by_cart(&self.pool, cart_id, version).await?;
        let order = order.filter(|order| order.id == id || order.is_paid());
        if let (Some(order), Some(request)) = (&order, wish.request) {
            queries::requests::add(&self.pool, order.id, request.as_bytes()).await?;
        }
        if order.as_ref().is_none_or(|order| order.id != id) {
            // The pieces held for the order that was not written are not needed.
            self.inventory.release(id).await.map_err(Error::inventory)?;
        }
        Ok(order.map(Claimed::Before))
    }

    async fn hold(&self, id: Uuid, Wish { cart, details, .. }: Wish<'_>) -> Result<(), PlaceError> {
        let destination = destination(details.address.country());
        let demands = demands_of(cart);
        let time = self.timing.time_to_pay;
        match self.inventory.hold_for(id, &demands, Some(destination), time).await {
            Ok(_) => Ok(()),
            Err(HoldError::OutOfStock(shortages)) => {
                let shortages = name_shortages(cart, shortages);
                Err(Refusal::OutOfStock { shortages }.into())
            }
            Err(HoldError::Busy) => Err(Refusal::Busy.into()),
            // The order was paid between two clicks; its pieces are its own already.
            Err(HoldError::AlreadyAllocated { .. }) => Ok(()),
            Err(error) => Err(Error::inventory(error).into()),
        }
    }
}

impl Wish<'_> {
    /// What is ordered, for whom and for how much, as a hash.
    fn digest(&self) -> Vec<u8> {
        let lines: Vec<_> = self
            .cart
            .lines
            .iter()
            .map(|line| (&line.item.sku, line.quantity, line.item.price))
            .collect();
        // Plain data with string keys serialises without fail.
        let text = serde_json::to_vec(&(lines, self.details, self.totals)).unwrap_or_default();
        Sha256::digest(text).to_vec()
    }

    fn lines(&self) -> Result<Vec<LineRecord>, Error> {
        let (country, on) = (self.details.address.country(), today());
        let line = |line: &domain::CartLine| {
            let rate = tax::rate_of(country, line.item.tax_class, on)
                .ok_or(PricingError::NoTaxRate { country, on })?;
            let quantity = line.quantity.get();
            let total = line.item.price.times(quantity).map_err(PricingError::from)?;
            Ok(LineRecord {
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
            })
        };
        self.cart.lines.iter().map(line).collect()
    }
}

/// The parts of a new order that it owns.
struct Draft {
    id: Uuid,
    number: OrderNumber,
    access_key: String,
    digest: Vec<u8>,
    lines: Vec<LineRecord>,
}

impl Draft {
    fn of(wish: Wish<'_>, id: Uuid, digest: &[u8]) -> Result<Self, Error> {
        let lines = wish.lines()?;
        debug_assert_eq!(
            lines.iter().map(|line| line.total_minor).sum::<i64>(),
            wish.totals.items.minor()
        );
        Ok(Self {
            id,
            number: OrderNumber::from_random(rand::rng().next_u64()),
            access_key: access_key(),
            digest: digest.to_vec(),
            lines,
        })
    }

    fn as_query<'a>(&'a self, orders: &'a Orders, wish: Wish<'a>) -> NewOrder<'a> {
        NewOrder {
            id: self.id,
            number: &self.number,
            access_key: &self.access_key,
            market: &orders.market.id,
            cart_id: wish.cart_id.as_str(),
            cart_version: wish.cart.version,
            digest: &self.digest,
            email: wish.details.email.as_str(),
            address: &wish.details.address,
            shipping_method: wish.details.delivery.code(),
            totals: wish.totals,
            lines: &self.lines,
            request: wish.request.map(RequestName::as_bytes),
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
