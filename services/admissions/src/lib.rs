//! Who may buy at a product drop, and when: the waiting room's tickets and turns.
//!
//! Everything that is known of a visitor stands in a signed ticket that the visitor's browser keeps; a node
//! remembers nothing of anybody but how far its own line reaches, and no database is asked. Any node reads the
//! ticket of any other. What a line looks like is `app`'s; that nothing covered is sold past the line is
//! `orders`', which asks here.

mod address;
pub mod cookie;
mod key;
mod line;
mod product_drop;
mod standing;
mod ticket;
mod turns;

pub use cookie::Tickets;
pub use product_drop::ProductDrop;
pub use standing::{Standing, Stood};

use address::Addresses;
use domain::{Sku, Slug, product::Sellable};
use jiff::Timestamp;
use key::Key;
use line::Line;
use secrecy::SecretString;
use std::{
    net::IpAddr,
    num::{NonZeroU16, NonZeroU32},
    sync::Arc,
    time::Duration,
};
use ticket::Ticket;

/// What the service is made of.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The drops there are, those that are over and those to come among them.
    pub drops: Vec<ProductDrop>,
    /// What tickets are signed with, the same on every node. Without it nobody is admitted: a node that only
    /// shows what is to come needs none.
    pub secret: Option<SecretString>,
    /// How many nodes give out turns. Each gives its part of what the store admits.
    pub nodes: NonZeroU16,
    /// How many new tickets one address is given a minute, and at once.
    pub tickets_per_minute: NonZeroU32,
    /// When this node began. Tickets of before tell it how far the lines had come.
    pub began: Timestamp,
}

/// Who asks, and what they hold.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The tickets that came with the request.
    pub tickets: &'a Tickets,
    /// The name of the visitor's cart. A ticket is good for one cart, so that sharing it shares the cart.
    pub cart: &'a str,
}

/// The service's handle; cheap to clone.
#[derive(Clone)]
pub struct Admissions(Arc<Inner>);

struct Inner {
    lines: Vec<Line>,
    key: Key,
    addresses: Addresses,
}

/// Something is sold by a line only, and it is not this visitor's turn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("one has to stand in the line {drop} for this")]
pub struct Barred {
    /// The drop whose line it is.
    pub drop: Slug,
}

/// So many tickets were given to this address that there is none for it just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tickets for one address; there is another in {wait:?}")]
pub struct TooMany {
    /// When there is another.
    pub wait: Duration,
}

impl Admissions {
    /// The service made of its parts.
    pub fn new(parts: Parts) -> Self {
        let line = |drop| Line::new(drop, parts.nodes, parts.began);
        Self(Arc::new(Inner {
            lines: parts.drops.into_iter().map(line).collect(),
            key: Key::new(parts.secret.as_ref()),
            addresses: Addresses::new(parts.tickets_per_minute),
        }))
    }

    /// A store in which nothing is sold by a line.
    pub fn none() -> Self {
        Self::new(Parts {
            drops: Vec::new(),
            secret: None,
            nodes: NonZeroU16::MIN,
            tickets_per_minute: NonZeroU32::MIN,
            began: Timestamp::UNIX_EPOCH,
        })
    }

    /// The drop of this name.
    pub fn find(&self, name: &Slug) -> Option<&ProductDrop> {
        self.line(name).map(|line| &line.drop)
    }

    /// The drop by which something of a product is sold now or from its opening on, if there is one. Of several
    /// it is the one that ends first.
    pub fn of_product<'a>(
        &self,
        product: &Slug,
        skus: impl IntoIterator<Item = &'a Sku>,
        now: Timestamp,
    ) -> Option<&ProductDrop> {
        let skus = skus.into_iter().map(|sku| self.governing(product, sku, now));
        skus.flatten().map(|line| &line.drop).min_by_key(|drop| drop.ends)
    }

    /// Whether anything is sold by a line now.
    pub fn is_guarding(&self, now: Timestamp) -> bool {
        self.0.lines.iter().any(|line| !line.drop.is_over(now))
    }

    /// Where the visitor stands in a line; who stands nowhere is put at its end. `None` if there is no such line.
    ///
    /// # Errors
    /// If a new ticket is needed and `address` has had too many.
    pub fn stand(
        &self,
        name: &Slug,
        asker: Asker<'_>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Option<Stood>, TooMany> {
        let Some(line) = self.line(name) else { return Ok(None) };
        if line.drop.is_over(now) {
            return Ok(Some(Stood::nowhere(Standing::Over)));
        }
        let held = self.held(line, asker, now).filter(|ticket| !line.has_lapsed(ticket, now));
        let ticket = match &held {
            Some(ticket) => ticket.clone(),
            None => {
                self.0.addresses.one_more(address, now)?;
                Ticket::new(now)
            }
        };
        let share = self.0.key.share(&line.drop, &ticket);
        let (ticket, standing, wait) = line.stand(ticket, share, now);
        // What the browser holds already is not sent to it again.
        let changed = held.as_ref() != Some(&ticket);
        let keep = changed.then(|| self.0.key.sign(&line.drop, asker.cart, &ticket));
        Ok(Some(Stood { standing, again: standing::pause(wait), keep }))
    }

    /// Whether the visitor may buy this now. What no drop covers, or only one that is over, anybody may.
    ///
    /// # Errors
    /// If it is sold by a line and it is not the visitor's turn.
    pub fn check(
        &self,
        item: &Sellable,
        asker: Option<Asker<'_>>,
        now: Timestamp,
    ) -> Result<(), Barred> {
        let Some(line) = self.governing(&item.slug, &item.sku, now) else { return Ok(()) };
        let ticket = asker.and_then(|asker| self.held(line, asker, now));
        match ticket.is_some_and(|ticket| line.admits(&ticket, now)) {
            true => Ok(()),
            false => Err(Barred { drop: line.drop.name.clone() }),
        }
    }

    /// Whether one of the tickets says that a cart of this name was given to whoever holds it: its name is then
    /// ours, and nobody made it up.
    pub fn vouches(&self, asker: Asker<'_>, now: Timestamp) -> bool {
        self.0.lines.iter().any(|line| self.held(line, asker, now).is_some())
    }

    fn line(&self, name: &Slug) -> Option<&Line> {
        self.0.lines.iter().find(|line| line.drop.name == *name)
    }

    /// The line that has to be stood in for this: of several the one that ends first. So a second edition bars
    /// nobody before the first has ended.
    fn governing(&self, product: &Slug, sku: &Sku, now: Timestamp) -> Option<&Line> {
        let lines = self.0.lines.iter();
        let governing =
            lines.filter(|line| !line.drop.is_over(now) && line.drop.covers(product, sku));
        governing.min_by_key(|line| line.drop.ends)
    }

    /// The visitor's ticket for a line, if it is one.
    fn held(&self, line: &Line, asker: Asker<'_>, now: Timestamp) -> Option<Ticket> {
        let text = asker.tickets.of(&line.drop.name)?;
        self.0.key.read(&line.drop, asker.cart, text, now)
    }
}
