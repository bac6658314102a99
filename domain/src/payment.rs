//! The life of a payment: an intent says what is owed for an order; attempts try to get it.

use serde::{Deserialize, Serialize};

/// Where an intent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentState {
    /// Nothing was received; attempts may be made.
    Open,
    /// The whole amount was received.
    Paid,
    /// What was received went back.
    Refunded,
    /// Given up before anything was received.
    Cancelled,
}

impl IntentState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Open, Self::Paid, Self::Refunded, Self::Cancelled];

    /// Whether an intent may go from this state to that one. Money that arrives for a cancelled
    /// intent is real: it makes the intent paid, so that it can be returned.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Open, Self::Paid | Self::Cancelled)
                | (Self::Cancelled, Self::Paid)
                | (Self::Paid, Self::Refunded)
        )
    }

    /// The state's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// When the money of an attempt is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMode {
    /// As soon as the shopper has paid.
    #[default]
    AtOnce,
    /// It is only set aside; the store takes it later, or part of it, or gives it up.
    Later,
}

impl CaptureMode {
    /// Every mode.
    pub const ALL: [Self; 2] = [Self::AtOnce, Self::Later];

    /// The mode's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AtOnce => "at_once",
            Self::Later => "later",
        }
    }

    /// The mode of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// Where one attempt at paying is. It only ever moves forward; money that was taken is last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Recorded; the provider may or may not have heard of it.
    Recorded,
    /// The shopper has to do something at the provider's page.
    RequiresAction,
    /// The provider is working on it.
    Processing,
    /// The money is set aside for the store, which has not taken it. It does not stay so: it is taken,
    /// given up, or the provider's time for it ends.
    Authorised,
    /// The money was taken.
    Succeeded,
    /// The provider or the bank said no.
    Declined,
    /// Given up before the money was taken.
    Cancelled,
}

impl AttemptState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Recorded,
        Self::RequiresAction,
        Self::Processing,
        Self::Authorised,
        Self::Succeeded,
        Self::Declined,
        Self::Cancelled,
    ];

    /// Whether an attempt may go from this state to that one. News that arrives late or twice changes
    /// nothing. Money that arrives after a decline or a cancellation is real: it makes the attempt
    /// succeeded, so that it can be returned.
    pub fn may_become(self, next: Self) -> bool {
        let unexpected =
            matches!((self, next), (Self::Declined | Self::Cancelled, Self::Succeeded));
        unexpected || next.rank() > self.rank()
    }

    /// Whether it came to an end. What is not to be expected may follow: see [`Self::may_become`].
    pub fn is_final(self) -> bool {
        self.rank() == 4
    }

    fn rank(self) -> u8 {
        match self {
            Self::Recorded => 0,
            Self::RequiresAction => 1,
            Self::Processing => 2,
            Self::Authorised => 3,
            Self::Succeeded | Self::Declined | Self::Cancelled => 4,
        }
    }

    /// The state's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Authorised => "authorised",
            Self::Succeeded => "succeeded",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_attempt_that_ended_stays_ended_unless_money_arrives_after_all() {
        for from in AttemptState::ALL.into_iter().filter(|state| state.is_final()) {
            for to in AttemptState::ALL {
                let money = to == AttemptState::Succeeded && from != to;
                assert_eq!(from.may_become(to), money, "{from:?} to {to:?}");
            }
        }
        assert!(!AttemptState::Processing.may_become(AttemptState::RequiresAction));
        assert!(AttemptState::Recorded.may_become(AttemptState::Succeeded));
        assert!(!AttemptState::Authorised.may_become(AttemptState::Processing));
        assert!(!AttemptState::Authorised.is_final());
    }

    #[test]
    fn names_are_read_back() {
        assert!(IntentState::ALL.into_iter().all(|s| IntentState::parse(s.as_str()) == Some(s)));
        assert!(AttemptState::ALL.into_iter().all(|s| AttemptState::parse(s.as_str()) == Some(s)));
        assert!(CaptureMode::ALL.into_iter().all(|m| CaptureMode::parse(m.as_str()) == Some(m)));
    }

    proptest! {
        /// News of an attempt in any order, any number of times, end in the same final state as long
        /// as only one ending is among them.
        #[test]
        fn the_order_of_news_does_not_matter(
            news in prop::collection::vec(0usize..5, 0..12).prop_shuffle(),
        ) {
            let mut state = AttemptState::Recorded;
            for index in &news {
                let next = AttemptState::ALL[*index];
                if state.may_become(next) { state = next; }
            }
            let latest = news.iter().map(|index| AttemptState::ALL[*index]).max_by_key(|s| s.rank());
            prop_assert_eq!(state, latest.unwrap_or(AttemptState::Recorded));
        }

        /// Whatever is heard, in whatever order and however often: an attempt takes few steps, each
        /// forward but for money that arrives after all, and money once taken stays taken.
        #[test]
        fn money_that_was_taken_is_never_forgotten(
            news in prop::collection::vec(0usize..AttemptState::ALL.len(), 0..40),
        ) {
            let mut state = AttemptState::Recorded;
            let mut steps = 0;
            for index in &news {
                let next = AttemptState::ALL[*index];
                let was = state;
                if state.may_become(next) {
                    state = next;
                    steps += 1;
                    prop_assert!(next.rank() > was.rank() || next == AttemptState::Succeeded);
                }
                prop_assert!(!state.may_become(state));
            }
            let heard = news.iter().any(|index| AttemptState::ALL[*index] == AttemptState::Succeeded);
            prop_assert_eq!(state == AttemptState::Succeeded, heard);
            prop_assert!(steps <= 5);
        }
    }
}
