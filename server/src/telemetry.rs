//! Logs: structured lines on standard error. Secrets are not logged, nor personal data but the address
//! that a request came from.

use crate::config::{Log, LogFormat};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// Begins to log. `RUST_LOG` overrides the configured filter.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter = match EnvFilter::try_from_default_env() {
        Ok(filter) => filter,
        Err(_) => EnvFilter::try_new(&log.filter)?,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer().with_writer(std::io::stderr);
    match log.format {
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init()?,
        LogFormat::Text => registry.with(lines.compact()).try_init()?,
    }
    Ok(())
}
