//! `vitrine sandbox-mail`: the sandbox mail server in a process of its own.

use super::stop_signal;
use crate::{
    cli::SandboxMail,
    config::{Log, LogFormat},
    telemetry,
};
use sandbox::mail::Config;

/// Runs the mail server until asked to stop.
pub async fn run(options: SandboxMail) -> anyhow::Result<()> {
    telemetry::start(&Log { format: LogFormat::Json, filter: "info".to_owned() })?;
    let stop = stop_signal()?;
    let SandboxMail { smtp, listen, state } = options;
    let config = Config { smtp, listen, state };
    sandbox::mail::serve(config, async move { stop.cancelled().await }).await?;
    Ok(())
}
