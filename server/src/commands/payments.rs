//! `vitrine payments`: what people ask of the books of the money.

use super::table;
use crate::{cli, config::Settings, roles::Needs, stores::Connections};
use admissions::Admissions;
use anyhow::Context;
use domain::{Market, Money};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use payments::{Balance, Payments, Reconciled};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
};
use uuid::Uuid;

/// What it stands on. Whoever mends brings orders to their end, as the sweeper does.
pub fn needs(what: &cli::Payments) -> Needs {
    match what {
        cli::Payments::Reconcile { mend: true, .. } => Needs::of_sweeping(),
        _ => Needs::of_books(),
    }
}

/// Does what the command line asks for.
pub async fn run(settings: Settings, what: cli::Payments) -> anyhow::Result<ExitCode> {
    let connections = Connections::open(&settings, &needs(&what)).await?;
    let payments = connections.payments(&settings)?;
    match what {
        cli::Payments::Balance => balance(&payments).await,
        cli::Payments::Reconcile { day, mend } => {
            let day = day.map_or_else(|| yesterday(Timestamp::now()), Ok)?;
            let reconciled = match mend {
                false => payments.reconcile(day).await?,
                true => self::mend(&settings, &connections, &payments, day).await?,
            };
            tell(&reconciled, day)
        }
    }
}

/// The trial balance, and for each currency whether it balances.
async fn balance(payments: &Payments) -> anyhow::Result<ExitCode> {
    let balances = payments.trial_balance().await?;
    let mut sums: BTreeMap<&str, (Money, Money)> = BTreeMap::new();
    let mut rows = Vec::new();
    for balance in &balances {
        let Balance { account, debit, credit } = balance;
        let nothing = Money::zero(debit.currency());
        let sum = sums.entry(debit.currency().code()).or_insert((nothing, nothing));
        *sum = (sum.0.plus(*debit)?, sum.1.plus(*credit)?);
        let net = debit.minus(*credit)?;
        rows.push([account.clone(), debit.to_string(), credit.to_string(), net.to_string()]);
    }
    table::print(["ACCOUNT", "DEBIT", "CREDIT", "BALANCE"], &rows)?;
    let mut out = io::stdout().lock();
    for (currency, (debit, credit)) in &sums {
        let word = if debit == credit { "balances" } else { "DOES NOT BALANCE" };
        writeln!(out, "{currency} {word}: {debit} debited, {credit} credited")?;
    }
    let balances = sums.values().all(|(debit, credit)| debit == credit);
    Ok(if balances { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Records and posts what the provider says, then has the orders concerned go on from there: what was paid
/// unheard is finished, or given back if the order has ended.
async fn mend(
    settings: &Settings,
    connections: &Connections,
    payments: &Payments,
    day: Date,
) -> anyhow::Result<Reconciled> {
    let reconciled = payments.reconcile_and_mend(day).await?;
    let market = Arc::new(Market::european_union());
    // Nothing is placed here.
    let orders = connections.orders(settings, &market, &Admissions::none())?;
    let concerned: BTreeSet<Uuid> =
        reconciled.differences.iter().filter_map(|difference| difference.order).collect();
    for order in concerned {
        orders.settle(order).await.with_context(|| format!("order {order}"))?;
    }
    Ok(reconciled)
}

/// Each difference on a line of its own. The exit code is 1 when one is left.
fn tell(reconciled: &Reconciled, day: Date) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    for difference in &reconciled.differences {
        let mended = if difference.is_mended { "; mended" } else { "" };
        writeln!(out, "{difference}{mended}")?;
    }
    let left = reconciled.differences.iter().filter(|difference| !difference.is_mended).count();
    let found = match left {
        0 => "the books agree".to_owned(),
        1 => "1 difference is left".to_owned(),
        many => format!("{many} differences are left"),
    };
    writeln!(out, "{day}: {} movements at the provider, {found}", reconciled.movements)?;
    Ok(if reconciled.agrees() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The last day that is over, in UTC.
fn yesterday(now: Timestamp) -> anyhow::Result<Date> {
    now.to_zoned(TimeZone::UTC).date().yesterday().context("there is no day before this one")
}
