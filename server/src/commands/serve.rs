//! `vitrine serve`: the store for browsers.

use super::stop_signal;
use crate::{
    client::TrustedProxies,
    config::Settings,
    listen::{self, Limits},
    router, site, stores,
};
use anyhow::Context;
use tokio::net::TcpListener;

/// Serves until asked to stop; requests in flight are finished first.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let Some((stores, feed)) = stores::open(&settings, &stop, &stop).await? else {
        return Ok(());
    };
    let store = router::build(&settings, site::options(&settings), stores, feed, stop.clone())?;
    let listener = TcpListener::bind(settings.server.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.server.listen))?;
    tracing::info!(address = %settings.server.listen, url = settings.server.public_url, "serving");

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
