//! `vitrine sandbox-psp`: the sandbox payment provider in a process of its own.

use super::stop_signal;
use crate::{
    cli::SandboxPsp,
    config::{Log, LogFormat},
    telemetry,
};
use anyhow::Context;
use sandbox::psp::{Config, Timing};
use secrecy::SecretString;

/// Runs the provider until asked to stop.
pub async fn run(options: SandboxPsp) -> anyhow::Result<()> {
    telemetry::start(&Log { format: LogFormat::Json, filter: "info".to_owned() })?;
    let stop = stop_signal()?;
    let config = Config {
        listen: options.listen,
        state: options.state,
        secret: secret("VITRINE__PAYMENTS__SANDBOX__SECRET")?,
        webhook_secret: secret("VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET")?,
        webhook_url: options.webhook_url,
        public_url: None,
        timing: Timing::default(),
    };
    sandbox::psp::serve(config, async move { stop.cancelled().await }).await?;
    Ok(())
}

fn secret(variable: &'static str) -> anyhow::Result<SecretString> {
    std::env::var(variable)
        .map(SecretString::from)
        .with_context(|| format!("{variable} is not set"))
}
