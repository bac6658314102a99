//! The line of one drop, as one node keeps it.

use crate::{
    ProductDrop, Standing,
    product_drop::{micros, micros_between, plus},
    ticket::{Place, Ticket},
    turns::Turns,
};
use jiff::Timestamp;
use moka::sync::Cache;
use std::{
    num::{NonZeroU16, NonZeroU32},
    time::Duration,
};

/// So many tickets are remembered with the turn they were given, and for so long. A browser whose answer was lost
/// is told the same turn again; and a ticket that is shown again and again takes one turn of a node, not many.
const REMEMBERED: u64 = 100_000;
const REMEMBERED_FOR: Duration = Duration::from_secs(15 * 60);

pub(crate) struct Line {
    pub drop: ProductDrop,
    turns: Turns,
    given: Cache<[u8; 16], Timestamp>,
}

impl Line {
    pub fn new(drop: ProductDrop, nodes: NonZeroU16, began: Timestamp) -> Self {
        let turns = Turns::new(drop.admits_per_minute, nodes, began);
        let given = Cache::builder().max_capacity(REMEMBERED).time_to_live(REMEMBERED_FOR).build();
        Self { drop, turns, given }
    }

    /// Where the holder of a ticket stands, the ticket as it is then, and how long that stays so.
    pub fn stand(
        &self,
        ticket: Ticket,
        share: u64,
        now: Timestamp,
    ) -> (Ticket, Standing, Duration) {
        match ticket.place {
            Place::Turn { given, at } => {
                self.turns.hear(given, at);
                let (standing, wait) = self.at_turn(at, now);
                (ticket, standing, wait)
            }
            Place::Came { since } => {
                let joins = self.drop.joins(since, share);
                if now >= joins {
                    let at = self.given.get_with(ticket.number, || self.turns.next(now));
                    let given = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
                    let (standing, wait) = self.at_turn(at, now);
                    let place = Place::Turn { given, at };
                    return (Ticket { place, ..ticket }, standing, wait);
                }
                let opens_in = until(now, self.drop.opens);
                match opens_in.is_zero() {
                    true => (ticket, Standing::Drawn, until(now, joins)),
                    // What was drawn must not be told, or somebody would throw tickets away until one is good.
                    false => {
                        let drawn = opens_in.saturating_add(self.drop.draw);
                        (ticket, Standing::Early { opens_in }, drawn)
                    }
                }
            }
        }
    }

    /// Whether the holder of this ticket may buy.
    pub fn admits(&self, ticket: &Ticket, now: Timestamp) -> bool {
        let Place::Turn { at, .. } = ticket.place else { return false };
        now >= self.drop.opens && now >= at && !self.has_lapsed(ticket, now)
    }

    /// Whether its turn has come and gone.
    pub fn has_lapsed(&self, ticket: &Ticket, now: Timestamp) -> bool {
        matches!(ticket.place, Place::Turn { at, .. } if now >= self.lapses(at))
    }

    fn lapses(&self, turn: Timestamp) -> Timestamp {
        plus(turn, micros(self.drop.admitted))
    }

    fn at_turn(&self, at: Timestamp, now: Timestamp) -> (Standing, Duration) {
        let wait = until(now, at);
        let standing = match wait.is_zero() {
            true => Standing::Admitted { left: until(now, self.lapses(at)) },
            false => {
                Standing::Waiting { before: turns_in(wait, self.drop.admits_per_minute), wait }
            }
        };
        (standing, wait)
    }
}

/// From now to a moment; nothing if it has come.
fn until(now: Timestamp, moment: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(micros_between(now, moment)).unwrap_or(0))
}

/// How many turns the whole store gives in this time, rounded up: so many are before whoever waits for so long.
fn turns_in(wait: Duration, per_minute: NonZeroU32) -> u64 {
    let turns = (wait.as_micros() * u128::from(per_minute.get())).div_ceil(60_000_000);
    u64::try_from(turns).unwrap_or(u64::MAX)
}
