//! Every route of the store and the layers around it. Read it from the inside out: pages within the
//! edge, then what is not a page, then what stands in front of everything. Which address belongs to which
//! role stands in [`places`].

mod places;

use crate::{
    api,
    client::{ByClient, ClientAddress},
    config::Settings,
    edge::{self, Edge, Front, PageStore},
    guard::{self, Notices},
    health, invoices, leftover,
    live::{self, Live},
    media,
    pulses::Pulses,
    render,
    roles::Serving,
    seo, site, sitemap,
    stores::{Connections, Stores},
    webhooks,
};
use anyhow::Context;
use app::{App, failure_document, own_scripts, services::Services, shell, too_fast_document};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{Method, Request, StatusCode},
    middleware,
    routing::{get, post},
};
use leptos::config::LeptosOptions;
use leptos_axum::{LeptosRoutes, generate_route_list};
use platform::events::Feed;
use secrecy::ExposeSecret;
use std::{borrow::Cow, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tower_governor::{GovernorLayer, governor::GovernorConfigBuilder};
use tower_http::{
    catch_panic::CatchPanicLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::{DefaultOnResponse, TraceLayer},
};

/// No answer takes longer; a provider is given five seconds within it.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What a node serves that has pages: those of its roles, and all that belongs to them. `stop` ends the
/// streams that would never end by themselves.
pub fn build(
    settings: &Settings,
    options: LeptosOptions,
    stores: Stores,
    feed: Feed,
    pulses: Pulses,
    stop: CancellationToken,
) -> anyhow::Result<Front> {
    let roles = &settings.server.roles;
    let public_url: Arc<str> = settings.server.public_url.as_str().into();
    let notices = Notices {
        failure: failure_document(options.clone()).into(),
        too_fast: too_fast_document(options.clone()).into(),
    };
    let scripts = own_scripts(options.clone());
    let payment_origin = origin(&settings.payments.sandbox.url);
    // Only a development build that is being watched hears that it was rebuilt.
    let reload =
        std::env::var_os("LEPTOS_WATCH").map(|_| format!("ws://*:{}", options.reload_port));
    let pages = pages(settings, options, &stores, public_url.clone());
    let edge = Edge::new(edge::Parts {
        pages: pages.clone(),
        shared: PageStore::new(stores.redis.clone(), &settings.redis.namespace, &stores.market.id),
        settings: settings.edge.clone(),
        headers: guard::headers(settings.secure()),
        policy: edge::policy(&scripts, payment_origin, reload.as_deref())?,
        early_hints: site::early_hints().parse()?,
        failure: notices.failure.clone(),
        pulses: pulses.clone(),
    });
    let pages = pages
        .layer(middleware::from_fn_with_state(edge.clone(), edge::serve))
        .layer(middleware::from_fn(guard::without_last_slash));
    // Programs are limited by their signature, not by their address.
    let mut router = limited(settings, pages)?
        .layer(guard::foreign_requests(&public_url)?)
        .merge(media::files(settings));
    let live = Live::new(&stores, &feed, &settings.live, &stop);
    let programs = programs(settings, &stores.connections, &pulses, till(&stores, &live))?;
    router = router.route("/events", get(live::events).with_state(live));
    if let Some(orders) = stores.orders {
        let document = get(invoices::download).with_state(orders.clone());
        let webhook = post(webhooks::sandbox).with_state(orders.clone());
        let of_provider = post(webhooks::of_provider).with_state(orders);
        router = router
            .route("/orders/{number}/invoices/{file}", document)
            .route("/webhooks/sandbox", webhook)
            .route("/webhooks/payments/{provider}", of_provider);
    }
    if roles.has(Serving::Storefront) {
        edge::follow(settings.redis.url.expose_secret(), edge.clone(), stop);
        router = router
            .route("/robots.txt", get(seo::robots).with_state(public_url.clone()))
            .merge(sitemap::routes(stores.catalogue, public_url))
            .merge(media::pictures(settings)?);
    }
    let router = router
        .layer(middleware::from_fn_with_state(roles.clone(), places::only_ours))
        .merge(health::routes(stores.connections, pulses));
    let edge = roles.has(Serving::Storefront).then_some(edge);
    Ok(Front::new(edge, around(settings, router, programs, notices)))
}

/// What a node serves whose roles have no pages: what is for programs, and how it is. A node that sells to them has
/// what that takes.
pub fn without_pages(
    settings: &Settings,
    connections: Connections,
    selling: Option<(Stores, Feed)>,
    pulses: Pulses,
    stop: CancellationToken,
) -> anyhow::Result<Router> {
    let till = selling.and_then(|(stores, feed)| {
        till(&stores, &Live::new(&stores, &feed, &settings.live, &stop))
    });
    let programs = programs(settings, &connections, &pulses, till)?;
    let router = health::routes(connections, pulses).fallback(async || guard::misdirected());
    let notices = Notices { failure: "".into(), too_fast: "".into() };
    Ok(around(settings, router, programs, notices))
}

/// What programs buy with, where there are orders.
fn till(stores: &Stores, live: &Live) -> Option<api::Till> {
    let (orders, market) = (stores.orders.clone()?, stores.market.clone());
    Some(api::Till { orders, market, live: live.clone() })
}

/// The API, if it is one of the node's roles. Its addresses pass by all that is made for pages and their
/// visitors: the cache, the rule about other sites, the limits by address.
fn programs(
    settings: &Settings,
    connections: &Connections,
    pulses: &Pulses,
    till: Option<api::Till>,
) -> anyhow::Result<Router> {
    let roles = &settings.server.roles;
    match roles.has(Serving::Api) || roles.has(Serving::Till) {
        true => api::build(settings, connections, pulses.clone(), till),
        false => Ok(Router::new()),
    }
}

/// What stands in front of everything. How large a body may be, each endpoint for programs says itself.
fn around(settings: &Settings, router: Router, programs: Router, notices: Notices) -> Router {
    let headers = Arc::new(guard::headers(settings.secure()));
    router
        .layer(RequestBodyLimitLayer::new(guard::BODY_LIMIT))
        .merge(programs)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(leftover::read_out))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(CatchPanicLayer::custom(guard::after_panic))
        .layer(middleware::from_fn_with_state(notices, guard::explain_refusals))
        .layer(middleware::from_fn_with_state(headers, guard::add_headers))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_response(DefaultOnResponse::new().level(tracing::Level::DEBUG)),
        )
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}

/// The same for whoever makes not too many changes.
fn limited(settings: &Settings, router: Router) -> anyhow::Result<Router> {
    let limits = GovernorConfigBuilder::default()
        .per_nanosecond(1_000_000_000 / u64::from(settings.server.changes_per_second))
        .burst_size(settings.server.changes_burst)
        .methods(vec![Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .key_extractor(ByClient)
        .finish()
        .context("server.changes_per_second or changes_burst is out of range")?;
    Ok(router.layer(GovernorLayer::new(limits)))
}

/// What Leptos renders: pages and server functions.
fn pages(
    settings: &Settings,
    options: LeptosOptions,
    stores: &Stores,
    public_url: Arc<str>,
) -> Router {
    let services = Services {
        catalogue: stores.catalogue.clone(),
        inventory: stores.inventory.clone(),
        orders: stores.orders.clone(),
        admissions: stores.admissions.clone(),
        market: stores.market.clone(),
        public_url,
    };
    let context = render::context(services, settings.secure());
    let document = {
        let options = options.clone();
        move || shell(options.clone())
    };
    Router::new()
        .leptos_routes_with_context(
            &options,
            generate_route_list(App),
            context.clone(),
            document.clone(),
        )
        .fallback(leptos_axum::render_app_async_with_context(context, document))
        .with_state(options)
        .layer(middleware::from_fn(render::server_fn_status))
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let end = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    &url[..end]
}

/// What each log line of a request carries. The path alone: queries hold keys of orders. Nor does it name a cart, for
/// whoever knows its name has it.
fn span<B>(request: &Request<B>) -> tracing::Span {
    let id = guard::request_id(request.headers());
    let client =
        request.extensions().get::<ClientAddress>().map(|client| tracing::field::display(client.0));
    let path = without_cart(request.uri().path());
    tracing::info_span!("request", id, method = %request.method(), %path, client, key = tracing::field::Empty)
}

/// A path in which no cart is named.
fn without_cart(path: &str) -> Cow<'_, str> {
    const CARTS: &str = "/api/v1/carts/";
    match path.split_once(CARTS) {
        Some((before, named)) => {
            let rest = named.split_once('/').map_or("", |(_, rest)| rest);
            let slash = if rest.is_empty() { "" } else { "/" };
            format!("{before}{CARTS}…{slash}{rest}").into()
        }
        None => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_names_no_cart() {
        for (path, logged) in [
            ("/api/v1/carts", "/api/v1/carts"),
            ("/api/v1/carts/secret", "/api/v1/carts/…"),
            ("/api/v1/carts/secret/lines/LAMP", "/api/v1/carts/…/lines/LAMP"),
            ("//api/v1/carts/secret/", "//api/v1/carts/…"),
            ("/cart", "/cart"),
        ] {
            assert_eq!(without_cart(path), logged);
        }
    }
}
