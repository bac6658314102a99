//! What can be said on the command line.

use clap::{Args, Parser, Subcommand};
use std::{net::SocketAddr, path::PathBuf};

/// Vitrine, an online store.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub struct Cli {
    /// Configuration file (TOML). The environment (`DATABASE_URL`, `MONGODB_URL`, `REDIS_URL`,
    /// `VITRINE__SECTION__KEY`) overrides it.
    #[arg(long, global = true, env = "VITRINE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the store to browsers.
    Serve,
    /// Do the work behind the pages: relay events, finish payments, release stock.
    Work,
    /// Bring every schema and index up to date.
    Migrate,
    /// Put products, pictures and stock into the store.
    #[command(subcommand)]
    Import(Import),
    /// Run the sandbox payment provider, a process of its own that moves no real money.
    SandboxPsp(SandboxPsp),
    /// Check the configuration and everything the store depends on, and say what to do.
    Doctor,
}

/// What to import.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Vendure's product CSV, with pictures from a folder.
    Vendure {
        /// The CSV file.
        file: PathBuf,
        /// The folder with the pictures that it names.
        #[arg(long, value_name = "DIR")]
        assets: PathBuf,
    },
    /// Our own product documents, one JSON object a line.
    Jsonl {
        /// The file.
        file: PathBuf,
        /// The folder with the pictures that it names.
        #[arg(long, value_name = "DIR", default_value = ".")]
        assets: PathBuf,
    },
    /// Counted stock: a CSV with the columns `warehouse`, `sku` and `on_hand`. The count replaces what
    /// is on hand; what is held or sold stays so.
    Stock {
        /// The file.
        file: PathBuf,
    },
}

/// How the sandbox provider runs. Its secrets come from the environment alone.
#[derive(Debug, Args)]
pub struct SandboxPsp {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:7401")]
    pub listen: SocketAddr,
    /// The file its payments are kept in.
    #[arg(long, value_name = "FILE")]
    pub state: PathBuf,
    /// Where its webhooks go.
    #[arg(long, default_value = "http://127.0.0.1:7400/webhooks/sandbox", value_name = "URL")]
    pub webhook_url: String,
    /// What the store authenticates with.
    #[arg(long, env = "VITRINE__PAYMENTS__SANDBOX__SECRET", hide_env_values = true, hide = true)]
    pub secret: String,
    /// What webhooks are signed with.
    #[arg(
        long,
        env = "VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET",
        hide_env_values = true,
        hide = true
    )]
    pub webhook_secret: String,
}
