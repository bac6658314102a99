//! `vitrine serve`: the store for browsers.

use super::stop_signal;
use crate::{
    client::TrustedProxies,
    config::Settings,
    listen::{self, Limits},
    pulses::Pulses,
    roles::{Needs, Serving},
    router, site,
    stores::{self, Connections},
};
use anyhow::Context;
use axum::{body::Body, extract::Request, response::Response};
use std::convert::Infallible;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::Service;

/// Serves until asked to stop; requests in flight are finished first.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let roles = &settings.server.roles;
    let needs = Needs::of_serving(roles);
    if !roles.has(Serving::Storefront) && !roles.has(Serving::Checkout) {
        let (connections, selling) = if roles.has(Serving::Till) {
            let Some(selling) = stores::open(&settings, &needs, &stop).await? else {
                return Ok(());
            };
            (selling.0.connections.clone(), Some(selling))
        } else {
            let opening = Connections::open(&settings, &needs);
            let Some(connections) = stop.run_until_cancelled(opening).await.transpose()? else {
                return Ok(());
            };
            (connections, None)
        };
        let pulses = Pulses::begin(&settings, &needs, &stop).await?;
        let store = router::without_pages(&settings, connections, selling, pulses, stop.clone())?;
        return listen(&settings, store, stop).await;
    }
    let Some((stores, feed)) = stores::open(&settings, &needs, &stop).await? else {
        return Ok(());
    };
    let pulses = Pulses::begin(&settings, &needs, &stop).await?;
    let options = site::options(&settings);
    let store = router::build(&settings, options, stores, feed, pulses, stop.clone())?;
    listen(&settings, store, stop).await
}

async fn listen<S>(settings: &Settings, store: S, stop: CancellationToken) -> anyhow::Result<()>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let listener = TcpListener::bind(settings.server.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.server.listen))?;
    let server = &settings.server;
    tracing::info!(address = %server.listen, url = server.public_url, roles = %server.roles, "serving");

    let limits = Limits::new(settings.server.max_connections);
    let proxies = TrustedProxies::new(settings.server.trusted_proxies.clone());
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(settings.grace()).await;
    };
    tokio::select! {
        () = listen::serve(listener, store, limits, proxies, stop.clone()) => {}
        () = overdue => tracing::warn!("some requests did not finish in time"),
    }
    tracing::info!("stopped");
    Ok(())
}
