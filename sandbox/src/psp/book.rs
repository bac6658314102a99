//! All payments, events and idempotency keys in memory: what the journal's records add up to.
//!
//! The book changes by [`Book::apply`] alone, at start for every record of the file and later for
//! every new one, so that a restart cannot end anywhere else than the running process was. It
//! knows no file, no clock and no network.

use std::collections::HashMap;

use jiff::Timestamp;

use super::event::Event;
use super::ids::{EventId, PaymentId};
use super::keys::Keys;
use super::payment::{Payment, Status};
use super::record::Record;

/// Attempts shown for one event; older ones are forgotten.
const SHOWN_ATTEMPTS: usize = 25;

/// An event and how its delivery went.
#[derive(Debug, Clone)]
pub struct Posted {
    /// What is delivered.
    pub event: Event,
    /// When the merchant acknowledged it, if it did.
    pub acknowledged_at: Option<Timestamp>,
    /// The latest attempts of this process, oldest first. They are not kept over a restart.
    pub attempts: Vec<Attempt>,
}

/// One attempt to deliver an event.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// When it was over.
    pub at: Timestamp,
    /// How it went.
    pub outcome: AttemptOutcome,
}

/// How an attempt to deliver went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The merchant answered with this HTTP status; 2xx acknowledges.
    Answered(u16),
    /// No answer came.
    Unreachable(String),
    /// A fault of the test panel: nothing was sent.
    Withheld,
}

impl AttemptOutcome {
    /// Whether the merchant has taken the event.
    pub fn acknowledges(&self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }
}

/// Which payments a list holds, and from where on.
#[derive(Debug, Default)]
pub struct Listing {
    /// Only those under this reference.
    pub reference: Option<String>,
    /// Only those opened later than this.
    pub created_after: Option<Timestamp>,
    /// Only those after this one, in order of opening.
    pub cursor: Option<PaymentId>,
    /// At most this many.
    pub limit: usize,
}

/// A part of a list, in order of opening.
#[derive(Debug)]
pub struct Page {
    /// What is on it.
    pub payments: Vec<Payment>,
    /// Whether more follows.
    pub has_more: bool,
}

/// The books of the provider.
#[derive(Debug, Default)]
pub struct Book {
    /// In order of opening.
    payments: Vec<Payment>,
    places: HashMap<PaymentId, usize>,
    places_by_reference: HashMap<String, Vec<usize>>,
    posted: HashMap<EventId, Posted>,
    events_by_payment: HashMap<PaymentId, Vec<EventId>>,
    /// The keys in use and their answers.
    pub keys: Keys,
}

impl Book {
    /// Takes in what a record says.
    pub fn apply(&mut self, record: Record) {
        match record {
            Record::Changed { payment, answer, events } => {
                if let Some(answer) = answer {
                    self.keys.keep(answer);
                }
                for event in events {
                    self.post(event);
                }
                self.put(*payment);
            }
            Record::Acknowledged { event, at } => {
                if let Some(posted) = self.posted.get_mut(&event) {
                    posted.acknowledged_at = Some(at);
                }
            }
        }
    }

    /// The payment of this id.
    pub fn find(&self, id: &PaymentId) -> Option<&Payment> {
        self.places.get(id).map(|place| &self.payments[*place])
    }

    /// Every payment, in order of opening.
    pub fn payments(&self) -> &[Payment] {
        &self.payments
    }

    /// The event of this id.
    pub fn find_event(&self, id: &EventId) -> Option<&Posted> {
        self.posted.get(id)
    }

    /// A part of the list of payments. A cursor that names nothing gives an empty part.
    pub fn list(&self, listing: &Listing) -> Page {
        let start = match &listing.cursor {
            None => 0,
            Some(id) => self.places.get(id).map_or(self.payments.len(), |place| place + 1),
        };
        let all: Box<dyn Iterator<Item = usize> + '_> = match &listing.reference {
            None => Box::new(start..self.payments.len()),
            Some(reference) => Box::new(
                self.places_by_reference
                    .get(reference)
                    .into_iter()
                    .flatten()
                    .copied()
                    .filter(move |place| *place >= start),
            ),
        };
        let mut payments: Vec<Payment> = all
            .map(|place| &self.payments[place])
            .filter(|payment| listing.created_after.is_none_or(|after| payment.created_at > after))
            .take(listing.limit.saturating_add(1))
            .cloned()
            .collect();
        let has_more = payments.len() > listing.limit;
        payments.truncate(listing.limit);
        Page { payments, has_more }
    }

    /// The latest payments with their events, newest first.
    pub fn latest(&self, count: usize) -> Vec<(Payment, Vec<Posted>)> {
        self.payments
            .iter()
            .rev()
            .take(count)
            .map(|payment| (payment.clone(), self.events_of(&payment.id)))
            .collect()
    }

    /// The events of a payment, in order of delivery.
    pub fn events_of(&self, payment: &PaymentId) -> Vec<Posted> {
        self.events_by_payment
            .get(payment)
            .into_iter()
            .flatten()
            .filter_map(|id| self.posted.get(id).cloned())
            .collect()
    }

    /// The events that nobody has acknowledged, together for each payment, in order of delivery.
    pub fn unacknowledged(&self) -> Vec<Vec<Event>> {
        self.payments
            .iter()
            .map(|payment| {
                self.events_of(&payment.id)
                    .into_iter()
                    .filter(|posted| posted.acknowledged_at.is_none())
                    .map(|posted| posted.event)
                    .collect::<Vec<_>>()
            })
            .filter(|events| !events.is_empty())
            .collect()
    }

    /// The payments that will succeed by themselves, and when.
    pub fn settling(&self) -> Vec<(PaymentId, Timestamp)> {
        self.payments
            .iter()
            .filter(|payment| payment.status == Status::Processing)
            .filter_map(|payment| Some((payment.id.clone(), payment.settles_at?)))
            .collect()
    }

    /// The payments whose authorisation will end by itself, and when.
    pub fn expiring(&self) -> Vec<(PaymentId, Timestamp)> {
        self.payments
            .iter()
            .filter(|payment| payment.status == Status::Authorised)
            .filter_map(|payment| Some((payment.id.clone(), payment.expires_at?)))
            .collect()
    }

    /// Notes how an attempt to deliver went.
    pub fn note_attempt(&mut self, event: &EventId, attempt: Attempt) {
        if let Some(posted) = self.posted.get_mut(event) {
            if posted.attempts.len() == SHOWN_ATTEMPTS {
                posted.attempts.remove(0);
            }
            posted.attempts.push(attempt);
        }
    }

    fn put(&mut self, payment: Payment) {
        if let Some(place) = self.places.get(&payment.id) {
            self.payments[*place] = payment;
            return;
        }
        let place = self.payments.len();
        self.places.insert(payment.id.clone(), place);
        self.places_by_reference.entry(payment.reference.clone()).or_default().push(place);
        self.payments.push(payment);
    }

    fn post(&mut self, event: Event) {
        self.events_by_payment.entry(event.payment.clone()).or_default().push(event.id.clone());
        self.posted.insert(
            event.id.clone(),
            Posted { event, acknowledged_at: None, attempts: Vec::new() },
        );
    }
}
