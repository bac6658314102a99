//! What a line's pages are loaded with, and where a visitor stands in it. No database is asked.

use super::place::Place;
use crate::{
    error::StoreError,
    services::{Visitor, private, services, visitor},
};
use accounts::{SessionToken, cookie as session_cookie};
use admissions::{Asker, ProductDrop, Standing, TooMany, cookie as ticket_cookie};
use domain::{Slug, product::Product};
use http::{HeaderValue, header::SET_COOKIE};
use jiff::Timestamp;
use leptos::{prelude::*, server};
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is known of a drop to everyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Where its line is.
    pub address: String,
    /// The line's name.
    pub name: Slug,
    /// What it is called.
    pub title: String,
    /// From when on somebody is admitted.
    pub opens: Timestamp,
    /// From when on nothing is in the way.
    pub ends: Timestamp,
    /// How long somebody may buy whose turn it is.
    pub admitted: Duration,
}

impl From<&ProductDrop> for Announcement {
    fn from(drop: &ProductDrop) -> Self {
        Self {
            address: address_of_line(&drop.name),
            name: drop.name.clone(),
            title: drop.title.clone(),
            opens: drop.opens,
            ends: drop.ends,
            admitted: drop.admitted,
        }
    }
}

/// Where a visitor is told to stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Where that is.
    #[serde(flatten)]
    pub place: Place,
    /// In how many milliseconds it is worth asking again.
    pub again: u32,
    /// Where the visitor goes on to, if the line is behind them.
    pub next: Option<String>,
}

/// The page of a line.
pub fn address_of_line(name: &Slug) -> String {
    format!("/line/{name}")
}

/// The page of the line that has to be stood in, if that is why something was refused.
pub fn line_of(error: &StoreError) -> Option<String> {
    let name = error.details.as_ref()?.get("drop")?.as_str()?;
    Some(address_of_line(&Slug::parse(name).ok()?))
}

/// The drop of this name.
pub fn announced(name: &str) -> Option<Announcement> {
    services().admissions.find(&Slug::parse(name).ok()?).map(Announcement::from)
}

/// The drop by which a product is sold, or will be.
pub fn sold_by(product: &Product) -> Option<Announcement> {
    let skus = product.variants.iter().map(|variant| &variant.sku);
    let services = services();
    let drop = services.admissions.of_product(&product.slug, skus, Timestamp::now());
    drop.map(Announcement::from)
}

/// Where the visitor stands in the line of this name. Who stands nowhere is put at its end.
///
/// Who may call it: anyone, but no other site's page.
#[server(prefix = "/api", endpoint = "line/place", input = leptos::server_fn::codec::GetUrl)]
pub async fn place_in_line(#[server(default)] name: String) -> Result<Told, StoreError> {
    stand(&name)?.ok_or_else(|| StoreError::new("not_found", 404, "There is no such line."))
}

/// The same for a page; `None` if there is no such line.
pub fn stand(name: &str) -> Result<Option<Told>, StoreError> {
    private();
    let Visitor { session, tickets, address, embedded, secure, .. } = visitor();
    if embedded {
        let words = "This request came from another site.";
        return Err(StoreError::new("foreign_origin", 403, words));
    }
    let admissions = services().admissions;
    let Some(drop) = Slug::parse(name).ok().and_then(|name| admissions.find(&name).cloned()) else {
        return Ok(None);
    };
    // A ticket is good for one cart. Whoever has none yet is given its name, and nothing is written; what somebody
    // brought is theirs, and is not given to them again.
    let given = session.is_none();
    let session = session.unwrap_or_else(SessionToken::random);
    let (cart, now) = (session.id(), Timestamp::now());
    let asker = Asker { tickets: &tickets, cart: cart.as_str() };
    let stood = match admissions.stand(&drop.name, asker, address, now) {
        Ok(Some(stood)) => stood,
        Ok(None) => return Ok(None),
        Err(TooMany { wait }) => {
            let again = milliseconds(wait);
            return Ok(Some(Told { place: Place::Crowded, again, next: None }));
        }
    };
    if let Some(ticket) = &stood.keep {
        keep(ticket_cookie::set(&drop, ticket, now, secure));
        if given {
            keep(session_cookie::set(&session, secure));
        }
    }
    let is_through = matches!(stood.standing, Standing::Admitted { .. } | Standing::Over);
    let next = drop.leads_to().filter(|_| is_through).map(|product| format!("/p/{product}"));
    Ok(Some(Told { place: stood.standing.into(), again: milliseconds(stood.again), next }))
}

impl From<Standing> for Place {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Early { opens_in } => Self::Early { seconds: seconds(opens_in) },
            Standing::Drawn => Self::Drawn,
            Standing::Waiting { before, wait } => Self::Waiting {
                before: u32::try_from(before).unwrap_or(u32::MAX),
                seconds: seconds(wait),
            },
            Standing::Admitted { left } => Self::Admitted { seconds: seconds(left) },
            Standing::Over => Self::Over,
        }
    }
}

fn keep(cookie: HeaderValue) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.append_header(SET_COOKIE, cookie);
    }
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX)
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(u32::MAX)
}
