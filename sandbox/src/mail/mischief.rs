//! All that a mail server may do wrong, and how often.

use serde::{Deserialize, Serialize};

/// What goes wrong with a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prank {
    /// Nothing.
    #[default]
    None,
    /// It has no time (421 instead of a greeting).
    Busy,
    /// It knows no such mailbox (550).
    UnknownRecipient,
    /// It wants the sender to come again later (451), when all is said.
    TryLater,
    /// It does not want what was said (554).
    Refuse,
    /// It hangs up in the middle of the letter, and keeps nothing.
    Vanish,
    /// It takes the letter, and hangs up before it says so.
    BreakOff,
    /// It takes the letter, and says nothing.
    Hang,
}

impl Prank {
    /// Every one, with what it is called.
    pub const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::None, "none", "All is well"),
        (Self::Busy, "busy", "Busy: 421 instead of a greeting"),
        (Self::UnknownRecipient, "unknown_recipient", "No such mailbox: 550"),
        (Self::TryLater, "try_later", "Come again later: 451 after the letter"),
        (Self::Refuse, "refuse", "Refused: 554 after the letter"),
        (Self::Vanish, "vanish", "Hangs up within the letter"),
        (Self::BreakOff, "break_off", "Keeps the letter, hangs up without a word"),
        (Self::Hang, "hang", "Keeps the letter, says nothing"),
    ];
}

/// A prank, and how many conversations it is played on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mischief {
    /// What goes wrong.
    pub prank: Prank,
    /// With so many conversations from now on; with all of them if it is left out.
    pub times: Option<u32>,
}

impl Mischief {
    /// What goes wrong with the next conversation.
    pub(super) fn next(&mut self) -> Prank {
        match &mut self.times {
            None => self.prank,
            Some(0) => Prank::None,
            Some(left) => {
                *left -= 1;
                self.prank
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prank_is_played_as_often_as_it_is_meant_to_be() {
        let mut twice = Mischief { prank: Prank::Busy, times: Some(2) };
        let played: Vec<_> = (0..3).map(|_| twice.next()).collect();
        assert_eq!(played, [Prank::Busy, Prank::Busy, Prank::None]);
        let mut always = Mischief { prank: Prank::Hang, times: None };
        assert!((0..9).all(|_| always.next() == Prank::Hang));
    }

    #[test]
    fn pranks_are_told_by_their_names() {
        for (prank, name, _) in Prank::ALL {
            assert_eq!(serde_json::to_value(prank).unwrap(), name);
        }
    }
}
