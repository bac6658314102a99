//! Which of the databases answer, and what is not done while one that it needs does not: it is refused, or
//! given up, at once, and nobody waits for what will not come.

use crate::{
    config::Settings,
    roles::{Need, Needs},
    schema,
};
use axum::http::Uri;
use futures::future::select_all;
use platform::pulse::Pulse;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

/// The pulses of what a node stands on. Cheap to clone; one without any knows of nothing that is away.
#[derive(Clone, Default)]
pub struct Pulses {
    of: Vec<(Need, Pulse)>,
}

/// What something is done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// Nothing: what is asked is known from the request alone.
    Nothing,
    /// The session alone.
    Session,
    /// What is shown to everyone: the catalogue and the stock.
    Shown,
    /// The cart: what is shown, and orders, which hold goods of their own shopper.
    Cart,
    /// What programs ask for: their keys, and the stock.
    Api,
    /// A program's cart.
    TillCart,
    /// A program's orders.
    TillOrders,
    /// Everything.
    Everything,
}

impl With {
    /// What the answer to a request for this address is made with.
    pub fn of(uri: &Uri) -> Self {
        let mut parts = uri.path().trim_start_matches('/').split('/');
        match (parts.next().unwrap_or_default(), parts.next(), parts.next()) {
            ("line", Some(_), Some("place")) | ("api", Some("line"), _) => Self::Nothing,
            ("api", Some("cart"), Some("get")) => Self::Session,
            ("cart", ..) | ("api", Some("cart"), _) => Self::Cart,
            ("checkout" | "orders" | "api", ..) => Self::Everything,
            _ => Self::Shown,
        }
    }

    fn needs(self, need: Need) -> bool {
        match self {
            Self::Nothing => false,
            Self::Session => need == Need::Mongodb,
            Self::Shown => matches!(need, Need::Mongodb | Need::Inventory),
            Self::Cart => matches!(need, Need::Mongodb | Need::Inventory | Need::Orders),
            Self::Api => matches!(need, Need::Accounts | Need::Inventory),
            Self::TillCart => Self::Cart.needs(need) || need == Need::Accounts,
            // They are kept where money and stock are; the sessions may be away.
            Self::TillOrders => need != Need::Mongodb,
            Self::Everything => true,
        }
    }
}

impl Pulses {
    /// Takes the pulse of each database that is needed, until `stop`. Not that of Redis: nothing waits for
    /// it.
    pub async fn begin(
        settings: &Settings,
        needs: &Needs,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let mut of = Vec::new();
        for (need, place) in schema::places(&settings.database) {
            if needs.has(need) {
                of.push((need, Pulse::of_postgres(place.url, place.schema, stop.clone())));
            }
        }
        if needs.has(Need::Mongodb) {
            let url = settings.mongodb.url.expose_secret();
            of.push((Need::Mongodb, Pulse::of_mongodb(url, stop.clone()).await?));
        }
        Ok(Self { of })
    }

    /// Whether the database of this name is known to be away.
    pub fn knows_away(&self, name: &str) -> bool {
        self.of.iter().any(|(_, pulse)| pulse.name == name && pulse.is_away())
    }

    /// Whether one of the databases is away that this needs.
    pub fn is_away(&self, with: With) -> bool {
        self.of.iter().any(|(need, pulse)| with.needs(*need) && pulse.is_away())
    }

    /// What comes of it, unless one of the databases that it needs is away or goes away meanwhile.
    pub async fn unless_away<T>(&self, with: With, doing: impl Future<Output = T>) -> Option<T> {
        let needed = self.of.iter().filter(|(need, _)| with.needs(*need));
        let away: Vec<_> = needed
            .map(|(_, pulse)| {
                let mut pulse = pulse.clone();
                Box::pin(async move { pulse.away().await })
            })
            .collect();
        if away.is_empty() {
            return Some(doing.await);
        }
        tokio::select! {
            biased;
            _ = select_all(away) => None,
            done = doing => Some(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_what_its_answer_is_made_with() {
        for (address, with) in [
            ("/", With::Shown),
            ("/p/lamp?sku=LAMP", With::Shown),
            ("/nothing", With::Shown),
            ("/line/lamp", With::Shown),
            ("/line/lamp/place", With::Nothing),
            ("/api/line/place?name=lamp", With::Nothing),
            ("/api/cart/get", With::Session),
            ("/api/cart/add", With::Cart),
            ("/cart?problem=x", With::Cart),
            ("/api/checkout/place", With::Everything),
            ("/checkout", With::Everything),
            ("//orders/V-1", With::Everything),
        ] {
            assert_eq!(With::of(&address.parse().unwrap()), with, "{address}");
        }
    }
}
