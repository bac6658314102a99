//! A product drop: what is sold by a line, when, and how fast.

use domain::{Sku, Slug};
use jiff::Timestamp;
use std::{num::NonZeroU32, time::Duration};

/// Something is sold by a line from `opens` to `ends`. Before the opening nobody can buy it, afterwards anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductDrop {
    /// The line's name, which is its address: `/line/{name}`.
    pub name: Slug,
    /// What it is called.
    pub title: String,
    /// The products that are sold by it. The line leads on to the first.
    pub products: Vec<Slug>,
    /// Only these of them; none named means all.
    pub skus: Vec<Sku>,
    /// From when on somebody is admitted.
    pub opens: Timestamp,
    /// From when on nothing is in the way.
    pub ends: Timestamp,
    /// How many the whole store admits a minute.
    pub admits_per_minute: NonZeroU32,
    /// How long after their turn came somebody may buy.
    pub admitted: Duration,
    /// Over how long a time after the opening those are let into the line who came before it.
    pub draw: Duration,
}

impl ProductDrop {
    /// Whether nothing is in the way any more.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.ends
    }

    /// Whether this is sold by it.
    pub fn covers(&self, product: &Slug, sku: &Sku) -> bool {
        match self.skus.is_empty() {
            true => self.products.contains(product),
            false => self.skus.contains(sku),
        }
    }

    /// Where the line leads on to.
    pub fn leads_to(&self) -> Option<&Slug> {
        self.products.first()
    }

    /// When somebody may join the line who came at `since`.
    ///
    /// Who came before the opening joins at a moment within the draw that chance has given: `share` is what part
    /// of 2^64 of it goes by first. How long before the opening they came does not matter. Who comes at the
    /// opening or later joins when the draw is over, in the order of coming and twice as fast as they came, until
    /// that has caught up with those who come; these join at once.
    pub(crate) fn joins(&self, since: Timestamp, share: u64) -> Timestamp {
        let draw = micros(self.draw);
        let after = micros_between(self.opens, since);
        let wait = match after < 0 {
            // Less than the draw, for the share is less than 2^64.
            true => ((i128::from(draw) * i128::from(share)) >> 64) as i64,
            false => after.max(draw.saturating_add(after / 2)),
        };
        plus(self.opens, wait)
    }
}

/// A length of time in microseconds.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// From one moment to another, in microseconds.
pub(crate) fn micros_between(from: Timestamp, to: Timestamp) -> i64 {
    // Both lie within the years that a timestamp can tell: some 2^59 microseconds.
    to.as_microsecond() - from.as_microsecond()
}

/// A moment and so many microseconds; beyond the end of time there is only its end.
pub(crate) fn plus(moment: Timestamp, micros: i64) -> Timestamp {
    let sum = moment.as_microsecond().saturating_add(micros);
    Timestamp::from_microsecond(sum).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drop(draw_seconds: u64) -> ProductDrop {
        ProductDrop {
            name: Slug::parse("lamp").unwrap(),
            title: "Lamp".to_owned(),
            products: vec![Slug::parse("lamp").unwrap()],
            skus: vec![],
            opens: Timestamp::from_second(1_000_000).unwrap(),
            ends: Timestamp::from_second(2_000_000).unwrap(),
            admits_per_minute: NonZeroU32::MIN,
            admitted: Duration::from_secs(600),
            draw: Duration::from_secs(draw_seconds),
        }
    }

    proptest! {
        #[test]
        fn chance_alone_says_when_somebody_joins_who_came_before_the_opening(
            draw in 0u64..3_600, early in 1i64..1_000_000_000_000, later in 1i64..1_000_000_000_000, share: u64,
        ) {
            let drop = drop(draw);
            let joins = drop.joins(plus(drop.opens, -early), share);
            prop_assert_eq!(joins, drop.joins(plus(drop.opens, -later), share));
            let after = micros_between(drop.opens, joins);
            prop_assert!(0 <= after && after < micros(drop.draw).max(1));
        }

        #[test]
        fn who_comes_later_joins_later_and_nobody_before_those_who_came_before_the_opening(
            draw in 0u64..3_600, first in 0i64..10_000_000_000, more in 0i64..10_000_000_000,
            shares in any::<[u64; 2]>(),
        ) {
            let drop = drop(draw);
            let joins = |after: i64, share| drop.joins(plus(drop.opens, after), share);
            let (one, other) = (joins(first, shares[0]), joins(first + more, shares[1]));
            prop_assert!(one <= other);
            prop_assert!(one >= joins(-1, u64::MAX) && one >= plus(drop.opens, first));
            // When as much time again has passed as the draw took, nobody waits for it any more.
            if first >= 2 * micros(drop.draw) {
                prop_assert_eq!(one, plus(drop.opens, first));
            }
        }
    }
}
