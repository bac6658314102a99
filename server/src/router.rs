//! Every route of the store and the layers around it. Read it from the inside out: pages within the
//! edge, then what is not a page, then what stands in front of everything.

use crate::{
    client::{ByClient, ClientAddress},
    config::Settings,
    edge::{self, Edge, Front, PageStore},
    guard::{self, Notices},
    health,
    live::{self, Live},
    media, render, seo, sitemap,
    stores::Stores,
    webhooks,
};
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
use std::{sync::Arc, time::Duration};
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

/// The whole store. `stop` ends the streams that would never end by themselves.
pub fn build(
    settings: &Settings,
    options: LeptosOptions,
    stores: Stores,
    feed: Feed,
    stop: CancellationToken,
) -> anyhow::Result<Front> {
    let public_url: Arc<str> = settings.server.public_url.as_str().into();
    let limits = GovernorConfigBuilder::default()
        .key_extractor(ByClient)
        .per_nanosecond(1_000_000_000 / u64::from(settings.server.changes_per_second))
        .burst_size(settings.server.changes_burst)
        .methods(vec![Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .finish()
        .ok_or_else(|| {
            anyhow::anyhow!("server.changes_per_second or changes_burst is out of range")
        })?;

    let notices = Notices {
        failure: failure_document(options.clone()).into(),
        too_fast: too_fast_document(options.clone()).into(),
    };
    let headers = guard::headers(settings.secure());
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
        headers: headers.clone(),
        policy: edge::policy(&scripts, payment_origin, reload.as_deref())?,
        failure: notices.failure.clone(),
    });
    edge::follow(settings.redis.url.expose_secret(), edge.clone(), stop.clone());
    let live = Live::new(&stores, &feed, &settings.live, &stop);
    let mut router = pages
        .layer(middleware::from_fn_with_state(edge.clone(), edge::serve))
        .layer(middleware::from_fn(guard::without_last_slash))
        // Programs are limited by their signature, not by their address.
        .layer(GovernorLayer::new(limits))
        .layer(guard::foreign_requests(&public_url)?)
        .route("/webhooks/sandbox", post(webhooks::sandbox).with_state(stores.clone()))
        .route("/events", get(live::events).with_state(live))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready).with_state(stores.clone()));
    router = router
        .route("/robots.txt", get(seo::robots).with_state(public_url.clone()))
        .merge(sitemap::routes(stores.catalogue.clone(), public_url))
        .merge(media::routes(settings)?);
    let store = router
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(guard::BODY_LIMIT))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(CatchPanicLayer::custom(guard::after_panic))
        .layer(middleware::from_fn_with_state(notices, guard::explain_refusals))
        .layer(middleware::from_fn_with_state(Arc::new(headers), guard::add_headers))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_response(DefaultOnResponse::new().level(tracing::Level::DEBUG)),
        )
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid));
    Ok(Front::new(edge, store))
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

/// What each log line of a request carries. The path alone: queries hold keys of orders.
fn span<B>(request: &Request<B>) -> tracing::Span {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or("");
    let client =
        request.extensions().get::<ClientAddress>().map(|client| tracing::field::display(client.0));
    tracing::info_span!("request", id, method = %request.method(), path = request.uri().path(), client)
}
