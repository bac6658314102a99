//! The sandbox's cards, and what each one does to a payment.
//!
//! A card becomes a [`Plan`]: the changes in order, and the events that tell of them. The plan is
//! pure; the provider plays it and the courier delivers what it announces.

use std::time::Duration;

use jiff::Timestamp;

use super::event::EventKind;
use super::payment::{DeclineCode, Payment, Refusal, Transition};

/// A card that a buyer can choose on the hosted page, or that a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// Pays.
    Success,
    /// Is refused by its bank.
    Declined,
    /// Pays once the buyer has confirmed on a second page.
    Challenge,
    /// Pays, but whoever asked never hears of it directly.
    AnswerLost,
    /// Is accepted at once and pays later, told by webhook alone.
    SlowWebhook,
    /// Pays, and the webhooks come twice and in the wrong order.
    RepeatedWebhooks,
}

impl Card {
    /// Every card, in the order of the hosted page.
    pub const ALL: [Self; 6] = [
        Self::Success,
        Self::Declined,
        Self::Challenge,
        Self::AnswerLost,
        Self::SlowWebhook,
        Self::RepeatedWebhooks,
    ];

    /// The card behind a token, for payments without a page.
    pub fn from_token(token: &str) -> Option<Self> {
        match token {
            "tok_ok" => Some(Self::Success),
            "tok_declined" => Some(Self::Declined),
            "tok_challenge" => Some(Self::Challenge),
            "tok_lost_answer" => Some(Self::AnswerLost),
            "tok_slow" => Some(Self::SlowWebhook),
            _ => None,
        }
    }

    /// The card behind a form value of the hosted page.
    pub fn from_form(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|card| card.form_value() == value)
    }

    /// What the hosted page's form sends for it.
    pub fn form_value(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Declined => "declined",
            Self::Challenge => "challenge",
            Self::AnswerLost => "answer_lost",
            Self::SlowWebhook => "slow_webhook",
            Self::RepeatedWebhooks => "repeated_webhooks",
        }
    }

    /// What the hosted page calls it. Tests and assistive technology rely on these names.
    pub fn label(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Declined => "Declined",
            Self::Challenge => "Challenge",
            Self::AnswerLost => "Answer lost",
            Self::SlowWebhook => "Slow webhook",
            Self::RepeatedWebhooks => "Repeated webhooks",
        }
    }
}

/// The times that a plan depends on.
#[derive(Debug, Clone, Copy)]
pub struct Delays {
    /// From a slow card's acceptance to its success.
    pub slow_settlement: Duration,
    /// Before the first attempt to tell of a payment whose answer was lost.
    pub lost_answer_notice: Duration,
}

/// An event that a plan announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// What it tells.
    pub kind: EventKind,
    /// After which step of the plan; the event shows the payment as it was then.
    pub step: usize,
    /// How many times it is delivered although the first was acknowledged.
    pub copies: u8,
    /// Time before the first attempt.
    pub delay: Duration,
}

/// The changes that a card brings about, and the events in the order of their delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The changes, in order; never empty.
    pub steps: Vec<Transition>,
    /// The events, in order of delivery, which may differ from the order of the steps.
    pub notices: Vec<Notice>,
}

impl Plan {
    /// One change and the one event that tells of it.
    pub fn single(step: Transition, kind: EventKind) -> Self {
        Self { steps: vec![step], notices: vec![notice(kind, 0)] }
    }

    /// What this card does at this time.
    pub fn of(card: Card, now: Timestamp, delays: Delays) -> Self {
        match card {
            Card::Success => Self::single(Transition::Succeed, EventKind::PaymentSucceeded),
            Card::Declined => Self::single(
                Transition::Decline(DeclineCode::CardDeclined),
                EventKind::PaymentDeclined,
            ),
            Card::Challenge => Self { steps: vec![Transition::AskChallenge], notices: Vec::new() },
            Card::AnswerLost => Self {
                steps: vec![Transition::Succeed],
                notices: vec![Notice {
                    delay: delays.lost_answer_notice,
                    ..notice(EventKind::PaymentSucceeded, 0)
                }],
            },
            // No event yet: the first that the merchant hears is the outcome.
            Card::SlowWebhook => Self {
                steps: vec![Transition::Process {
                    settles_at: Some(now.saturating_add(delays.slow_settlement).unwrap_or(now)),
                }],
                notices: Vec::new(),
            },
            Card::RepeatedWebhooks => Self {
                steps: vec![Transition::Process { settles_at: None }, Transition::Succeed],
                notices: vec![
                    Notice { copies: 2, ..notice(EventKind::PaymentSucceeded, 1) },
                    Notice { copies: 2, ..notice(EventKind::PaymentProcessing, 0) },
                ],
            },
        }
    }

    /// What the buyer's answer to a challenge does.
    pub fn of_challenge(confirmed: bool) -> Self {
        if confirmed {
            Self::single(Transition::Succeed, EventKind::PaymentSucceeded)
        } else {
            Self::single(
                Transition::Decline(DeclineCode::ChallengeRefused),
                EventKind::PaymentDeclined,
            )
        }
    }

    /// The payment after each step.
    ///
    /// # Errors
    /// A step is not legal from where the payment stands; then none of them happened.
    pub fn play(&self, payment: &Payment) -> Result<Vec<Payment>, Refusal> {
        let mut states: Vec<Payment> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let before = states.last().unwrap_or(payment);
            states.push(before.after(step.clone())?);
        }
        Ok(states)
    }
}

const fn notice(kind: EventKind, step: usize) -> Notice {
    Notice { kind, step, copies: 1, delay: Duration::ZERO }
}
