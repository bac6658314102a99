//! Where a visitor stands, and when it is worth asking again.

use rand::Rng;
use std::time::Duration;

/// Where a visitor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The line is not open yet; places are drawn when it is.
    Early {
        /// In what time it is.
        opens_in: Duration,
    },
    /// Places are being drawn, and the visitor has none yet.
    Drawn,
    /// In the line.
    Waiting {
        /// How many are before the visitor, in all lines of the store, about.
        before: u64,
        /// When the turn comes.
        wait: Duration,
    },
    /// It is the visitor's turn.
    Admitted {
        /// How long.
        left: Duration,
    },
    /// The drop is over: there is no line any more.
    Over,
}

/// What a visitor is told who stands in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stood {
    /// Where.
    pub standing: Standing,
    /// In what time it is worth asking again.
    pub again: Duration,
    /// The ticket, if the browser does not hold it as it is.
    pub keep: Option<String>,
}

impl Stood {
    pub(crate) fn nowhere(standing: Standing) -> Self {
        Self { standing, again: Duration::ZERO, keep: None }
    }
}

/// Who waits long asks seldom: after an eighth of the wait, but not more often than every two seconds and not
/// less often than once a minute; and who waits less than that, when the wait is over. Never all at once.
pub(crate) fn pause(wait: Duration) -> Duration {
    const OFTEN: Duration = Duration::from_secs(2);
    const SELDOM: Duration = Duration::from_secs(60);
    let mut rng = rand::rng();
    let between = (wait / 8).clamp(OFTEN, SELDOM) * rng.random_range(85..=115) / 100;
    let end = wait + Duration::from_millis(rng.random_range(0..=500));
    between.min(end)
}
