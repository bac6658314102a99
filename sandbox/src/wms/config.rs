//! How a warehouse's software is set up, and how people work there. Checking it is the door's work.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::faults::Faults;

/// How it is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Its durable file, created if it is not there. One process at a time has it.
    pub state: PathBuf,
    /// Where the store is, without `/api/v1`; http or https.
    pub store_url: String,
    /// The key for the store's API, with `inventory:read` and `inventory:write`.
    pub api_key: SecretString,
    /// What the store's webhooks are signed with; without it none is believed, and the feed alone is read.
    pub webhook_secret: Option<SecretString>,
    /// Under which name it tells the store things.
    pub source: String,
    /// The warehouses that it looks after; one at least.
    pub warehouses: Vec<String>,
    /// What lies on the shelves when its file begins.
    pub begin: Begin,
    /// What chance is drawn from.
    pub seed: u64,
    /// What goes wrong.
    pub faults: Faults,
    /// How people work.
    pub habits: Habits,
}

/// What lies on the shelves at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// What the store believes lies there.
    AsTheStoreSays,
    /// Nothing: it is brought, and the store is told so.
    Empty,
}

/// How people work there, and how often the software does what. Times are in milliseconds, rates so many of a
/// thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Habits {
    /// Between hearing of an order, or the parcel before, and a parcel, at least…
    pub pick_ms_least: u64,
    /// … and at most.
    pub pick_ms_most: u64,
    /// Parcels in which not everything is sent that could be.
    pub parts: u16,
    /// Between hearing of a return, or that a parcel had been sent in vain, and its arrival.
    pub return_ms: u64,
    /// Pieces that come back and have to be thrown away.
    pub scrap: u16,
    /// Between two deliveries by suppliers; 0 is never.
    pub receive_every_ms: u64,
    /// Between two counts of everything; 0 is never.
    pub count_every_ms: u64,
    /// Between two turns of telling the store and acknowledging.
    pub tell_every_ms: u64,
    /// Between two looks at the store's feed.
    pub poll_every_ms: u64,
    /// How long what the store refused is left alone at first; it doubles up to a hundred times as long.
    pub retry_ms: u64,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            pick_ms_least: 5_000,
            pick_ms_most: 30_000,
            parts: 200,
            return_ms: 20_000,
            scrap: 100,
            receive_every_ms: 0,
            count_every_ms: 0,
            tell_every_ms: 250,
            poll_every_ms: 2_000,
            retry_ms: 500,
        }
    }
}
