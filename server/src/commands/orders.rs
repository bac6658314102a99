//! `vitrine orders`: what those who work for the store do with orders until there are pages for it.

use super::table;
use crate::{cli, config::Settings, roles::Needs, stores::Connections};
use admissions::Admissions;
use anyhow::Context;
use domain::{
    Market, OrderNumber,
    order::{Actor, OrderView, ReturnWish, Tracking},
};
use orders::{CancelFailure, OrderFilter, Orders, ReturnFailure};
use std::{
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
};

/// Does what the command line asks for.
pub async fn run(settings: Settings, what: cli::Orders) -> anyhow::Result<ExitCode> {
    let connections = Connections::open(&settings, &Needs::of_orders()).await?;
    let market = Arc::new(Market::european_union());
    // Whoever looks after orders sells nothing.
    let orders = connections.orders(&settings, &market, &Admissions::none())?;
    match what {
        cli::Orders::List { state, payment, fulfilment, email, limit } => {
            let filter = OrderFilter { state, payment_status: payment, fulfilment, email };
            list(&orders, &filter, limit).await?;
        }
        cli::Orders::Show { number } => match orders.find_for_staff(&number).await? {
            Some(order) => show(&order)?,
            None => return unknown(&number),
        },
        cli::Orders::Cancel { number, why } => {
            return match orders.cancel_for_staff(&number, &why).await {
                Ok(Some(())) => said(&number, "is cancelled; what was paid goes back"),
                Ok(None) => unknown(&number),
                Err(CancelFailure::Sent) => refused(&number, "is not cancelled: a parcel has left"),
                Err(error) => Err(error.into()),
            };
        }
        cli::Orders::Label { number, parcel, carrier, tracking } => {
            let label = Tracking::parse(&carrier, &tracking)
                .context("a label has a carrier and a number, of 100 characters at most")?;
            return match orders.label_parcel(&number, parcel, &label, Actor::Staff).await? {
                Some(()) => said(&number, "has its label"),
                None => unknown(&number),
            };
        }
        cli::Orders::Inspect { number, which, accepted, why } => {
            let (by, why) = (Actor::Staff, why.as_deref());
            return match orders.inspect_return(&number, which, &accepted, by, why).await {
                Ok(Some(())) => said(&number, "knows what was accepted; it is paid back"),
                Ok(None) => unknown(&number),
                Err(ReturnFailure::Failed(error)) => Err(error.into()),
                Err(failure) => refused(&number, &format!("is as it was: {failure}")),
            };
        }
        cli::Orders::Delivered { number, parcel } => {
            return match orders.mark_delivered(&number, parcel, Actor::Staff).await? {
                Some(()) => said(&number, "knows that the parcel arrived"),
                None => unknown(&number),
            };
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(orders: &Orders, filter: &OrderFilter, limit: u32) -> anyhow::Result<()> {
    let page = orders.list(filter, None, limit).await?;
    let row = |order: &domain::order::OrderSummary| {
        [
            order.number.to_string(),
            order.placed_at.strftime("%Y-%m-%d %H:%M").to_string(),
            order.state.as_str().to_owned(),
            order.payment_status.as_str().to_owned(),
            order.fulfilment.as_str().to_owned(),
            order.total.to_string(),
            order.email.as_str().to_owned(),
        ]
    };
    let rows: Vec<_> = page.orders.iter().map(row).collect();
    let heads = ["number", "placed", "state", "payment", "goods", "total", "e-mail"];
    table::print(heads, &rows)?;
    if page.next.is_some() {
        writeln!(io::stdout(), "and older ones")?;
    }
    Ok(())
}

/// How it stands, its parcels, and all that happened to it.
fn show(order: &OrderView) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let OrderView { number, state, payment_status, fulfilment, totals, refunded, .. } = order;
    let (state, payment, goods) = (state.as_str(), payment_status.as_str(), fulfilment.as_str());
    writeln!(out, "{number}: {state}, payment {payment}, goods {goods}")?;
    writeln!(out, "{} in all, {refunded} of it went back", totals.total)?;
    for line in &order.lines {
        writeln!(out, "  {} \u{d7} {} {}", line.quantity, line.sku, line.name)?;
    }
    for parcel in &order.parcels {
        let lines =
            parcel.lines.iter().map(|line| format!("{} \u{d7} {}", line.quantity, line.sku));
        let lines = lines.collect::<Vec<_>>().join(", ");
        let label = parcel
            .tracking
            .as_ref()
            .map(|tracking| format!(", {} {}", tracking.carrier, tracking.number));
        let label = label.unwrap_or_default();
        writeln!(out, "parcel {} from {}: {lines}{label}", parcel.number, parcel.warehouse)?;
    }
    for back in &order.returns {
        let line = |line: &domain::order::ReturnLine| {
            let accepted = line.accepted.map(|pieces| format!(", {pieces} accepted"));
            let (ReturnWish { sku, quantity, reason }, accepted) =
                (&line.wish, accepted.unwrap_or_default());
            format!("{quantity} \u{d7} {sku} ({}{accepted})", reason.as_str())
        };
        let lines = back.lines.iter().map(line).collect::<Vec<_>>().join(", ");
        writeln!(out, "return {} is {}: {lines}", back.number, back.state.as_str())?;
    }
    for entry in &order.timeline {
        // Plain data with string keys serialises without fail.
        let happened = serde_json::to_string(&entry.happened).unwrap_or_default();
        let why = entry.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        writeln!(out, "{} {} {happened}{why}", entry.at, entry.by.as_str())?;
    }
    Ok(())
}

fn said(number: &OrderNumber, words: &str) -> anyhow::Result<ExitCode> {
    writeln!(io::stdout(), "{number} {words}")?;
    Ok(ExitCode::SUCCESS)
}

fn refused(number: &OrderNumber, words: &str) -> anyhow::Result<ExitCode> {
    writeln!(io::stderr(), "{number} {words}")?;
    Ok(ExitCode::from(1))
}

fn unknown(number: &OrderNumber) -> anyhow::Result<ExitCode> {
    refused(number, "is not known, or has no such parcel or return")
}
