//! What happened to an order, and what is in its parcels, as a letter to its buyer would say it.

use domain::{
    Sku,
    order::{
        Actor, CancelReason, Happened, OrderReturn, OrderView, ParcelLine, ReturnReason,
        ReturnState, TimelineEntry,
    },
};

/// A sentence about something that happened.
pub fn event(entry: &TimelineEntry) -> String {
    match &entry.happened {
        Happened::Placed => "You placed the order.".to_owned(),
        Happened::Paid => "Your payment was confirmed.".to_owned(),
        Happened::Cancelled { reason } => match reason {
            CancelReason::Shopper => "You cancelled the order.",
            CancelReason::Staff => "We cancelled the order.",
            CancelReason::Expired => "The time to pay ran out, and the order ended.",
            CancelReason::Superseded => "You placed another order in the stead of this one.",
            CancelReason::OutOfStock => "The last piece was gone, and the order ended.",
        }
        .to_owned(),
        Happened::CancelRefused => match entry.by {
            Actor::Shopper => "You wanted to cancel the order, but a parcel had left already.",
            _ => "We wanted to cancel the order, but a parcel had left already.",
        }
        .to_owned(),
        Happened::Refunded { amount: Some(amount) } => format!("{amount} went back to you."),
        Happened::Refunded { amount: None } => "Your money went back to you.".to_owned(),
        Happened::ParcelSent { parcel, warehouse, pieces: 1 } => {
            format!("Parcel {parcel} left {warehouse} with one piece.")
        }
        Happened::ParcelSent { parcel, warehouse, pieces } => {
            format!("Parcel {parcel} left {warehouse} with {pieces} pieces.")
        }
        Happened::ParcelTracked { parcel, carrier, tracking_number } => {
            format!("Parcel {parcel} is with {carrier}, number {tracking_number}.")
        }
        Happened::ParcelDelivered { parcel } => format!("Parcel {parcel} arrived."),
        Happened::ReturnRequested { number, pieces } => {
            format!("You announced return {number} of {}.", count(*pieces))
        }
        Happened::ReturnInspected { number, accepted, refused: 0 } => {
            format!("We looked at return {number} and accepted {}.", count(*accepted))
        }
        Happened::ReturnInspected { number, accepted: 0, .. } => {
            format!("We looked at return {number} and could not accept it.")
        }
        Happened::ReturnInspected { number, accepted, refused } => format!(
            "We looked at return {number}, accepted {} and could not accept {}.",
            count(*accepted),
            count(*refused)
        ),
    }
}

fn count(pieces: u32) -> String {
    match pieces {
        1 => "one piece".to_owned(),
        many => format!("{many} pieces"),
    }
}

/// Why something is sent back, as its buyer chooses it.
pub fn reason(reason: ReturnReason) -> &'static str {
    match reason {
        ReturnReason::Unwanted => "I do not want it any more",
        ReturnReason::DoesNotFit => "It does not fit",
        ReturnReason::NotAsDescribed => "It is not as described",
        ReturnReason::WrongItem => "It is not what I ordered",
        ReturnReason::Damaged => "It arrived damaged",
    }
}

/// How a return stands, and what to do.
pub fn standing(back: &OrderReturn) -> String {
    match (back.state, back.refund) {
        (ReturnState::Requested | ReturnState::Expected, _) => format!(
            "Please send it to our warehouse {} with the order's number in the parcel. When it has arrived we \
             look at it and pay it back.",
            back.warehouse
        ),
        (ReturnState::Accepted, Some(amount)) => format!("{amount} is on its way back to you."),
        (ReturnState::Refunded, Some(amount)) => format!("{amount} went back to you."),
        (ReturnState::Accepted | ReturnState::Refunded, None) => "It is paid back.".to_owned(),
        (ReturnState::Rejected, _) => {
            "We could not accept it, and send it to you again. If you have a question, please answer the mail \
             of your order."
                .to_owned()
        }
    }
}

/// `Chair (red)`. What is part of a set is named by its SKU: the order knows the set's name alone.
pub fn name(order: &OrderView, sku: &Sku) -> String {
    match order.lines.iter().find(|line| &line.sku == sku) {
        Some(line) if line.options.is_empty() => line.name.clone(),
        Some(line) => format!("{} ({})", line.name, line.options),
        None => sku.to_string(),
    }
}

/// `2 × Lamp, 1 × Chair (red)`.
pub fn contents(order: &OrderView, lines: &[ParcelLine]) -> String {
    let piece =
        |line: &ParcelLine| format!("{}\u{a0}\u{d7} {}", line.quantity, name(order, &line.sku));
    lines.iter().map(piece).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, Money};

    fn said(happened: Happened, by: Actor) -> String {
        event(&TimelineEntry { happened, by, why: None, at: jiff::Timestamp::UNIX_EPOCH })
    }

    #[test]
    fn a_letter_says_what_happened_and_to_how_many_pieces() {
        let sent =
            |pieces| Happened::ParcelSent { parcel: 2, warehouse: "Lyon".to_owned(), pieces };
        assert_eq!(said(sent(1), Actor::Warehouse), "Parcel 2 left Lyon with one piece.");
        assert_eq!(said(sent(3), Actor::Warehouse), "Parcel 2 left Lyon with 3 pieces.");
        let amount = Some(Money::new(2_489, Currency::EUR));
        assert_eq!(
            said(Happened::Refunded { amount }, Actor::Store),
            "\u{20ac}24.89 went back to you."
        );
    }

    #[test]
    fn whose_cancellation_came_too_late_is_told_apart() {
        let late = |by| said(Happened::CancelRefused, by);
        assert!(late(Actor::Shopper).starts_with("You wanted"));
        assert!(late(Actor::Staff).starts_with("We wanted"));
    }
}
