//! The binary `vitrine`: the command line, and nothing that a command does.

mod api;
mod cli;
mod client;
mod commands;
mod config;
mod drop;
mod edge;
mod entity_tag;
mod guard;
mod health;
mod invoices;
mod leftover;
mod listen;
mod live;
mod media;
mod pulses;
mod render;
mod roles;
mod router;
mod schema;
mod seo;
mod site;
mod sitemap;
mod stores;
mod survey;
mod telemetry;
mod waiting;
mod webhooks;

use clap::Parser;
use std::process::ExitCode;

/// Pages are made of many small strings; this allocator is made for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli).await {
        Ok(code) => code,
        Err(error) => {
            // The last word on the way out is for whoever started the command, not for the log.
            let mut stderr = std::io::stderr().lock();
            let _ = std::io::Write::write_fmt(&mut stderr, format_args!("vitrine: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}
