//! The sandbox's cards, and what each one does to a payment.
//!
//! A card becomes a [`Plan`]: the changes in order, and the events that tell of them. The plan is
//! pure; the provider plays it and the courier delivers what it announces.

use std::time::Duration;

use jiff::Timestamp;

use super::event::EventKind;
use super::payment::{CaptureMethod, DeclineCode, Payment, Refusal, Transition};

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
    /// From an authorisation to its end.
    pub authorisation: Duration,
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

    /// The money of a payment is there: taken or set aside, as the merchant wanted it.
    pub fn of_money(capture: CaptureMethod, now: Timestamp, delays: Delays) -> Self {
        let (step, kind) = money(capture, now, delays);
        Self::single(step, kind)
    }

    /// What this card does at this time to a payment whose money is taken like that.
    pub fn of(card: Card, capture: CaptureMethod, now: Timestamp, delays: Delays) -> Self {
        let (paid, told) = money(capture, now, delays);
        match card {
            Card::Success => Self::single(paid, told),
            Card::Declined => Self::single(
                Transition::Decline(DeclineCode::CardDeclined),
                EventKind::PaymentDeclined,
            ),
            Card::Challenge => Self { steps: vec![Transition::AskChallenge], notices: Vec::new() },
            Card::AnswerLost => Self {
                steps: vec![paid],
                notices: vec![Notice { delay: delays.lost_answer_notice, ..notice(told, 0) }],
            },
            // No event yet: the first that the merchant hears is the outcome.
            Card::SlowWebhook => Self {
                steps: vec![Transition::Process {
                    settles_at: Some(later(now, delays.slow_settlement)),
                }],
                notices: Vec::new(),
            },
            Card::RepeatedWebhooks => Self {
                steps: vec![Transition::Process { settles_at: None }, paid],
                notices: vec![
                    Notice { copies: 2, ..notice(told, 1) },
                    Notice { copies: 2, ..notice(EventKind::PaymentProcessing, 0) },
                ],
            },
        }
    }

    /// What the buyer's answer to a challenge does.
    pub fn of_challenge(
        confirmed: bool,
        capture: CaptureMethod,
        now: Timestamp,
        delays: Delays,
    ) -> Self {
        if confirmed {
            Self::of_money(capture, now, delays)
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

/// How the money of a payment comes, and what tells of it.
fn money(capture: CaptureMethod, now: Timestamp, delays: Delays) -> (Transition, EventKind) {
    match capture {
        CaptureMethod::Automatic => (Transition::Succeed { at: now }, EventKind::PaymentSucceeded),
        CaptureMethod::Manual => {
            let until = later(now, delays.authorisation);
            (Transition::Authorise { until }, EventKind::PaymentAuthorised)
        }
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(now)
}

const fn notice(kind: EventKind, step: usize) -> Notice {
    Notice { kind, step, copies: 1, delay: Duration::ZERO }
}
