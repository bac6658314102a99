//! One module for each command of the binary.

mod apikey;
mod cache;
mod doctor;
mod import;
mod inventory;
mod mail;
mod migrate;
mod orders;
mod payments;
mod post;
mod psp;
mod seed;
mod serve;
mod table;
mod webhook;
mod wms;
mod work;

use crate::{
    cli::{Cli, Command},
    config::{self, Settings},
    roles::{Need, Needs, Roles},
    telemetry,
};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Runs what the command line asks for.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // The outside world knows nothing of the store's configuration.
    if let Command::SandboxPsp(options) = cli.command {
        return psp::run(options).await.map(|()| ExitCode::SUCCESS);
    }
    if let Command::SandboxWms(options) = cli.command {
        return wms::run(options).await.map(|()| ExitCode::SUCCESS);
    }
    if let Command::SandboxMail(options) = cli.command {
        return post::run(options).await.map(|()| ExitCode::SUCCESS);
    }
    let settings = config::load(cli.config.as_deref(), |settings| needs(&cli.command, settings));
    if let Command::Doctor { roles } = cli.command {
        return doctor::run(settings, &Needs::of_serving(&roles.unwrap_or_else(Roles::all))).await;
    }
    let settings = settings?;
    telemetry::start(&settings.log)?;
    match cli.command {
        Command::Serve { .. } => serve::run(settings).await?,
        Command::Work { .. } => work::run(settings).await?,
        Command::Migrate => migrate::run(settings).await?,
        Command::Import(what) => return import::run(settings, what).await,
        Command::Seed(wanted) => return seed::run(settings, wanted).await,
        Command::Cache(what) => return cache::run(settings, what).await,
        Command::Inventory(what) => return inventory::run(settings, what).await,
        Command::Orders(what) => return orders::run(settings, what).await,
        Command::Payments(what) => return payments::run(settings, what).await,
        Command::Apikey(what) => return apikey::run(settings, what).await,
        Command::Webhook(what) => return webhook::run(settings, what).await,
        Command::Mail(what) => return mail::run(settings, what).await,
        Command::SandboxPsp(_)
        | Command::SandboxWms(_)
        | Command::SandboxMail(_)
        | Command::Doctor { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// What a command needs. Roles that the command line names take the place of those in the settings.
fn needs(command: &Command, settings: &mut Settings) -> Needs {
    match command {
        Command::Serve { roles } => {
            if let Some(roles) = roles {
                settings.server.roles = roles.clone();
            }
            Needs::of_serving(&settings.server.roles)
        }
        Command::Work { roles } => {
            if let Some(roles) = roles {
                settings.work.roles = roles.clone();
            }
            Needs::of_working(&settings.work.roles)
        }
        Command::Inventory(_) => Needs::only(Need::Inventory),
        Command::Orders(_) => Needs::of_orders(),
        Command::Payments(what) => payments::needs(what),
        Command::Apikey(_) => Needs::only(Need::Accounts),
        Command::Mail(_) => Needs::only(Need::Orders),
        Command::Webhook(_) => Needs::of_telling(),
        Command::Doctor { roles: Some(roles) } => Needs::of_serving(roles),
        _ => Needs::everything(),
    }
}

/// A token that is cancelled when the process is asked to stop (SIGTERM or Ctrl-C).
pub fn stop_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let token = CancellationToken::new();
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let cancelled = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop");
        cancelled.cancel();
    });
    Ok(token)
}
