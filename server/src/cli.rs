//! What can be said on the command line.

use crate::roles::{Roles, Serving, Working};
use accounts::Scopes;
use clap::{Args, Parser, Subcommand};
use domain::{
    Email, OrderNumber, Sku,
    order::{FulfilmentStatus, OrderState, PaymentStatus},
};
use std::{net::SocketAddr, path::PathBuf};
use uuid::Uuid;

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
    Serve {
        /// What this node serves: storefront (pages, pictures and files that are the same for everyone),
        /// checkout (cart, checkout, orders and webhooks), api (JSON for programs with a key), admin. All of
        /// them if left out and not
        /// configured (server.roles). Of admin there is nothing yet: a node with that alone answers nothing
        /// but /health.
        #[arg(long, value_name = "ROLE,…")]
        roles: Option<Roles<Serving>>,
    },
    /// Do the work behind the pages: relay events, finish payments, release stock.
    Work {
        /// What this worker does: relay (carries events, deletes old ones, extends the stock's ledger),
        /// sweep (ends what stopped half-way, forgets old answers), parcels (writes down what was sent of orders), pages
        /// (has pages made anew after changes), prices (with a date), tell (what the warehouses are to do, and
        /// webhooks), drop (documents in a folder), mail (to customers), documents (invoices). All of them if left out
        /// and not configured (work.roles). Several workers of one role do no harm.
        #[arg(long, value_name = "ROLE,…")]
        roles: Option<Roles<Working>>,
    },
    /// Bring every schema and index up to date.
    Migrate,
    /// Put products, pictures and stock into the store.
    #[command(subcommand)]
    Import(Import),
    /// Put made-up products with stock into the store, as many as wanted.
    Seed(Seed),
    /// Purge, fill and look at the cache of pages.
    #[command(subcommand)]
    Cache(Cache),
    /// Look after the stock's books.
    #[command(subcommand)]
    Inventory(Inventory),
    /// Look after orders.
    #[command(subcommand)]
    Orders(Orders),
    /// Look after the books of the money.
    #[command(subcommand)]
    Payments(Payments),
    /// Make, show and revoke the keys by which programs use the JSON API.
    #[command(subcommand)]
    Apikey(Apikey),
    /// Say who is told what, and see what became of it.
    #[command(subcommand)]
    Webhook(Webhook),
    /// See which mails to customers were not sent, and send them anew.
    #[command(subcommand)]
    Mail(Mail),
    /// Run the sandbox payment provider, a process of its own that moves no real money.
    SandboxPsp(SandboxPsp),
    /// Run a sandbox warehouse, a process of its own that sends, takes back and counts no real goods.
    SandboxWms(SandboxWms),
    /// Run a sandbox mail server, a process of its own that shows what it takes and delivers nothing.
    SandboxMail(SandboxMail),
    /// Check the configuration and everything the store depends on, and say what to do.
    Doctor {
        /// What a node with these roles depends on; everything if left out.
        #[arg(long, value_name = "ROLE,…")]
        roles: Option<Roles<Serving>>,
    },
}

/// What to do with orders.
#[derive(Debug, Subcommand)]
pub enum Orders {
    /// Show orders, newest first, of which everything that is said is true.
    List {
        /// Where they are in their life: awaiting_payment, paid, cancelled.
        #[arg(long, value_name = "STATE", value_parser = named(OrderState::parse))]
        state: Option<OrderState>,
        /// How their money stands: open, authorised, paid, partially_refunded, refunded.
        #[arg(long, value_name = "STATUS", value_parser = named(PaymentStatus::parse))]
        payment: Option<PaymentStatus>,
        /// How the goods of paid ones stand: unfulfilled, partially_fulfilled, fulfilled, delivered,
        /// partially_returned, returned.
        #[arg(long, value_name = "STATUS", value_parser = named(FulfilmentStatus::parse))]
        fulfilment: Option<FulfilmentStatus>,
        /// Whose they are.
        #[arg(long, value_name = "ADDRESS", value_parser = named(|text| Email::parse(text).ok()))]
        email: Option<Email>,
        /// So many at most.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
    },
    /// Show an order with its parcels and all that happened to it.
    Show {
        /// Its number.
        #[arg(value_parser = named(|text| OrderNumber::parse(text).ok()))]
        number: OrderNumber,
    },
    /// Cancel an order of which nothing was sent: its stock and what was paid go back. The exit code is 1 when a parcel
    /// has left.
    Cancel {
        /// Its number.
        #[arg(value_parser = named(|text| OrderNumber::parse(text).ok()))]
        number: OrderNumber,
        /// Why; its buyer reads it.
        #[arg(long, value_name = "WORDS")]
        why: String,
    },
    /// Say who carries a parcel, and under which number.
    Label {
        /// The order's number.
        #[arg(value_parser = named(|text| OrderNumber::parse(text).ok()))]
        number: OrderNumber,
        /// Which of its parcels, from 1.
        parcel: u32,
        /// Who carries it.
        #[arg(long, value_name = "NAME")]
        carrier: String,
        /// The carrier's number for it.
        #[arg(long, value_name = "NUMBER")]
        tracking: String,
    },
    /// Say what was accepted of a return, which is then paid back. The exit code is 1 when it is not expected.
    Inspect {
        /// The order's number.
        #[arg(value_parser = named(|text| OrderNumber::parse(text).ok()))]
        number: OrderNumber,
        /// Which of its returns, from 1.
        which: u32,
        /// Accepted pieces, e.g. LAMP-1=2; may be said several times. Of what is not named nothing was.
        #[arg(long = "accept", value_name = "SKU=N", value_parser = named(accepted))]
        accepted: Vec<(Sku, u32)>,
        /// Why; its buyer reads it.
        #[arg(long, value_name = "WORDS")]
        why: Option<String>,
    },
    /// Say that a parcel arrived.
    Delivered {
        /// The order's number.
        #[arg(value_parser = named(|text| OrderNumber::parse(text).ok()))]
        number: OrderNumber,
        /// Which of its parcels, from 1.
        parcel: u32,
    },
}

/// `LAMP-1=2`
fn accepted(text: &str) -> Option<(Sku, u32)> {
    let (sku, pieces) = text.rsplit_once('=')?;
    Some((Sku::parse(sku).ok()?, pieces.parse().ok()?))
}

/// What a name stands for.
fn named<T>(
    parse: impl Fn(&str) -> Option<T> + Clone,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |name| parse(name).ok_or_else(|| format!("`{name}` is none"))
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum Apikey {
    /// Make a key. It is printed alone on the last line, this once.
    Create {
        /// What it is for, e.g. "the warehouse in Lyon".
        #[arg(long, value_name = "NAME")]
        name: String,
        /// What it may be used for, e.g. inventory:read,inventory:write.
        #[arg(long, value_name = "SCOPE,…")]
        scopes: Scopes,
        /// It is carried by an app, where anybody may find it: it may have harmless scopes only.
        #[arg(long)]
        publishable: bool,
    },
    /// Show every key but for its secret.
    List,
    /// Let nobody in by a key any more, for good. It takes effect within five seconds.
    Revoke {
        /// Its id, or its beginning as `list` shows it.
        #[arg(value_name = "ID|PREFIX")]
        key: String,
    },
}

/// What to do with those who want to be told.
#[derive(Debug, Subcommand)]
pub enum Webhook {
    /// Tell somebody at an address from now on. The secret that messages are signed with is printed alone on the last
    /// line, this once.
    Add {
        /// Where, e.g. `https://wms.example/hooks`.
        #[arg(long, value_name = "URL")]
        url: String,
        /// What, e.g. allocation.created,allocation.cancelled,return.expected, or order.paid,order.refunded.
        #[arg(long, value_name = "TYPE,…", required = true, value_delimiter = ',')]
        types: Vec<String>,
        /// Of these warehouses alone, by their codes. It may stand there several times.
        #[arg(long = "warehouse", value_name = "CODE")]
        warehouses: Vec<String>,
    },
    /// Show everybody who is told.
    List,
    /// Sign with a new secret, which is printed alone on the last line. The one before holds for a day more.
    Rotate {
        /// The endpoint's id, as `list` shows it.
        id: Uuid,
    },
    /// Send an endpoint nothing any more; what is told meanwhile waits for it.
    Disable {
        /// The endpoint's id.
        id: Uuid,
    },
    /// Send an endpoint what waits for it, and what is told from now on.
    Enable {
        /// The endpoint's id.
        id: Uuid,
    },
    /// Show the last attempts to send something to an endpoint.
    Log {
        /// The endpoint's id.
        id: Uuid,
    },
    /// Show messages that were not taken in three days and are not sent any more.
    Dead,
    /// Send dead letters anew.
    #[command(group(clap::ArgGroup::new("which").required(true)))]
    Replay {
        /// The number of one, as `dead` shows it.
        #[arg(group = "which")]
        id: Option<i64>,
        /// All of them.
        #[arg(long, group = "which")]
        all: bool,
    },
}

/// What to do with mails to customers.
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Show mails that were not sent: those that were given up first, then whoever waits longest.
    List,
    /// Send mails anew that were given up.
    #[command(group(clap::ArgGroup::new("which").required(true)))]
    Retry {
        /// The id of one, as `list` shows it.
        #[arg(group = "which")]
        id: Option<Uuid>,
        /// All of them.
        #[arg(long, group = "which")]
        all: bool,
    },
}

/// What is made up.
#[derive(Debug, Args)]
pub struct Seed {
    /// How many products there shall be.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub products: u32,
    /// Which catalogue: the same number makes the same products.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
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

/// What to do with the cache of pages.
#[derive(Debug, Subcommand)]
pub enum Cache {
    /// Say that something has changed: pages that show it are made anew. Ends when no node serves an
    /// older one any more.
    #[command(group(clap::ArgGroup::new("what").required(true).multiple(true)))]
    Purge {
        /// What has changed, e.g. product:ID, category:PATH (its name), shelf:PATH (what is in it), stock:SKU.
        #[arg(long = "tag", value_name = "TAG", group = "what")]
        tags: Vec<String>,
        /// The address of a page, e.g. /p/lamp.
        #[arg(long = "path", value_name = "PATH", group = "what")]
        paths: Vec<String>,
        /// Every page.
        #[arg(long, group = "what")]
        all: bool,
        /// Do not serve the older pages while newer ones are being made.
        #[arg(long)]
        hard: bool,
    },
    /// Ask for every page of the sitemap, so that the first visitor does not wait.
    Warm {
        /// The node to ask, e.g. http://127.0.0.1:7400; the store's public address if left out.
        #[arg(long, value_name = "URL")]
        node: Option<String>,
    },
    /// Show what each node has in its memory and how it answered so far.
    Stats,
}

/// What to do with the stock's books.
#[derive(Debug, Subcommand)]
pub enum Inventory {
    /// Compare every level with the sum of its movements and with what orders have, and print each number
    /// that differs. The exit code is 1 when there is one. Reads the whole ledger.
    Verify,
    /// Compare what a warehouse says it has with what the store knows as of the same instant, and print each
    /// difference with the last movements of the place. The exit code is 1 when a difference is left. What
    /// the warehouse has done and not told yet is no difference: its own list says what that is. A file does not, so
    /// name an instant some minutes ago, when all that had happened by then has been told since.
    Reconcile(Reconcile),
    /// Keep what other systems call our SKUs and warehouses: a CSV with the columns `identifier`, `sku` and
    /// `warehouse`, one of the last two filled in each line. All lines are kept or none.
    Identify {
        /// The file.
        file: PathBuf,
    },
}

/// What to do with the books of the money.
#[derive(Debug, Subcommand)]
pub enum Payments {
    /// Print the trial balance: what every account holds. The exit code is 1 when debits and credits differ.
    Balance,
    /// Show the provider's events that could not be acted on yet, and why. They are tried again by themselves. The
    /// exit code is 1 when there is one.
    Inbox,
    /// Compare what the payment provider says moved on a day with what the store recorded and posted, and print
    /// each difference with what explains it. The exit code is 1 when a difference is left.
    Reconcile {
        /// Which day, in UTC, e.g. 2026-11-28; yesterday if left out.
        #[arg(long, value_name = "DAY")]
        day: Option<jiff::civil::Date>,
        /// Ask the provider about every payment that differs, record and post what it says, and bring its order
        /// to the end that follows.
        #[arg(long)]
        mend: bool,
    },
}

/// What is compared, and what happens then.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["from", "file"])))]
pub struct Reconcile {
    /// The list that the warehouse's software gives of itself, e.g. http://127.0.0.1:7402/v1/levels. A key
    /// for it is taken from VITRINE_WMS_KEY.
    #[arg(long, value_name = "URL")]
    pub from: Option<reqwest::Url>,
    /// A CSV with the columns `warehouse`, `sku` and `on_hand`. What is not in it is not compared.
    #[arg(long, value_name = "FILE", requires = "source", requires = "as_of")]
    pub file: Option<PathBuf>,
    /// Under which name the warehouse tells the store things; a list says so itself.
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// When it was so, e.g. 2026-11-28T12:00:00Z; a list says so itself.
    #[arg(long, value_name = "INSTANT", conflicts_with = "from")]
    pub as_of: Option<jiff::Timestamp>,
    /// Believe the warehouse, and book each difference. What would leave fewer than are promised to orders
    /// is not booked, but told.
    #[arg(long)]
    pub mend: bool,
    /// So many movements of a place are printed.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub history: u32,
}

/// How the sandbox provider runs. Its secrets come from the environment alone (the store's own
/// `VITRINE__PAYMENTS__SANDBOX__SECRET` and `…__WEBHOOK_SECRET`): everyone on a machine can read what
/// stands on a command line.
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
}

/// How the sandbox warehouse runs. The key for the store's API comes from `VITRINE_WMS_API_KEY` and the secret of the
/// store's webhooks from `VITRINE_WMS_WEBHOOK_SECRET` alone.
#[derive(Debug, Args)]
pub struct SandboxWms {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:7402")]
    pub listen: SocketAddr,
    /// The file its book is kept in.
    #[arg(long, value_name = "FILE")]
    pub state: PathBuf,
    /// The store.
    #[arg(long, default_value = "http://127.0.0.1:7400", value_name = "URL")]
    pub store: String,
    /// A warehouse that it looks after, by its code; may be named several times.
    #[arg(long = "warehouse", value_name = "CODE", required = true)]
    pub warehouses: Vec<String>,
    /// Under which name it tells the store things.
    #[arg(long, default_value = "sandbox-wms", value_name = "NAME")]
    pub source: String,
    /// Begin with empty shelves, and not with what the store believes to lie there.
    #[arg(long)]
    pub empty: bool,
    /// What chance is drawn from: the same number has the same luck.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
    /// What goes wrong, as JSON, rates of a thousand: {"lost_answers": 50, "duplicates": 100, "delays": 200, "delay_ms":
    /// 300, …}. All of it can be changed at /test/faults.
    #[arg(long, value_name = "JSON", value_parser = json::<sandbox::wms::Faults>)]
    pub faults: Option<sandbox::wms::Faults>,
    /// How people work there, as JSON: {"pick_ms_least": 100, "pick_ms_most": 2000, "count_every_ms": 60000, …}. All of it
    /// can be changed at /test/habits.
    #[arg(long, value_name = "JSON", value_parser = json::<sandbox::wms::Habits>)]
    pub habits: Option<sandbox::wms::Habits>,
}

/// How the sandbox mail server runs.
#[derive(Debug, Args)]
pub struct SandboxMail {
    /// Address to take mails on, over SMTP.
    #[arg(long, default_value = "127.0.0.1:7407")]
    pub smtp: SocketAddr,
    /// Address to show them on.
    #[arg(long, default_value = "127.0.0.1:7406")]
    pub listen: SocketAddr,
    /// The file they are kept in.
    #[arg(long, value_name = "FILE")]
    pub state: PathBuf,
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
