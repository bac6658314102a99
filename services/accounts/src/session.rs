//! Sessions and what they carry: the cart and the checkout form.

use crate::{
    Error, SessionId, SessionToken, WishId,
    documents::{self, SessionDocument},
};
use domain::{
    Cart, CartLine, Quantity,
    checkout::{CheckoutForm, Refusal},
    product::Sellable,
    stock::Demand,
};
use jiff::Timestamp;
use mongodb::{Collection, Database, options::ReturnDocument};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How often a change is tried again when another request was faster.
const TRIES: usize = 8;

/// What was typed at the checkout, and why it was not accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutDraft {
    /// The form as it was typed.
    pub form: CheckoutForm,
    /// Why the last try was refused, until the next one.
    pub refusal: Option<Refusal>,
}

/// The cart after something was added.
#[derive(Debug, Clone)]
pub struct Added {
    /// The cart as it is now.
    pub cart: Cart,
    /// What was typed at the checkout.
    pub form: CheckoutForm,
    /// The token to hand to the browser, when the session is new.
    pub new_session: Option<SessionToken>,
}

impl Added {
    fn to(session: SessionDocument) -> Self {
        let form = session.checkout.unwrap_or_default().form;
        Self { cart: session.cart, form, new_session: None }
    }
}

/// Why nothing was added; the cart is as it was.
#[derive(Debug, thiserror::Error)]
pub enum AddRefused {
    /// With what is there already it would be more pieces than allowed.
    #[error("the cart holds {in_cart} of these already")]
    TooMany {
        /// How many pieces of it are in the cart.
        in_cart: u32,
    },
    /// No more different items fit.
    #[error("the cart is full")]
    Full,
    /// There is no such session.
    #[error("there is no such cart")]
    NoCart,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<mongodb::error::Error> for AddRefused {
    fn from(error: mongodb::error::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The sessions of all visitors.
#[derive(Debug, Clone)]
pub struct Sessions {
    collection: Collection<SessionDocument>,
}

impl Sessions {
    /// The sessions in this database.
    pub fn new(database: &Database) -> Self {
        Self { collection: documents::collection(database) }
    }

    /// Creates the indexes; can be run again.
    pub async fn ensure_indexes(&self) -> Result<(), Error> {
        self.collection.create_index(documents::expiry_index()).await?;
        Ok(())
    }

    /// The cart of a session; an empty one for a session that is not there. One round trip.
    pub async fn cart(&self, id: &SessionId) -> Result<Cart, Error> {
        Ok(self.load(id).await?.map(|session| session.cart).unwrap_or_default())
    }

    /// The cart and the checkout form of a session; both empty for one that is not there. One round trip.
    pub async fn cart_and_draft(&self, id: &SessionId) -> Result<(Cart, CheckoutDraft), Error> {
        Ok(self.find(id).await?.unwrap_or_default())
    }

    /// The same of a session that has to be there.
    pub async fn find(&self, id: &SessionId) -> Result<Option<(Cart, CheckoutDraft)>, Error> {
        let session = self.load(id).await?;
        Ok(session.map(|session| (session.cart, session.checkout.unwrap_or_default())))
    }

    /// Begins a session with an empty cart, for a program that will name it by its token. One round trip.
    pub async fn open(&self) -> Result<(SessionToken, Cart), Error> {
        let (token, cart) = (SessionToken::random(), Cart::default());
        self.collection.insert_one(documents::new(&token.id(), cart.clone())).await?;
        Ok((token, cart))
    }

    /// Adds pieces of an item, at most `most` of it all in all, in one round trip; begins a session
    /// for a visitor who has none. A token that is presented but unknown is not revived: the visitor
    /// gets a new one. What was wished under the same name before is not added again, and answered
    /// with the cart as it is now.
    pub async fn add_to_cart(
        &self,
        token: Option<&SessionToken>,
        wish: Option<&WishId>,
        item: &Sellable,
        quantity: Quantity,
        most: u32,
    ) -> Result<Added, AddRefused> {
        if let Some(token) = token {
            match self.add_to(&token.id(), wish, item, quantity, most).await {
                Err(AddRefused::NoCart) => {}
                outcome => return outcome,
            }
        }
        match quantity.get() <= most {
            true => self.begin(wish, item, quantity).await,
            false => Err(AddRefused::TooMany { in_cart: 0 }),
        }
    }

    /// The same for a session that has to be there.
    pub async fn add_to(
        &self,
        id: &SessionId,
        wish: Option<&WishId>,
        item: &Sellable,
        quantity: Quantity,
        most: u32,
    ) -> Result<Added, AddRefused> {
        let possible = quantity.get() <= most;
        if possible {
            let room = documents::with_room(id, wish, &item.sku, quantity, most);
            let updated = self
                .collection
                .find_one_and_update(room, documents::add_line(wish, item, quantity)?)
                .return_document(ReturnDocument::After)
                .await?;
            if let Some(session) = updated {
                return Ok(Added::to(session));
            }
        }
        let session = self.load(id).await?.ok_or(AddRefused::NoCart)?;
        if wish.is_some_and(|wish| session.granted(wish)) {
            return Ok(Added::to(session));
        }
        Err(match pieces_of(&session.cart, item) {
            0 if possible => AddRefused::Full,
            in_cart => AddRefused::TooMany { in_cart },
        })
    }

    /// Begins a session with an empty cart under a token that was given to the visitor ahead, unless there is one.
    /// Nobody but who gave it out may say so: what a visitor presents by themselves is not revived.
    ///
    /// There may have been a session under the token before, which has ended, and orders of its carts, which are
    /// told apart by their versions. So the cart begins at a version that is later than any of them: at the second
    /// of the Unix epoch, for no cart changes every second of its life.
    pub async fn begin_as(&self, token: &SessionToken) -> Result<(), Error> {
        let version = u32::try_from(Timestamp::now().as_second()).unwrap_or(u32::MAX);
        let cart = Cart { version, lines: Vec::new() };
        let (id, empty) = (documents::of(&token.id()), documents::unless_there(&cart)?);
        match self.collection.update_one(id, empty).upsert(true).await {
            // Another request of the visitor was faster.
            Err(error) if documents::is_there_already(&error) => Ok(()),
            outcome => Ok(outcome.map(|_| ())?),
        }
    }

    async fn begin(
        &self,
        wish: Option<&WishId>,
        item: &Sellable,
        quantity: Quantity,
    ) -> Result<Added, AddRefused> {
        let token = SessionToken::random();
        let cart = Cart { version: 1, lines: vec![CartLine { item: item.clone(), quantity }] };
        let granted = wish.iter().map(ToString::to_string).collect();
        let session = SessionDocument { granted, ..documents::new(&token.id(), cart.clone()) };
        self.collection.insert_one(session).await?;
        Ok(Added { cart, form: CheckoutForm::default(), new_session: Some(token) })
    }

    /// Changes the cart by compare-and-set: `change` sees the current cart and is run again when
    /// another request was faster. An unchanged version writes nothing.
    pub async fn change_cart<T, E: From<Error>>(
        &self,
        id: &SessionId,
        mut change: impl FnMut(&mut Cart) -> Result<T, E>,
    ) -> Result<(Cart, T), E> {
        for _ in 0..TRIES {
            let read = self.cart(id).await?;
            let mut cart = read.clone();
            let outcome = change(&mut cart)?;
            if cart.version == read.version || self.replace(id, read.version, &cart).await? {
                return Ok((cart, outcome));
            }
        }
        Err(Error::Contended.into())
    }

    /// Keeps what was typed at the checkout. Without a session there is no cart to order either, and
    /// nothing is kept.
    pub async fn keep_draft(&self, id: &SessionId, draft: &CheckoutDraft) -> Result<(), Error> {
        let set = documents::keep_draft(draft)?;
        self.collection.update_one(documents::alive(id), set).await?;
        Ok(())
    }

    /// Writes down fields of the checkout form, by their names, and leaves the others as they are; `None` if there is
    /// no such session. One round trip.
    pub async fn note(
        &self,
        id: &SessionId,
        fields: &[(&'static str, String)],
    ) -> Result<Option<(Cart, CheckoutDraft)>, Error> {
        let noted = self
            .collection
            .find_one_and_update(documents::alive(id), documents::note(fields))
            .return_document(ReturnDocument::After)
            .await?;
        Ok(noted.map(|session| (session.cart, session.checkout.unwrap_or_default())))
    }

    /// Takes what was ordered out of the cart, once for each order however often it is called. A cart
    /// of the ordered version is emptied; of one that was changed since, what was put into it in
    /// addition stays.
    pub async fn take_out(
        &self,
        id: &SessionId,
        order: Uuid,
        version: u32,
        ordered: &[Demand],
    ) -> Result<(), Error> {
        for _ in 0..TRIES {
            let mut cart = self.cart(id).await?;
            let read = cart.version;
            match read == version {
                true => cart.lines.clear(),
                false => cart.take_out(ordered),
            }
            let filter = documents::with_cart_before(id, order, read);
            let set = documents::take_out(&cart.lines, order, read)?;
            if self.collection.update_one(filter, set).await?.matched_count == 1 {
                return Ok(());
            }
            // Changed in this moment, done before, or gone.
            if !self.has_cart_before(id, order).await? {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    async fn has_cart_before(&self, id: &SessionId, order: Uuid) -> Result<bool, Error> {
        let filter = documents::before(id, order);
        Ok(self.collection.find_one(filter).await?.is_some())
    }

    async fn replace(&self, id: &SessionId, read: u32, cart: &Cart) -> Result<bool, Error> {
        let set = documents::replace_cart(cart)?;
        let done = self.collection.update_one(documents::with_version(id, read), set).await?;
        Ok(done.matched_count == 1)
    }

    async fn load(&self, id: &SessionId) -> Result<Option<SessionDocument>, Error> {
        Ok(self.collection.find_one(documents::alive(id)).await?)
    }
}

fn pieces_of(cart: &Cart, item: &Sellable) -> u32 {
    let line = cart.lines.iter().find(|line| line.item.sku == item.sku);
    line.map_or(0, |line| line.quantity.get())
}
