//! The provider's own list of a day beside what is known and posted here, and what explains each difference.
//!
//! What is listed there is looked for here whenever it was recorded; what was recorded here on that day and
//! is not listed there is asked for by name, because the two clocks may have midnight between them.

use crate::{
    Attempt, Error, Payments, ProviderError, RefundState,
    provider::{Lookup, Movement, MovementKind},
    queries::{self, reconcile::Known},
};
use domain::{money::Money, payment::AttemptState};
use jiff::civil::Date;
use std::{collections::HashMap, fmt};
use uuid::Uuid;

/// What came of comparing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciled {
    /// How many movements the provider listed.
    pub movements: usize,
    /// What differed, those that were mended among them.
    pub differences: Vec<Difference>,
}

impl Reconciled {
    /// Whether the two agree, now that what could be mended is.
    pub fn agrees(&self) -> bool {
        self.differences.iter().all(|difference| difference.is_mended)
    }
}

/// Something that is not the same here and there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In what they differ.
    pub kind: DifferenceKind,
    /// What moved the money.
    pub movement: MovementKind,
    /// The provider's name for what moved it.
    pub id: String,
    /// The provider's name for the payment.
    pub payment: String,
    /// The order whose payment it is, if it is one of ours.
    pub order: Option<Uuid>,
    /// Whether it is gone since.
    pub is_mended: bool,
}

/// In what they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifferenceKind {
    /// The provider moved it, and here nothing or something else is known of that.
    MissingHere {
        /// How much there.
        there: Money,
        /// Where the attempt is here, if there is one.
        state: Option<AttemptState>,
    },
    /// It is recorded here, and the provider does not know of it.
    MissingThere {
        /// How much here.
        here: Money,
    },
    /// Both know of it, with another amount.
    OtherAmount {
        /// How much here.
        here: Money,
        /// How much there.
        there: Money,
    },
    /// It is recorded here and not in the ledger.
    NotPosted {
        /// How much.
        amount: Money,
    },
    /// What the provider keeps for itself of it is not known here.
    FeeUnknown {
        /// What the provider says by now, if it does.
        there: Option<Money>,
    },
    /// The provider keeps something else of it than it said.
    OtherFee {
        /// What is posted here.
        here: Money,
        /// What the provider says.
        there: Money,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moved = match self.movement {
            MovementKind::Capture => "taken",
            MovementKind::Refund => "given back",
        };
        write!(f, "{}: ", self.id)?;
        match self.kind {
            DifferenceKind::MissingHere { there, .. } if self.order.is_none() => {
                write!(f, "missing here: {there} {moved} of {}, no payment of ours", self.payment)
            }
            DifferenceKind::MissingHere { there, state: Some(state) } => {
                let state = state.as_str();
                write!(f, "missing here: {there} {moved}, not recorded; the attempt is {state}")
            }
            DifferenceKind::MissingHere { there, state: None } => {
                write!(f, "missing here: {there} {moved}, not recorded")
            }
            DifferenceKind::MissingThere { here } => {
                write!(f, "missing there: {here} {moved} as recorded here, not by the provider")
            }
            DifferenceKind::OtherAmount { here, there } => {
                write!(f, "other amount: {here} {moved} here, {there} there")
            }
            DifferenceKind::NotPosted { amount } => {
                write!(f, "not posted: {amount} {moved}, recorded and not in the ledger")
            }
            DifferenceKind::FeeUnknown { there: Some(fee) } => {
                write!(f, "fee unknown: the provider keeps {fee}, not recorded here")
            }
            DifferenceKind::FeeUnknown { there: None } => {
                write!(f, "fee unknown: the provider does not say yet what it keeps")
            }
            DifferenceKind::OtherFee { here, there } => {
                write!(f, "other fee: {here} recorded here, {there} kept by the provider")
            }
        }?;
        match self.order {
            Some(order) => write!(f, " (order {order})"),
            None => Ok(()),
        }
    }
}

impl Payments {
    /// Compares what the provider moved on a day (in UTC) with what is recorded and posted here.
    ///
    /// # Errors
    /// The provider's or the database's: nothing was compared then.
    pub async fn reconcile(&self, day: Date) -> Result<Reconciled, Error> {
        let listed = self.list_whole(day).await?;
        let mut ids: Vec<Uuid> =
            listed.iter().filter_map(|moved| moved.reference.parse().ok()).collect();
        ids.extend(queries::reconcile::moved_on(&self.pool, self.provider.name(), day).await?);
        let known = queries::reconcile::load(&self.pool, self.provider.name(), &ids).await?;
        let known: HashMap<Uuid, Known> =
            known.into_iter().map(|known| (known.attempt.id, known)).collect();
        let mut differences = Vec::new();
        for moved in &listed {
            let mine = moved.reference.parse().ok().and_then(|id: Uuid| known.get(&id));
            differences.extend(compare(moved, mine));
        }
        for mine in known.values() {
            differences.extend(self.missing_there(mine, &listed).await?);
        }
        differences.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Reconciled { movements: listed.len(), differences })
    }

    /// As [`Payments::reconcile`], then asks the provider about every payment of ours that differed, records
    /// and posts what it says, and compares once more. What belongs to the orders is still to be done.
    ///
    /// # Errors
    /// As [`Payments::reconcile`]. A payment that cannot be mended is logged and stays a difference.
    pub async fn reconcile_and_mend(&self, day: Date) -> Result<Reconciled, Error> {
        let mut before = self.reconcile(day).await?;
        for difference in &before.differences {
            let Some(order) = difference.order else { continue };
            if let Err(error) = self.mend(order, &difference.payment).await {
                tracing::error!(%order, payment = difference.payment, %error, "not mended");
            }
        }
        let after = self.reconcile(day).await?;
        for difference in &mut before.differences {
            difference.is_mended = !after.differences.contains(difference);
        }
        // What came up meanwhile is told too.
        for difference in after.differences {
            if !before.differences.contains(&difference) {
                before.differences.push(difference);
            }
        }
        Ok(before)
    }

    async fn mend(&self, order: Uuid, payment: &str) -> Result<(), Error> {
        let Some(payment) = self.provider.find(Lookup::Id(payment)).await? else { return Ok(()) };
        let Ok(reference) = payment.reference.parse::<Uuid>() else { return Ok(()) };
        let provider = self.provider.name();
        let known = queries::attempts::find_with_order(&self.pool, reference, provider).await?;
        let Some((attempt, _)) = known else { return Ok(()) };
        let attempt = self.record(&attempt, &payment).await?;
        if attempt.state != AttemptState::Succeeded {
            return Ok(());
        }
        self.post_capture(order).await?;
        self.post_fee(&attempt).await?;
        self.finish_refunds(order).await?;
        self.post_made_refunds(order, &payment).await?;
        self.post_lost_refunds(order).await?;
        Ok(())
    }

    /// Everything that the provider lists of a day.
    async fn list_whole(&self, day: Date) -> Result<Vec<Movement>, Error> {
        let mut movements = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let part = self.provider.list(day, cursor.as_deref()).await?;
            movements.extend(part.movements);
            match part.next {
                None => return Ok(movements),
                Some(next) if Some(&next) == cursor.as_ref() => {
                    let reason = format!("its list does not go on after {next:?}");
                    return Err(ProviderError::Unknown { reason }.into());
                }
                next => cursor = next,
            }
        }
    }

    /// What is recorded here, is not on the provider's list, and is not known to it when it is asked.
    async fn missing_there(
        &self,
        mine: &Known,
        listed: &[Movement],
    ) -> Result<Vec<Difference>, Error> {
        let is_listed =
            |kind, id: &str| listed.iter().any(|moved| moved.kind == kind && moved.id == id);
        let Some(payment) = mine.attempt.provider_reference.clone() else { return Ok(Vec::new()) };
        let capture = mine
            .attempt
            .captured
            .filter(|_| !is_listed(MovementKind::Capture, &payment))
            .map(|amount| (MovementKind::Capture, payment.clone(), amount));
        let refunds = mine.refunds.iter().filter(|refund| refund.state == RefundState::Succeeded);
        let refunds = refunds.filter_map(|refund| {
            let id = refund.provider_reference.clone()?;
            let is_unlisted = !is_listed(MovementKind::Refund, &id);
            is_unlisted.then_some((MovementKind::Refund, id, refund.amount))
        });
        let unlisted: Vec<_> = capture.into_iter().chain(refunds).collect();
        if unlisted.is_empty() {
            return Ok(Vec::new());
        }
        let there = self.provider.find(Lookup::Id(&payment)).await?;
        let is_known = |kind: &MovementKind, id: &str, amount: &Money| {
            there.as_ref().is_some_and(|there| match kind {
                MovementKind::Capture => there.captured == *amount,
                MovementKind::Refund => {
                    there.refunds.iter().any(|refund| refund.id == id && refund.amount == *amount)
                }
            })
        };
        Ok(unlisted
            .into_iter()
            .filter(|(kind, id, amount)| !is_known(kind, id, amount))
            .map(|(movement, id, here)| Difference {
                kind: DifferenceKind::MissingThere { here },
                movement,
                id,
                payment: payment.clone(),
                order: Some(mine.order),
                is_mended: false,
            })
            .collect())
    }
}

/// In what a movement of the provider's list differs from what is known here.
fn compare(moved: &Movement, mine: Option<&Known>) -> Vec<Difference> {
    let kinds = match (mine, moved.kind) {
        (None, _) => vec![DifferenceKind::MissingHere { there: moved.amount, state: None }],
        (Some(mine), MovementKind::Capture) => of_capture(moved, mine),
        (Some(mine), MovementKind::Refund) => of_refund(moved, mine),
    };
    let difference = |kind| Difference {
        kind,
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
