//! How the money and the goods of an order stand, in the words that orders are filtered by. Where the order itself is
//! in its life says [`OrderState`](super::OrderState).

use serde::{Deserialize, Serialize};

/// How the money of an order stands. It follows what `payments` has in its books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nothing was received.
    Open,
    /// The provider has set the money aside for us; it was not taken yet.
    Authorised,
    /// All of it was received, and is here.
    Paid,
    /// Some of what was received went back.
    PartiallyRefunded,
    /// All that was received went back.
    Refunded,
}

impl PaymentStatus {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Open, Self::Authorised, Self::Paid, Self::PartiallyRefunded, Self::Refunded];

    /// The status of an order of which so much was received and so much of that went back, in minor units.
    pub fn of(received: i64, refunded: i64) -> Self {
        match (received, refunded) {
            (..=0, _) => Self::Open,
            (_, ..=0) => Self::Paid,
            (received, refunded) if refunded < received => Self::PartiallyRefunded,
            _ => Self::Refunded,
        }
    }

    /// Whether it may go from this status to that one. The database holds the same table.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Open, Self::Authorised | Self::Paid | Self::PartiallyRefunded | Self::Refunded)
                | (Self::Authorised, Self::Open | Self::Paid)
                | (Self::Paid, Self::PartiallyRefunded | Self::Refunded)
                | (Self::PartiallyRefunded, Self::Refunded)
        )
    }

    /// The status's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Authorised => "authorised",
            Self::Paid => "paid",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
        }
    }

    /// The status of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// How the goods of a paid order stand. It follows what the warehouses tell, and what was accepted of what came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FulfilmentStatus {
    /// Nothing was sent.
    Unfulfilled,
    /// Some was sent, and more is to come.
    PartiallyFulfilled,
    /// All that will be sent was sent.
    Fulfilled,
    /// All of it has arrived.
    Delivered,
    /// Some of it came back and was accepted.
    PartiallyReturned,
    /// All of it came back and was accepted.
    Returned,
}

/// Pieces of an order, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pieces {
    /// To be sent or sent: all that was ordered, less what was cancelled.
    pub wanted: u64,
    /// Sent.
    pub sent: u64,
    /// Sent and arrived, as far as anybody told.
    pub delivered: u64,
    /// Sent, come back and accepted.
    pub returned: u64,
}

impl FulfilmentStatus {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Unfulfilled,
        Self::PartiallyFulfilled,
        Self::Fulfilled,
        Self::Delivered,
        Self::PartiallyReturned,
        Self::Returned,
    ];

    /// The status of an order with these pieces.
    pub fn of(pieces: Pieces) -> Self {
        let Pieces { wanted, sent, delivered, returned } = pieces;
        match () {
            () if sent == 0 => Self::Unfulfilled,
            () if sent < wanted => Self::PartiallyFulfilled,
            () if returned >= sent => Self::Returned,
            () if returned > 0 => Self::PartiallyReturned,
            () if delivered >= sent => Self::Delivered,
            () => Self::Fulfilled,
        }
    }

    /// Whether it may go from this status to that one. The database holds the same table.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Unfulfilled, Self::PartiallyFulfilled | Self::Fulfilled)
                // The last pieces may also be cancelled, when the others have arrived.
                | (Self::PartiallyFulfilled, Self::Fulfilled | Self::Delivered)
                | (Self::Fulfilled, Self::Delivered | Self::PartiallyReturned | Self::Returned)
                | (Self::Delivered, Self::PartiallyReturned | Self::Returned)
                | (Self::PartiallyReturned, Self::Returned)
        )
    }

    /// Whether everything that will be sent was sent.
    pub fn is_sent(self) -> bool {
        !matches!(self, Self::Unfulfilled | Self::PartiallyFulfilled)
    }

    /// The status's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unfulfilled => "unfulfilled",
            Self::PartiallyFulfilled => "partially_fulfilled",
            Self::Fulfilled => "fulfilled",
            Self::Delivered => "delivered",
            Self::PartiallyReturned => "partially_returned",
            Self::Returned => "returned",
        }
    }

    /// The status of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_read_back_by_their_names() {
        for status in PaymentStatus::ALL {
            assert_eq!(PaymentStatus::parse(status.as_str()), Some(status));
        }
        for status in FulfilmentStatus::ALL {
            assert_eq!(FulfilmentStatus::parse(status.as_str()), Some(status));
        }
        assert_eq!((PaymentStatus::parse(""), FulfilmentStatus::parse("lost")), (None, None));
    }

    #[test]
    fn money_that_comes_and_goes_back_bit_by_bit_takes_only_legal_steps() {
        let said = |received, refunded| PaymentStatus::of(received, refunded);
        assert_eq!(said(0, 0), PaymentStatus::Open);
        assert_eq!(said(3, 0), PaymentStatus::Paid);
        assert_eq!(said(3, 2), PaymentStatus::PartiallyRefunded);
        assert_eq!(said(3, 3), PaymentStatus::Refunded);
        for refunded in 0..=3 {
            for more in refunded..=3 {
                let (was, next) = (said(3, refunded), said(3, more));
                assert!(was == next || was.may_become(next), "{was:?} to {next:?}");
            }
        }
    }

    /// Every way in which the pieces of a small order can go on from these.
    fn steps(now: Pieces) -> impl Iterator<Item = Pieces> {
        let Pieces { wanted, sent, delivered, returned } = now;
        let all = [
            (wanted > sent.max(1)).then(|| Pieces { wanted: wanted - 1, ..now }),
            (sent < wanted).then(|| Pieces { sent: sent + 1, ..now }),
            (delivered < sent).then(|| Pieces { delivered: delivered + 1, ..now }),
            // Nothing is taken back before everything was sent.
            (sent == wanted && returned < sent).then(|| Pieces { returned: returned + 1, ..now }),
        ];
        all.into_iter().flatten()
    }

    #[test]
    fn goods_that_are_sent_cancelled_delivered_and_returned_take_only_legal_steps() {
        let mut seen = vec![Pieces { wanted: 3, ..Pieces::default() }];
        let mut next = 0;
        while let Some(now) = seen.get(next).copied() {
            next += 1;
            for then in steps(now) {
                let (was, is) = (FulfilmentStatus::of(now), FulfilmentStatus::of(then));
                assert!(was == is || was.may_become(is), "{now:?} {was:?} to {then:?} {is:?}");
                if !seen.contains(&then) {
                    seen.push(then);
                }
            }
        }
        let reached = |status| seen.iter().any(|pieces| FulfilmentStatus::of(*pieces) == status);
        assert!(FulfilmentStatus::ALL.into_iter().all(reached));
    }
}
