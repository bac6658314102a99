//! The cart's use-cases: add, set, remove, look. What is added is checked against stock so that a
//! shopper learns early; what counts is the hold at the checkout.

use crate::{Error, Orders, queries, till::Holder};
use accounts::{AddRefused, Added, SessionId, SessionToken, WishId};
use admissions::{Barred, Tickets};
use domain::{
    Cart, Money, Quantity, Sku,
    cart::{CartChange, CartError},
    checkout::{CheckoutForm, Refusal, ShortLine},
    product::Sellable,
    stock::Parcel,
};
use jiff::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What a shopper wants to have added.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What.
    pub sku: Sku,
    /// How many.
    pub quantity: Quantity,
    /// What one cost on the page, in minor units, if the page says so. It is compared, never charged.
    pub seen_price: Option<i64>,
    /// What the wish is called, so that it is granted once.
    pub wish: Option<WishId>,
    /// What the shopper holds of tickets, for what is sold by a line.
    pub tickets: Tickets,
}

impl Wanted {
    /// So many pieces, from whoever saw no price and asks once.
    pub fn new(sku: Sku, quantity: Quantity) -> Self {
        Self { sku, quantity, seen_price: None, wish: None, tickets: Tickets::default() }
    }

    /// The item as it was shown: where the page that is added from shows another price by now, the cart
    /// holds that one, and telling the change is the cart's as with any other.
    fn as_seen(&self, mut item: Sellable) -> Sellable {
        if let Some(minor) = self.seen_price.filter(|minor| *minor > 0) {
            item.price = Money::new(minor, item.price.currency());
        }
        item
    }
}

/// The cart after it was changed.
#[derive(Debug, Clone)]
pub struct CartSaved {
    /// The cart as it is now.
    pub cart: Cart,
    /// The token to hand to the browser, when its session is new.
    pub new_session: Option<SessionToken>,
}

/// The cart beside current prices and stock. Nothing of it is saved: what changed is told each time,
/// until the shopper changes the cart.
#[derive(Debug, Clone, Default)]
pub struct FreshCart {
    /// The cart at current prices, under the version that it is saved under.
    pub cart: Cart,
    /// What changed since the shopper last saw it.
    pub changes: Vec<CartChange>,
    /// What is not left in the quantity wanted.
    pub shortages: Vec<ShortLine>,
}

/// The checkout as it is shown.
#[derive(Debug, Clone, Default)]
pub struct CheckoutPage {
    /// The cart at current prices.
    pub fresh: FreshCart,
    /// What was typed before.
    pub form: CheckoutForm,
    /// Why the last try was refused.
    pub refusal: Option<Refusal>,
    /// In which parcels it would come now, to the country that was typed before or the market's own; none where
    /// that cannot be said.
    pub parcels: Vec<Parcel>,
}

/// Why the cart was not changed; it is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CartFailure {
    /// Against the rules of a cart.
    #[error(transparent)]
    Cart(#[from] CartError),
    /// Nothing with this SKU is sold.
    #[error("nothing with the SKU {sku} is sold")]
    UnknownSku {
        /// What was asked for.
        sku: Sku,
    },
    /// Not enough is left.
    #[error("only {left} of {sku} left, {in_cart} of them in the cart")]
    OutOfStock {
        /// What was asked for.
        sku: Sku,
        /// How many can be bought.
        left: u32,
        /// How many of these are in the cart already.
        in_cart: u32,
    },
    /// It is sold by a line, and it is not the shopper's turn.
    #[error(transparent)]
    WaitingRoom(#[from] Barred),
    /// Nobody has a cart of this name.
    #[error("there is no such cart")]
    NoCart,
    /// A store of data failed.
    #[error(transparent)]
    Unavailable(#[from] Error),
}

impl From<accounts::Error> for CartFailure {
    fn from(error: accounts::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Orders {
    /// The cart as it was last shown. One round trip; none for a visitor without a session.
    pub async fn cart(&self, token: Option<&SessionToken>) -> Result<Cart, Error> {
        match token {
            Some(token) => Ok(self.sessions.cart(&token.id()).await?),
            None => Ok(Cart::default()),
        }
    }

    /// Adds pieces to the cart. Two round trips: stock is asked (beside the catalogue, if the item
    /// was not sold a moment ago), then the session is written. One more when something is short, for
    /// then what is held for the shopper's own order counts as left; and one more for who holds a ticket of a line,
    /// whose session begins under the token that the ticket is bound to.
    pub async fn add_to_cart(
        &self,
        token: Option<&SessionToken>,
        wanted: &Wanted,
    ) -> Result<CartSaved, CartFailure> {
        let added = self.add(Holder::Visitor(token), wanted).await?;
        Ok(CartSaved { cart: added.cart, new_session: added.new_session })
    }

    pub(crate) async fn add(
        &self,
        holder: Holder<'_>,
        wanted: &Wanted,
    ) -> Result<Added, CartFailure> {
        let (Wanted { sku, quantity, wish, .. }, token) = (wanted, holder.token());
        let (item, mut left) = self.offered(token, wanted).await?;
        let (item, wish) = (wanted.as_seen(item), wish.as_ref());
        let add = async |left: u32| {
            let most = left.min(Quantity::MAX.get());
            match holder {
                Holder::Visitor(token) => {
                    self.sessions.add_to_cart(token, wish, &item, *quantity, most).await
                }
                Holder::Program(token) => {
                    self.sessions.add_to(&token.id(), wish, &item, *quantity, most).await
                }
            }
        };
        let mut added = add(left).await;
        if let (Err(AddRefused::TooMany { .. }), Some(token)) = (&added, token) {
            let own = self.own(&token.id(), sku).await?;
            if own > 0 {
                left += own;
                added = add(left).await;
            }
        }
        match added {
            Ok(added) => Ok(added),
            Err(AddRefused::Full) => Err(CartError::Full.into()),
            Err(AddRefused::NoCart) => Err(CartFailure::NoCart),
            Err(AddRefused::Store(error)) => Err(error.into()),
            Err(AddRefused::TooMany { in_cart }) => {
                Err(self.too_many(sku, *quantity, left, in_cart))
            }
        }
    }

    /// What is wanted, and how many there are. While anything is sold by a line the one is looked up after the other,
    /// so that the crowd before it does not reach the stock.
    async fn offered(
        &self,
        token: Option<&SessionToken>,
        wanted: &Wanted,
    ) -> Result<(Sellable, u32), CartFailure> {
        let (sku, now) = (&wanted.sku, Timestamp::now());
        let unknown = || CartFailure::UnknownSku { sku: sku.clone() };
        if !self.admissions.is_guarding(now) {
            let (item, left) = tokio::try_join!(self.sellable(sku), self.left(sku))?;
            return Ok((item.ok_or_else(unknown)?, left));
        }
        let item = self.sellable(sku).await?.ok_or_else(unknown)?;
        self.admit_to_cart(token, &wanted.tickets, &item, now).await?;
        Ok((item, self.left(sku).await?))
    }

    fn too_many(&self, sku: &Sku, quantity: Quantity, left: u32, in_cart: u32) -> CartFailure {
        match in_cart + quantity.get() > left {
            true => CartFailure::OutOfStock { sku: sku.clone(), left, in_cart },
            false => CartError::Quantity(domain::quantity::QuantityError::TooMany).into(),
        }
    }

    /// Sets how many pieces of a SKU are in the cart.
    pub async fn set_quantity(
        &self,
        token: &SessionToken,
        sku: &Sku,
        quantity: Quantity,
    ) -> Result<Cart, CartFailure> {
        let id = token.id();
        let (mut left, shown) = tokio::try_join!(self.left(sku), self.shown(&id))?;
        if quantity.get() > left {
            left += self.own(&id, sku).await?;
        }
        let change = |cart: &mut Cart| {
            shown.bring_up(cart);
            let line = cart.lines.iter().find(|line| &line.item.sku == sku);
            let in_cart = line.map_or(0, |line| line.quantity.get());
            // Less of what is short is always welcome.
            if quantity.get() > left && quantity.get() > in_cart {
                return Err(CartFailure::OutOfStock { sku: sku.clone(), left, in_cart });
            }
            Ok(cart.set_quantity(sku, quantity)?)
        };
        Ok(self.sessions.change_cart(&id, change).await?.0)
    }

    /// Takes a SKU out of the cart.
    pub async fn remove(&self, token: &SessionToken, sku: &Sku) -> Result<Cart, CartFailure> {
        let shown = self.shown(&token.id()).await?;
        let remove = |cart: &mut Cart| {
            shown.bring_up(cart);
            cart.remove(sku);
            Ok::<_, CartFailure>(())
        };
        Ok(self.sessions.change_cart(&token.id(), remove).await?.0)
    }

    /// The cart at current prices and with what is short.
    pub async fn fresh_cart(&self, token: Option<&SessionToken>) -> Result<FreshCart, Error> {
        let Some(token) = token else { return Ok(FreshCart::default()) };
        let cart = self.sessions.cart(&token.id()).await?;
        self.look_at(&token.id(), cart).await
    }

    /// The checkout with what was typed before and why it was refused.
    pub async fn checkout(&self, token: Option<&SessionToken>) -> Result<CheckoutPage, Error> {
        let Some(token) = token else { return Ok(CheckoutPage::default()) };
        let (cart, draft) = self.sessions.cart_and_draft(&token.id()).await?;
        let fresh = self.look_at(&token.id(), cart).await?;
        let parcels = self.parcels(&fresh, &draft.form).await?;
        Ok(CheckoutPage { fresh, form: draft.form, refusal: draft.refusal, parcels })
    }

    /// Looks at a cart beside what is sold now, and at what is short of it.
    pub(crate) async fn look_at(&self, id: &SessionId, saved: Cart) -> Result<FreshCart, Error> {
        if saved.is_empty() {
            return Ok(FreshCart { cart: saved, ..FreshCart::default() });
        }
        let skus = skus_of(&saved);
        let (current, mut left) =
            tokio::try_join!(async { Ok(self.catalogue.sellables(&skus).await?) }, async {
                self.inventory.availability(&skus).await.map_err(Error::inventory)
            },)?;
        let mut cart = saved;
        let version = cart.version;
        let changes = cart.refresh(&current);
        cart.version = version;
        let mut shortages = short_of(&cart, |sku| left.get(sku).copied().unwrap_or(0));
        if !shortages.is_empty() {
            for (sku, own) in self.held_for(id).await? {
                *left.entry(sku).or_default() += own;
            }
            shortages = short_of(&cart, |sku| left.get(sku).copied().unwrap_or(0));
        }
        Ok(FreshCart { cart, changes, shortages })
    }

    /// The saved cart as its page shows it, for a change that is made from there.
    async fn shown(&self, id: &SessionId) -> Result<Shown, Error> {
        let cart = self.sessions.cart(id).await?;
        let current = match cart.is_empty() {
            true => Vec::new(),
            false => self.catalogue.sellables(&skus_of(&cart)).await?,
        };
        Ok(Shown { version: cart.version, current })
    }

    /// What orders of this cart hold that await their payment: the shopper does not compete with
    /// them, for ordering again gives them up.
    async fn held_for(&self, id: &SessionId) -> Result<BTreeMap<Sku, u32>, Error> {
        let orders = queries::list_awaiting_of_cart(&self.pool, id.as_str()).await?;
        let orders: Vec<Uuid> = orders.into_iter().map(|order| order.id).collect();
        match orders.is_empty() {
            true => Ok(BTreeMap::new()),
            false => self.inventory.held_for(&orders).await.map_err(Error::inventory),
        }
    }

    async fn own(&self, id: &SessionId, sku: &Sku) -> Result<u32, Error> {
        Ok(self.held_for(id).await?.get(sku).copied().unwrap_or(0))
    }

    async fn sellable(&self, sku: &Sku) -> Result<Option<Sellable>, Error> {
        if let Some(item) = self.recently_sold.get(sku).await {
            return Ok(Some(item));
        }
        let item = self.catalogue.sellables(std::slice::from_ref(sku)).await?.into_iter().next();
        if let Some(item) = &item {
            self.recently_sold.insert(sku.clone(), item.clone()).await;
        }
        Ok(item)
    }

    async fn left(&self, sku: &Sku) -> Result<u32, Error> {
        let levels = self.inventory.availability(std::slice::from_ref(sku)).await;
        Ok(levels.map_err(Error::inventory)?.get(sku).copied().unwrap_or(0))
    }
}

/// What a cart was shown as.
struct Shown {
    version: u32,
    current: Vec<Sellable>,
}

impl Shown {
    /// Saves current particulars with the change that the shopper makes. A cart that was changed
    /// meanwhile may hold what was not looked up, and is left as it is.
    fn bring_up(&self, cart: &mut Cart) {
        if cart.version == self.version {
            cart.refresh(&self.current);
        }
    }
}

fn skus_of(cart: &Cart) -> Vec<Sku> {
    cart.lines.iter().map(|line| line.item.sku.clone()).collect()
}

fn short_of(cart: &Cart, left: impl Fn(&Sku) -> u32) -> Vec<ShortLine> {
    let short = |line: &domain::CartLine| {
        let left = left(&line.item.sku);
        (line.quantity.get() > left).then(|| ShortLine {
            sku: line.item.sku.clone(),
            name: line.item.name.clone(),
            left,
        })
    };
    cart.lines.iter().filter_map(short).collect()
}
