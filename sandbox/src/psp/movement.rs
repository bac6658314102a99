//! The provider's list of what moved: each time money was taken or given back, with what was kept of it.
//!
//! It is not kept but told from the payments, so that the two cannot differ.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::ids::PaymentId;
use super::payment::{Payment, Status};

/// Names a movement: the payment for money that was taken, the refund for money that was given back.
pub type MovementId = String;

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// It was taken from a buyer.
    Capture,
    /// It was given back.
    Refund,
}

/// Money that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// What moved it.
    pub id: MovementId,
    /// Why.
    #[serde(rename = "type")]
    pub kind: MovementKind,
    /// Whose money.
    pub payment_id: PaymentId,
    /// The merchant's name for the payment.
    pub reference: String,
    /// How much, above zero whichever way it moved.
    pub amount_minor: i64,
    /// Three upper-case letters.
    pub currency: String,
    /// What is kept of it; `null` while that is not told.
    pub fee_minor: Option<i64>,
    /// When.
    pub created_at: Timestamp,
}

/// What moved on a day (in UTC), oldest first.
pub fn of_day(payments: &[Payment], day: Date) -> Vec<Movement> {
    let mut movements: Vec<Movement> = payments
        .iter()
        .flat_map(of_payment)
        .filter(|movement| movement.created_at.to_zoned(TimeZone::UTC).date() == day)
        .collect();
    movements.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    movements
}

/// What follows the cursor, and the cursor of what follows that. A cursor that names nothing gives nothing.
pub fn page(
    mut movements: Vec<Movement>,
    cursor: Option<&MovementId>,
    limit: usize,
) -> (Vec<Movement>, Option<MovementId>) {
    let start = match cursor {
        None => 0,
        Some(id) => movements
            .iter()
            .position(|movement| movement.id == *id)
            .map_or(movements.len(), |place| place + 1),
    };
    let mut rest = movements.split_off(start);
    let has_more = rest.len() > limit;
    rest.truncate(limit);
    let next = rest.last().filter(|_| has_more).map(|movement| movement.id.clone());
    (rest, next)
}

fn of_payment(payment: &Payment) -> Vec<Movement> {
    let movement = |id: String, kind, amount_minor, fee_minor, created_at| Movement {
        id,
        kind,
        payment_id: payment.id.clone(),
        reference: payment.reference.clone(),
        amount_minor,
        currency: payment.currency.clone(),
        fee_minor,
        created_at,
    };
    if payment.status != Status::Succeeded {
        return Vec::new();
    }
    // A file of an older version does not say when the money was taken.
    let (fee, at) = match &payment.taken {
        Some(taken) => (Some(taken.fee_minor), taken.at),
        None => (None, payment.created_at),
    };
    let id = payment.id.to_string();
    let taken = movement(id, MovementKind::Capture, payment.captured_minor(), fee, at);
    let given = payment.refunds.iter().map(|refund| {
        let id = refund.id.to_string();
        movement(id, MovementKind::Refund, refund.amount_minor, Some(0), refund.created_at)
    });
    std::iter::once(taken).chain(given).collect()
}
