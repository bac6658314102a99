//! A drop, its nodes, and visitors with a browser that keeps what it is told.

use admissions::{Admissions, Asker, Parts, ProductDrop, Standing, Stood, Tickets};
use domain::{Currency, Money, Sku, Slug, product::Sellable, tax::TaxClass};
use jiff::{SignedDuration, Timestamp};
use std::{
    num::{NonZeroU16, NonZeroU32},
    time::Duration,
};

pub const ADMITTED: Duration = Duration::from_secs(600);

pub fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

/// A moment, in milliseconds after the opening of the drop.
pub fn at(milliseconds: i64) -> Timestamp {
    let opens: Timestamp = "2026-12-01T18:00:00Z".parse().unwrap();
    opens + SignedDuration::from_millis(milliseconds)
}

/// A drop of an hour.
pub fn lamp(admits_per_minute: u32) -> ProductDrop {
    ProductDrop {
        name: slug("lamp-drop"),
        title: "Lamp, second edition".to_owned(),
        products: vec![slug("lamp")],
        skus: vec![],
        opens: at(0),
        ends: at(3_600_000),
        admits_per_minute: NonZeroU32::new(admits_per_minute).unwrap(),
        admitted: ADMITTED,
        draw: Duration::ZERO,
    }
}

/// One of so many nodes, which begins long before the drop.
pub fn node_of(drops: &[ProductDrop], nodes: u16) -> Admissions {
    node_that_begins(drops, nodes, at(-1_000_000_000))
}

pub fn node_that_begins(drops: &[ProductDrop], nodes: u16, began: Timestamp) -> Admissions {
    Admissions::new(Parts {
        drops: drops.to_vec(),
        secret: Some("the secret of the tests, long enough".to_owned().into()),
        nodes: NonZeroU16::new(nodes).unwrap(),
        tickets_per_minute: NonZeroU32::new(1_000_000).unwrap(),
        began,
    })
}

pub fn node(drop: ProductDrop) -> Admissions {
    node_of(&[drop], 1)
}

pub fn item(product: &str, sku: &str) -> Sellable {
    Sellable {
        sku: Sku::parse(sku).unwrap(),
        product_id: product.to_owned(),
        slug: slug(product),
        name: product.to_owned(),
        options: String::new(),
        picture: None,
        price: Money::new(1_999, Currency::EUR),
        tax_class: TaxClass::Standard,
    }
}

/// Somebody with a browser.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    pub cart: String,
    pub tickets: Tickets,
}

impl Visitor {
    pub fn new(cart: &str) -> Self {
        Self { cart: cart.to_owned(), tickets: Tickets::default() }
    }

    pub fn asks(&self) -> Asker<'_> {
        Asker { tickets: &self.tickets, cart: &self.cart }
    }

    /// Asks a node; the browser keeps what it is told to.
    pub fn stand(&mut self, node: &Admissions, now: Timestamp) -> Stood {
        let line = slug("lamp-drop");
        let stood = node.stand(&line, self.asks(), None, now).unwrap().unwrap();
        if let Some(ticket) = &stood.keep {
            self.tickets = std::mem::take(&mut self.tickets).with(&line, ticket.clone());
        }
        stood
    }

    /// Whether this node sells the lamp to them.
    pub fn may_buy(&self, node: &Admissions, now: Timestamp) -> bool {
        node.check(&item("lamp", "LAMP"), Some(self.asks()), now).is_ok()
    }
}

/// When the turn of somebody comes or came who is told this now; `None` for who has none yet.
pub fn turn(standing: Standing, now: Timestamp) -> Option<Timestamp> {
    match standing {
        Standing::Waiting { wait, .. } => Some(now + wait),
        Standing::Admitted { left } => Some(now + left - ADMITTED),
        Standing::Early { .. } | Standing::Drawn | Standing::Over => None,
    }
}
