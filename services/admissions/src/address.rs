//! How many tickets one address is given: who takes many places takes them from many addresses, or slowly.

use crate::TooMany;
use jiff::Timestamp;
use moka::{ops::compute::Op, sync::Cache};
use std::{net::IpAddr, num::NonZeroU32, time::Duration};

/// How many addresses are remembered. Who is forgotten early is given a few more.
const REMEMBERED: u64 = 100_000;
const MINUTE: i64 = 60_000_000;

pub(crate) struct Addresses {
    /// What one ticket costs, in microseconds: a minute pays for as many as an address is given in it.
    cost: i64,
    /// When each has paid for what it was given, in microseconds of the Unix epoch (GCRA).
    paid: Cache<IpAddr, i64>,
}

impl Addresses {
    pub fn new(per_minute: NonZeroU32) -> Self {
        let cost = (MINUTE / i64::from(per_minute.get())).max(1);
        Self { cost, paid: Cache::new(REMEMBERED) }
    }

    /// One more ticket. Who has no address, because nobody on the way told it, shares one with all like them.
    pub fn one_more(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), TooMany> {
        let (now, mut outcome) = (now.as_microsecond(), Ok(()));
        let address = address.unwrap_or(IpAddr::from([0, 0, 0, 0]));
        self.paid.entry(address).and_compute_with(|before| {
            let paid = before.map_or(now, |entry| entry.into_value().max(now)) + self.cost;
            let over = paid - now - MINUTE;
            if over <= 0 {
                return Op::Put(paid);
            }
            outcome = Err(TooMany { wait: Duration::from_micros(over.unsigned_abs()) });
            Op::Nop
        });
        outcome
    }
}
