//! The session as MongoDB stores it: the only place of this crate with BSON.

use crate::{SessionId, WishId, session::CheckoutDraft};
use domain::{Cart, CartLine, Quantity, Sku, product::Sellable};
use mongodb::{
    Collection, Database, IndexModel,
    bson::{DateTime, Document, doc, serialize_to_bson},
    error::{Error, ErrorKind, WriteFailure},
    options::IndexOptions,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// For so many of its latest orders a session knows that their goods were taken out of the cart. Who
/// takes them out twice does so within hours.
const ORDERS_REMEMBERED: i32 = 20;

/// A session. What a browser holds is not in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SessionDocument {
    /// The hash of the token.
    #[serde(rename = "_id")]
    pub id: String,
    /// The cart, with its version.
    pub cart: Cart,
    /// The last wishes that were granted, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub granted: Vec<String>,
    /// What was typed at the checkout and not yet ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<CheckoutDraft>,
    /// When the TTL index may delete it; moved on with each change.
    pub expires_at: DateTime,
}

impl SessionDocument {
    /// Whether a wish was granted already, as far as is remembered.
    pub fn granted(&self, wish: &WishId) -> bool {
        self.granted.iter().any(|granted| granted == wish.as_str())
    }
}

/// How many granted wishes a session remembers: far more than a browser has on their way at once.
const REMEMBERED: i32 = 16;

pub(crate) fn collection(database: &Database) -> Collection<SessionDocument> {
    database.collection("sessions")
}

/// Sessions end by themselves when `expires_at` has passed.
pub(crate) fn expiry_index() -> IndexModel {
    let options = IndexOptions::builder().expire_after(Duration::ZERO).build();
    IndexModel::builder().keys(doc! { "expires_at": 1 }).options(options).build()
}

/// A session with this cart, in which nothing was typed or granted yet.
pub(crate) fn new(id: &SessionId, cart: Cart) -> SessionDocument {
    let (id, expires_at) = (id.as_str().to_owned(), expires_at());
    SessionDocument { id, cart, granted: Vec::new(), checkout: None, expires_at }
}

pub(crate) fn expires_at() -> DateTime {
    let now = DateTime::now().timestamp_millis();
    DateTime::from_millis(now + crate::cookie::MAX_AGE_SECONDS * 1000)
}

/// A live session; the TTL monitor may be a minute late.
pub(crate) fn alive(id: &SessionId) -> Document {
    doc! { "_id": id.as_str(), "expires_at": { "$gt": DateTime::now() } }
}

/// The session of this name, alive or not.
pub(crate) fn of(id: &SessionId) -> Document {
    doc! { "_id": id.as_str() }
}

/// What a session begins with under a token that was given out ahead; one that is there stays as it is.
pub(crate) fn unless_there(cart: &Cart) -> Result<Document, mongodb::error::Error> {
    let cart = serialize_to_bson(cart)?;
    Ok(doc! { "$setOnInsert": { "cart": cart, "expires_at": expires_at() } })
}

/// Whether a document was not written because one of its name is there.
pub(crate) fn is_there_already(error: &Error) -> bool {
    const DUPLICATE_KEY: i32 = 11_000;
    matches!(&*error.kind, ErrorKind::Write(WriteFailure::WriteError(error)) if error.code == DUPLICATE_KEY)
}

/// A live session whose cart is still the one that was read.
pub(crate) fn with_version(id: &SessionId, version: u32) -> Document {
    let mut filter = alive(id);
    filter.insert("cart.version", i64::from(version));
    filter
}

/// A live session with room for so many more pieces of the SKU: neither too many different lines nor
/// more than `most` pieces in its line. It has not granted this wish yet.
pub(crate) fn with_room(
    id: &SessionId,
    wish: Option<&WishId>,
    sku: &Sku,
    quantity: Quantity,
    most: u32,
) -> Document {
    let (sku, last_line) = (sku.as_str(), format!("cart.lines.{}", Cart::MAX_LINES - 1));
    let room = i64::from(most) - i64::from(quantity.get());
    let mut filter = alive(id);
    if let Some(wish) = wish {
        filter.insert("granted", doc! { "$ne": wish.as_str() });
    }
    filter.insert(
        "cart.lines",
        doc! { "$not": { "$elemMatch": { "item.sku": sku, "quantity": { "$gt": room } } } },
    );
    filter.insert(
        "$or",
        vec![doc! { "cart.lines.item.sku": sku }, doc! { last_line: { "$exists": false } }],
    );
    filter
}

/// [`Cart::add`] as one atomic update, so that two tabs adding at once lose nothing and adding costs
/// one round trip; the wish is remembered with it. A test holds it against the domain's.
pub(crate) fn add_line(
    wish: Option<&WishId>,
    item: &Sellable,
    quantity: Quantity,
) -> Result<Vec<Document>, mongodb::error::Error> {
    // Literals, because a name may begin with the `$` that marks a field path.
    let literal = doc! { "$literal": serialize_to_bson(item)? };
    let sku = doc! { "$literal": item.sku.as_str() };
    let pieces = i64::from(quantity.get());
    let skus = doc! { "$map": { "input": "$cart.lines", "as": "line", "in": "$$line.item.sku" } };
    let joined = doc! { "$map": {
        "input": "$cart.lines",
        "as": "line",
        "in": { "$cond": [
            { "$eq": ["$$line.item.sku", sku.clone()] },
            { "item": "$$line.item", "quantity": { "$add": ["$$line.quantity", pieces] } },
            "$$line",
        ] },
    } };
    let appended =
        doc! { "$concatArrays": ["$cart.lines", [{ "item": literal, "quantity": pieces }]] };
    let mut set = doc! {
        "cart.lines": { "$cond": [{ "$in": [sku, skus] }, joined, appended] },
        "cart.version": { "$add": ["$cart.version", 1_i64] },
        "expires_at": expires_at(),
    };
    if let Some(wish) = wish {
        let before = doc! { "$ifNull": ["$granted", []] };
        let all = doc! { "$concatArrays": [before, [{ "$literal": wish.as_str() }]] };
        set.insert("granted", doc! { "$slice": [all, -REMEMBERED] });
    }
    Ok(vec![doc! { "$set": set }])
}

/// Keeps what was typed at the checkout.
pub(crate) fn keep_draft(draft: &CheckoutDraft) -> Result<Document, mongodb::error::Error> {
    let draft = serialize_to_bson(draft)?;
    Ok(doc! { "$set": { "checkout": draft, "expires_at": expires_at() } })
}

/// Writes down fields of the checkout form; the last refusal is of another form then.
pub(crate) fn note(fields: &[(&'static str, String)]) -> Document {
    let mut set = doc! { "expires_at": expires_at() };
    for (name, text) in fields {
        set.insert(format!("checkout.form.{name}"), text);
    }
    doc! { "$set": set, "$unset": { "checkout.refusal": "" } }
}

/// Puts another cart in the place of the one that was read.
pub(crate) fn replace_cart(cart: &Cart) -> Result<Document, mongodb::error::Error> {
    let cart = serialize_to_bson(cart)?;
    Ok(doc! { "$set": { "cart": cart, "expires_at": expires_at() } })
}

/// A live session from which an order's goods were not taken out yet.
pub(crate) fn before(id: &SessionId, order: Uuid) -> Document {
    let mut filter = alive(id);
    filter.insert("taken_out", doc! { "$ne": order.to_string() });
    filter
}

/// As [`before`], with the cart that was read.
pub(crate) fn with_cart_before(id: &SessionId, order: Uuid, version: u32) -> Document {
    let mut filter = before(id, order);
    filter.insert("cart.version", i64::from(version));
    filter
}

/// Leaves these lines of a cart of this version, and remembers for which order.
pub(crate) fn take_out(
    left: &[CartLine],
    order: Uuid,
    version: u32,
) -> Result<Document, mongodb::error::Error> {
    Ok(doc! {
        "$set": {
            "cart.lines": serialize_to_bson(&left)?,
            "cart.version": i64::from(version.wrapping_add(1)),
        },
        "$push": { "taken_out": { "$each": [order.to_string()], "$slice": -ORDERS_REMEMBERED } },
        "$unset": { "checkout.refusal": "" },
    })
}
