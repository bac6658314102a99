//! `vitrine serve`: the store for browsers.

use super::stop_signal;
use crate::{config::Settings, router, stores};
use anyhow::Context;
use axum::ServiceExt;
use leptos::config::get_configuration;
use platform::events::{Feed, STREAM};
use secrecy::ExposeSecret;
use std::{net::SocketAddr, time::Duration};
use tokio::net::TcpListener;

/// Serves until asked to stop; requests in flight are finished first.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let stores = stores::connect(&settings).await?;
    let mut options = get_configuration(None).context("Leptos's options")?.leptos_options;
    options.site_addr = settings.server.listen;
    options.site_root = settings.server.site_root.to_string_lossy().into();
    let feed = Feed::follow(settings.redis.url.expose_secret(), STREAM, stop.clone());
    let store = router::build(&settings, options, stores, feed, stop.clone())?;
    let listener = TcpListener::bind(settings.server.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.server.listen))?;
    tracing::info!(address = %settings.server.listen, url = settings.server.public_url, "serving");

    let service = store.into_make_service_with_connect_info::<SocketAddr>();
    let grace = Duration::from_secs(settings.server.shutdown_seconds);
    let stopping = stop.clone();
    let serving = axum::serve(listener, service)
        .with_graceful_shutdown(async move { stopping.cancelled().await });
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        served = async { serving.await } => served?,
        () = overdue => tracing::warn!("some requests did not finish in time"),
    }
    tracing::info!("stopped");
    Ok(())
}
