//! What the server gives to every render and every server function, through Leptos's context.

use domain::Market;
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, LOCATION},
};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;
use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// The services, and where and how this shop sells.
#[derive(Clone)]
pub struct Services {
    /// What is sold.
    pub catalogue: catalogue::Catalogue,
    /// How much of it there is.
    pub inventory: inventory::Inventory,
    /// Carts and orders, on a node that serves them.
    pub orders: Option<orders::Orders>,
    /// What is sold by a line, and whose turn it is.
    pub admissions: admissions::Admissions,
    /// The market of this request.
    pub market: Arc<Market>,
    /// Scheme and host under which the shop is known, without a slash at the end.
    pub public_url: Arc<str>,
}

/// What a page was made of: `product:ID`, `category:PATH`, `shelf:PATH`, `stock:SKU`, `home`,
/// `navigation`. A cached page is made anew when one of its tags is touched.
#[derive(Clone, Default)]
pub struct Tags(Arc<Mutex<BTreeSet<String>>>);

impl Tags {
    /// Notes one more thing the page was made of.
    pub fn add(&self, tag: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(tag.into());
    }

    /// Everything noted so far, sorted.
    pub fn list(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Who asks, and how.
#[derive(Clone)]
pub struct Visitor {
    /// The session, if the request carries one.
    pub session: Option<accounts::SessionToken>,
    /// What the request carries as tickets of lines.
    pub tickets: admissions::Tickets,
    /// What limits count the visitor by.
    pub address: Option<IpAddr>,
    /// Another site's page asked for this by itself, without the visitor going anywhere.
    pub embedded: bool,
    /// A plain form post, which wants a page for an answer, not JSON.
    pub wants_html: bool,
    /// Whether the request came over https.
    pub secure: bool,
}

/// What a page shows could not be loaded. Why stands in the log; a page can only say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadFailed {
    /// A store of data is away. Who tries again later may find it there.
    Away,
    /// Anything else.
    Fault,
}

impl<E: std::error::Error + 'static> From<E> for LoadFailed {
    fn from(error: E) -> Self {
        tracing::error!(error = causes(&error), "what a page shows could not be loaded");
        if is_absence(&error) { Self::Away } else { Self::Fault }
    }
}

/// An error with everything that lies behind it.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut causes = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        causes = format!("{causes}: {cause}");
        next = cause.source();
    }
    causes
}

/// Whether a store of data that is away lies behind an error.
pub fn is_absence(error: &(dyn std::error::Error + 'static)) -> bool {
    platform::is_absence(error)
}

/// The services of this request.
///
/// # Panics
/// Without [`Services`] in the context, which the server provides to everything it runs.
pub fn services() -> Services {
    expect_context()
}

/// Carts and orders are served by other nodes of the store. Whoever asks was led to the wrong one.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("this node does not serve carts and orders")]
pub struct Elsewhere;

impl Services {
    /// Carts and orders.
    ///
    /// # Errors
    /// On a node that does not serve them.
    pub fn orders(&self) -> Result<&orders::Orders, Elsewhere> {
        self.orders.as_ref().ok_or(Elsewhere)
    }
}

/// The visitor of this request.
///
/// # Panics
/// Without a [`Visitor`] in the context, which the server provides to everything it runs.
pub fn visitor() -> Visitor {
    expect_context()
}

/// The tags of the page that is being made. Outside a page they lead nowhere.
pub fn tags() -> Tags {
    use_context().unwrap_or_default()
}

/// Sets the status of the answer.
pub fn status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

/// Sends a browser that posted a plain form on to a page (303: whatever it posted, it now asks).
pub fn see_other(address: &str) {
    if let (Some(response), Ok(to)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(address))
    {
        response.insert_header(LOCATION, to);
        response.set_status(StatusCode::SEE_OTHER);
    }
}

/// Marks the answer as meant for this visitor alone: no cache keeps it.
pub fn private() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_kept_once_and_shared_by_clones() {
        let tags = Tags::default();
        tags.clone().add("product:1");
        tags.add(String::from("product:1"));
        tags.add("home");
        assert_eq!(tags.list(), ["home", "product:1"]);
    }
}
