//! In what a movement of the provider's list differs from what is known here. Pure: nothing is asked.

use super::{Difference, DifferenceKind};
use crate::{
    Attempt,
    provider::{Movement, MovementKind},
    queries::reconcile::Known,
};
use domain::payment::DisputeState;

/// In what a movement of the provider's list differs from what is known here.
pub(super) fn compare(
    provider: &'static str,
    moved: &Movement,
    mine: Option<&Known>,
) -> Vec<Difference> {
    let kinds = match (mine, moved.kind) {
        (None, _) => vec![DifferenceKind::MissingHere { there: moved.amount, state: None }],
        (Some(mine), MovementKind::Capture) => of_capture(moved, mine),
        (Some(mine), MovementKind::Refund) => of_refund(moved, mine),
        (Some(mine), MovementKind::Dispute | MovementKind::DisputeReversal) => {
            of_dispute(moved, mine)
        }
    };
    let difference = |kind| Difference {
        kind,
        provider,
        movement: moved.kind,
        id: moved.id.clone(),
        payment: moved.payment.clone(),
        order: mine.map(|mine| mine.order),
        is_mended: false,
    };
    kinds.into_iter().map(difference).collect()
}

fn of_capture(moved: &Movement, mine: &Known) -> Vec<DifferenceKind> {
    let Attempt { state, captured, fee, provider_reference, .. } = &mine.attempt;
    let there = moved.amount;
    let Some(here) = captured.filter(|_| provider_reference.as_deref() == Some(&moved.payment))
    else {
        return vec![DifferenceKind::MissingHere { there, state: Some(*state) }];
    };
    let mut found = Vec::new();
    if here != there {
        found.push(DifferenceKind::OtherAmount { here, there });
    }
    if !mine.is_posted {
        found.push(DifferenceKind::NotPosted { amount: here });
    }
    match (*fee, moved.fee) {
        (None, there) => found.push(DifferenceKind::FeeUnknown { there }),
        (Some(here), Some(there)) if here != there => {
            found.push(DifferenceKind::OtherFee { here, there });
        }
        (Some(fee), _) if mine.is_posted && !mine.is_fee_posted && fee.minor() != 0 => {
            found.push(DifferenceKind::NotPosted { amount: fee });
        }
        (Some(_), _) => {}
    }
    found
}

fn of_refund(moved: &Movement, mine: &Known) -> Vec<DifferenceKind> {
    let there = moved.amount;
    let known = mine
        .refunds
        .iter()
        .find(|refund| refund.provider_reference.as_deref() == Some(moved.id.as_str()));
    let Some(refund) = known else {
        return vec![DifferenceKind::MissingHere { there, state: Some(mine.attempt.state) }];
    };
    let mut found = Vec::new();
    if refund.amount != there {
        found.push(DifferenceKind::OtherAmount { here: refund.amount, there });
    }
    if !mine.posted_refunds.contains(&refund.id) {
        found.push(DifferenceKind::NotPosted { amount: refund.amount });
    }
    found
}

fn of_dispute(moved: &Movement, mine: &Known) -> Vec<DifferenceKind> {
    let there = moved.amount;
    let known = mine.disputes.iter().find(|dispute| dispute.provider_reference == moved.id);
    let is_won = moved.kind == MovementKind::DisputeReversal;
    let known = known.filter(|dispute| !is_won || dispute.state == DisputeState::Won);
    let Some(dispute) = known else {
        return vec![DifferenceKind::MissingHere { there, state: Some(mine.attempt.state) }];
    };
    let mut found = Vec::new();
    if dispute.amount != there {
        found.push(DifferenceKind::OtherAmount { here: dispute.amount, there });
    }
    if !mine.posted_disputes.contains(&(dispute.id, is_won)) {
        found.push(DifferenceKind::NotPosted { amount: dispute.amount });
    }
    if let Some(fee) = moved.fee.filter(|fee| !is_won && *fee != dispute.fee) {
        found.push(DifferenceKind::OtherFee { here: dispute.fee, there: fee });
    }
    found
}
