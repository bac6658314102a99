//! A ticket: what a visitor holds, and how it is written.

use jiff::Timestamp;
use rand::RngCore;

/// What a ticket says, in this many bytes: its kind, its number, two moments.
pub(crate) const BYTES: usize = 1 + 16 + 8 + 8;

const CAME: u8 = 1;
const TURN: u8 = 2;

/// A visitor's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// No two tickets have the same.
    pub number: [u8; 16],
    /// Where its holder stands.
    pub place: Place,
}

/// Where the holder of a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Not in the line yet.
    Came {
        /// When they came.
        since: Timestamp,
    },
    /// In the line, with a turn that never changes.
    Turn {
        /// When it was given.
        given: Timestamp,
        /// When it comes.
        at: Timestamp,
    },
}

impl Ticket {
    /// The ticket of somebody who comes now.
    pub fn new(now: Timestamp) -> Self {
        let mut number = [0; 16];
        rand::rng().fill_bytes(&mut number);
        // A ticket is written in microseconds, and reads back as it was.
        let since = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        Self { number, place: Place::Came { since } }
    }

    /// When it was given its place.
    pub fn written(&self) -> Timestamp {
        match self.place {
            Place::Came { since } => since,
            Place::Turn { given, .. } => given,
        }
    }

    pub fn to_bytes(&self) -> [u8; BYTES] {
        let (kind, first, second) = match self.place {
            Place::Came { since } => (CAME, since, Timestamp::UNIX_EPOCH),
            Place::Turn { given, at } => (TURN, given, at),
        };
        let mut bytes = [kind; BYTES];
        bytes[1..17].copy_from_slice(&self.number);
        bytes[17..25].copy_from_slice(&first.as_microsecond().to_be_bytes());
        bytes[25..].copy_from_slice(&second.as_microsecond().to_be_bytes());
        bytes
    }

    /// What was written; `None` for what no ticket says.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (number, rest) = rest.split_first_chunk::<16>()?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let second: &[u8; 8] = rest.try_into().ok()?;
        let moment = |bytes: &[u8; 8]| Timestamp::from_microsecond(i64::from_be_bytes(*bytes)).ok();
        let place = match *kind {
            CAME => Place::Came { since: moment(first)? },
            TURN => Place::Turn { given: moment(first)?, at: moment(second)? },
            _ => return None,
        };
        Some(Self { number: *number, place })
    }
}
