//! How a provider is set up, and how long things take. Checking it is the door's work.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::card::Delays;

/// How a provider is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Its durable file, created if it is not there. One process at a time has it.
    pub state: PathBuf,
    /// The bearer token of the merchant. Not empty.
    pub secret: SecretString,
    /// What webhooks are signed with: `whsec_` and base64, or any other text as raw bytes.
    pub webhook_secret: SecretString,
    /// Where webhooks go; http or https.
    pub webhook_url: String,
    /// Where browsers reach it, if that is not where it listens.
    pub public_url: Option<String>,
    /// How long things take.
    pub timing: Timing,
}

/// How long things take. The defaults are those of a provider; tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From the acceptance of a slow card to its success: 20 s.
    pub slow_settlement: Duration,
    /// Before the first webhook of a payment whose answer was lost on the hosted page: 2 s.
    pub lost_answer_notice: Duration,
    /// From an authorisation to its end: 7 days.
    pub authorisation: Duration,
    /// Between the first and the second attempt to deliver a webhook; doubles from there: 0.2 s.
    pub first_retry: Duration,
    /// The longest time between two attempts: 30 s.
    pub longest_retry: Duration,
    /// Attempts before a webhook is given up until the next start: 20.
    pub attempts: u32,
    /// How long the merchant may take to answer a webhook: 10 s.
    pub delivery_timeout: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            slow_settlement: Duration::from_secs(20),
            lost_answer_notice: Duration::from_secs(2),
            authorisation: Duration::from_secs(7 * 24 * 60 * 60),
            first_retry: Duration::from_millis(200),
            longest_retry: Duration::from_secs(30),
            attempts: 20,
            delivery_timeout: Duration::from_secs(10),
        }
    }
}

impl Timing {
    /// For a buyer on the hosted page.
    pub(super) fn delays(&self) -> Delays {
        Delays {
            slow_settlement: self.slow_settlement,
            lost_answer_notice: self.lost_answer_notice,
            authorisation: self.authorisation,
        }
    }

    /// For a merchant with a token: it is the merchant that misses the answer, not the buyer, and
    /// nothing is gained by holding back the webhook.
    pub(super) fn direct_delays(&self) -> Delays {
        Delays { lost_answer_notice: Duration::ZERO, ..self.delays() }
    }
}
