//! What makes sense: rules for values that have the right type.

use super::Settings;
use payments::StandardSignature;
use reqwest::Url;
use secrecy::ExposeSecret;
use tracing_subscriber::EnvFilter;

impl Settings {
    /// Everything that makes no sense, a line each.
    pub(super) fn problems(&self) -> Vec<String> {
        let own = [self.line.problems(), self.mail.problems(), self.seller.problems()].concat();
        [self.addresses(), self.secrets(), self.numbers(), own, self.filter()].concat()
    }

    fn addresses(&self) -> Vec<String> {
        const POSTGRESQL: &[&str] = &["postgres://", "postgresql://"];
        const MONGODB: &[&str] = &["mongodb://", "mongodb+srv://"];
        let database = &self.database;
        let begin = [
            ("database.url", Some(&database.url), POSTGRESQL),
            ("database.accounts_url", database.accounts_url.as_ref(), POSTGRESQL),
            ("database.inventory_url", database.inventory_url.as_ref(), POSTGRESQL),
            ("database.payments_url", database.payments_url.as_ref(), POSTGRESQL),
            ("database.orders_url", database.orders_url.as_ref(), POSTGRESQL),
            ("mongodb.url", Some(&self.mongodb.url), MONGODB),
        ];
        let begin = begin.into_iter().map(|(key, url, schemes)| {
            let fine = url.is_none_or(|url| {
                schemes.iter().any(|scheme| url.expose_secret().starts_with(scheme))
            });
            (fine, format!("{key} must begin with {}", schemes.join(" or ")))
        });
        let (public, provider) = (&self.server.public_url, &self.payments.sandbox.url);
        let web = [
            (
                is_origin(public),
                "server.public_url must be scheme and host as browsers write them, without a slash \
                 at the end, e.g. https://shop.example"
                    .to_owned(),
            ),
            (
                parse(provider).is_some() && !provider.ends_with('/'),
                "payments.sandbox.url must begin with http:// or https:// and end without a slash"
                    .to_owned(),
            ),
        ];
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
        let fronts = self.edge.purge_urls.iter().filter(|url| !is_web(url));
        let fronts =
            fronts.map(|url| format!("edge.purge_urls: {url} must begin with http:// or https://"));
        let redis = platform::redis::check(self.redis.url.expose_secret());
        let redis = redis.err().map(|wrong| format!("redis.url {wrong}"));
        broken(begin.chain(web)).into_iter().chain(redis).chain(fronts).collect()
    }

    fn secrets(&self) -> Vec<String> {
        let sandbox = &self.payments.sandbox;
        let long_enough = [
            ("payments.sandbox.secret", &sandbox.secret),
            ("payments.sandbox.webhook_secret", &sandbox.webhook_secret),
        ];
        let mut wrong = broken(long_enough.into_iter().map(|(key, secret)| {
            let fine = secret.expose_secret().len() >= 16;
            (fine, format!("{key} needs at least 16 characters"))
        }));
        if let Err(error) = StandardSignature::new(&sandbox.webhook_secret) {
            wrong.push(format!("payments.sandbox.webhook_secret: {error}"));
        }
        if let Err(error) = self.webhooks.seal() {
            wrong.push(format!("webhooks.sealing_key: {error}"));
        }
        wrong
    }

    fn numbers(&self) -> Vec<String> {
        let (server, orders) = (&self.server, &self.orders);
        let at_least = [
            ("server.max_connections", server.max_connections as u64, 1),
            ("server.changes_per_second", server.changes_per_second.into(), 1),
            ("server.changes_burst", server.changes_burst.into(), 1),
            ("live.max_streams", self.live.max_streams as u64, 1),
            ("live.max_streams_per_address", self.live.max_streams_per_address as u64, 1),
            ("api.requests_per_second", self.api.requests_per_second.into(), 1),
            ("api.requests_burst", self.api.requests_burst.into(), 1),
            ("database.max_connections", self.database.max_connections.into(), 1),
            ("orders.time_to_pay_seconds", orders.time_to_pay_seconds, 60),
            ("orders.first_check_seconds", orders.first_check_seconds, 1),
            ("orders.sweep_seconds", orders.sweep_seconds, 1),
        ];
        let at_least = at_least
            .into_iter()
            .map(|(key, value, least)| (value >= least, format!("{key} must be at least {least}")));
        // What the limiter can count: it keeps the time between two requests in nanoseconds.
        let at_most = [
            ("server.changes_per_second", server.changes_per_second),
            ("api.requests_per_second", self.api.requests_per_second),
            ("api.requests_burst", self.api.requests_burst),
        ];
        let at_most = at_most
            .map(|(key, value)| (value <= 1_000_000, format!("{key} must be at most 1000000")));
        let edge = [
            (
                (1..=1_024).contains(&self.drop.max_megabytes),
                "drop.max_megabytes must be from 1 to 1024".to_owned(),
            ),
            (
                self.edge.memory_megabytes <= 1_000_000,
                "edge.memory_megabytes must be at most 1000000".to_owned(),
            ),
            (
                self.edge.stale_seconds >= self.edge.fresh_seconds,
                "edge.stale_seconds must not be below edge.fresh_seconds".to_owned(),
            ),
        ];
        broken(at_least.chain(at_most).chain(edge))
    }

    fn filter(&self) -> Vec<String> {
        let read = EnvFilter::try_new(&self.log.filter);
        read.err().map(|error| format!("log.filter: {error}")).into_iter().collect()
    }
}

/// The words for each rule that is broken.
fn broken(rules: impl IntoIterator<Item = (bool, String)>) -> Vec<String> {
    rules.into_iter().filter(|(fine, _)| !fine).map(|(_, problem)| problem).collect()
}

fn parse(url: &str) -> Option<Url> {
    Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// Whether a browser that is on this site would name it so. Otherwise its forms count as foreign.
fn is_origin(url: &str) -> bool {
    parse(url).is_some_and(|parsed| parsed.origin().ascii_serialization() == url)
}
