//! Where a visitor stands in a line, in words. The page that goes on by itself and the one without scripts say
//! the same.

use crate::browser::Json;
use serde::{Deserialize, Serialize};

/// Where a visitor stands. In JSON `{"state": "waiting", "before": 240, "seconds": 130}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Place {
    /// The line is not open yet.
    Early {
        /// It opens in so many seconds.
        seconds: u32,
    },
    /// Places are being drawn.
    Drawn,
    /// In the line.
    Waiting {
        /// How many are before the visitor, about.
        before: u32,
        /// It is the visitor's turn in so many seconds.
        seconds: u32,
    },
    /// It is the visitor's turn.
    Admitted {
        /// For so many seconds.
        seconds: u32,
    },
    /// The drop is over.
    Over,
    /// So many have come from where the visitor is that there is no place for another just now.
    Crowded,
}

impl Place {
    /// As the server writes it.
    pub fn read<J: Json>(json: &J) -> Option<Self> {
        let number = |name| u32::try_from(json.number_of(name)?).ok();
        Some(match json.text_of("state")?.as_str() {
            "early" => Self::Early { seconds: number("seconds")? },
            "drawn" => Self::Drawn,
            "waiting" => Self::Waiting { before: number("before")?, seconds: number("seconds")? },
            "admitted" => Self::Admitted { seconds: number("seconds")? },
            "over" => Self::Over,
            "crowded" => Self::Crowded,
            _ => return None,
        })
    }

    /// In a few words.
    pub fn headline(self) -> String {
        match self {
            Self::Early { .. } => "The line is not open yet".to_owned(),
            Self::Drawn => "Places are being drawn".to_owned(),
            Self::Waiting { before: 0 | 1, .. } => "You are next".to_owned(),
            Self::Waiting { before, .. } => format!("About {before} people are before you"),
            Self::Admitted { .. } => "It is your turn".to_owned(),
            Self::Over => "The line is closed".to_owned(),
            Self::Crowded => "One moment, please".to_owned(),
        }
    }

    /// What that means, and what there is to do: nothing, mostly.
    pub fn meaning(self) -> String {
        match self {
            Self::Early { seconds } => {
                format!("It opens in {}. You are here in good time.", in_words(seconds))
            }
            Self::Drawn => "You get yours in a moment.".to_owned(),
            Self::Waiting { seconds, .. } => {
                format!("It is your turn in {}. This page goes on by itself.", in_words(seconds))
            }
            Self::Admitted { seconds } => {
                format!("You have {} to put it into your cart and order.", in_words(seconds))
            }
            Self::Over => "Nothing is in the way any more.".to_owned(),
            Self::Crowded => {
                "Very many people are coming from where you are. You get a place as soon as there is one."
                    .to_owned()
            }
        }
    }

    /// What is worth saying aloud: it changes when somebody who cannot see the page would want to know.
    pub fn milestone(self) -> (u8, u32) {
        match self {
            Self::Early { seconds } => (0, step(seconds)),
            Self::Drawn => (1, 0),
            Self::Waiting { seconds, .. } => (2, step(seconds)),
            Self::Admitted { .. } => (3, 0),
            Self::Over => (4, 0),
            Self::Crowded => (5, 0),
        }
    }
}

/// The last of these moments, in seconds, that a countdown has not passed yet.
fn step(seconds: u32) -> u32 {
    let steps = [60, 120, 300, 600, 1_800, 3_600];
    steps.into_iter().find(|step| seconds <= *step).unwrap_or(u32::MAX)
}

/// A length of time as people say it.
fn in_words(seconds: u32) -> String {
    let about = |number: u32, what: &str| {
        let s = if number == 1 { "" } else { "s" };
        format!("about {number} {what}{s}")
    };
    match seconds {
        0..=9 => "a few seconds".to_owned(),
        10..=50 => "less than a minute".to_owned(),
        51..=5_400 => about((seconds + 30) / 60, "minute"),
        5_401..=129_600 => about((seconds + 1_800) / 3_600, "hour"),
        _ => about(seconds.saturating_add(43_200) / 86_400, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_reads_what_the_server_writes() {
        for place in [
            Place::Early { seconds: 7 },
            Place::Drawn,
            Place::Waiting { before: 240, seconds: 130 },
            Place::Admitted { seconds: 600 },
            Place::Over,
            Place::Crowded,
        ] {
            let written = serde_json::to_value(place).unwrap();
            assert_eq!(Place::read(&written), Some(place), "{written}");
        }
        for strange in [r#"{"state":"waiting"}"#, r#"{"state":"gone"}"#, "{}", "7"] {
            let strange: serde_json::Value = serde_json::from_str(strange).unwrap();
            assert_eq!(Place::read(&strange), None);
        }
    }

    #[test]
    fn a_wait_is_told_as_people_say_it() {
        let told = [3, 45, 60, 95, 240, 5_400, 7_300, 86_400, 260_000, u32::MAX].map(in_words);
        assert_eq!(
            told,
            [
                "a few seconds",
                "less than a minute",
                "about 1 minute",
                "about 2 minutes",
                "about 4 minutes",
                "about 90 minutes",
                "about 2 hours",
                "about 24 hours",
                "about 3 days",
                "about 49710 days",
            ]
        );
        let waiting = Place::Waiting { before: 240, seconds: 130 };
        assert_eq!(waiting.headline(), "About 240 people are before you");
        assert!(waiting.meaning().contains("in about 2 minutes"), "{}", waiting.meaning());
    }

    #[test]
    fn a_long_wait_is_announced_a_few_times_and_not_with_every_look() {
        let mut told: Vec<_> = (0..=7_200)
            .rev()
            .map(|seconds| Place::Waiting { before: seconds, seconds }.milestone())
            .collect();
        told.dedup();
        assert_eq!(told.len(), 7);
    }
}
