//! `vitrine sandbox-psp`: the sandbox payment provider in a process of its own.

use super::stop_signal;
use crate::{
    cli::SandboxPsp,
    config::{Log, LogFormat},
    telemetry,
};
use sandbox::psp::{Config, Timing};

/// Runs the provider until asked to stop.
pub async fn run(options: SandboxPsp) -> anyhow::Result<()> {
    telemetry::start(&Log { format: LogFormat::Json, filter: "info".to_owned() })?;
    let stop = stop_signal()?;
    let config = Config {
        listen: options.listen,
        state: options.state,
        secret: options.secret.into(),
        webhook_secret: options.webhook_secret.into(),
        webhook_url: options.webhook_url,
        public_url: None,
        timing: Timing::default(),
    };
    sandbox::psp::serve(config, async move { stop.cancelled().await }).await?;
    Ok(())
}
