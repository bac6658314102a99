//! `vitrine sandbox-wms`: the software of a sandbox warehouse in a process of its own.

use super::stop_signal;
use crate::{
    cli::SandboxWms,
    config::{Log, LogFormat},
    telemetry,
};
use anyhow::Context;
use sandbox::wms::{Begin, Config};

const API_KEY: &str = "VITRINE_WMS_API_KEY";
const WEBHOOK_SECRET: &str = "VITRINE_WMS_WEBHOOK_SECRET";

/// Runs the warehouse until asked to stop.
pub async fn run(options: SandboxWms) -> anyhow::Result<()> {
    telemetry::start(&Log { format: LogFormat::Json, filter: "info".to_owned() })?;
    let stop = stop_signal()?;
    let api_key = std::env::var(API_KEY).with_context(|| format!("{API_KEY} is not set"))?;
    let config = Config {
        listen: options.listen,
        state: options.state,
        store_url: options.store,
        api_key: api_key.into(),
        // Without it the feed alone is read.
        webhook_secret: std::env::var(WEBHOOK_SECRET).ok().map(Into::into),
        source: options.source,
        warehouses: options.warehouses,
        begin: if options.empty { Begin::Empty } else { Begin::AsTheStoreSays },
        seed: options.seed,
        faults: options.faults.unwrap_or_default(),
        habits: options.habits.unwrap_or_default(),
    };
    sandbox::wms::serve(config, async move { stop.cancelled().await }).await?;
    Ok(())
}
