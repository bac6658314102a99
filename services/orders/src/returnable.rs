//! What of an order can be sent back, and whether what is asked for and what was accepted fits that. Plain values; nothing
//! here asks a database.

use crate::{
    ReturnFailure,
    queries::{parcels::ParcelRecord, returns::ReturnRecord},
    record::LineRecord,
};
use domain::{Sku, order::ReturnWish};
use std::collections::BTreeMap;

/// How many pieces of each line can still be sent back: those that were sent under the line's own SKU, less what is
/// announced already. What was sent as a part of a bundle is none of them: what it cost alone the order does not say.
pub(crate) fn returnable(
    lines: &[LineRecord],
    parcels: &[ParcelRecord],
    known: &[ReturnRecord],
) -> BTreeMap<String, u32> {
    let left = |line: &LineRecord| {
        let sent = parcels.iter().filter(|sent| sent.sku == line.sku);
        let sent: i32 = sent.map(|sent| sent.quantity).sum();
        let back = known.iter().filter(|back| back.sku == line.sku);
        let back: i32 = back.map(|back| back.quantity).sum();
        let left = sent.min(line.quantity) - back;
        u32::try_from(left).ok().filter(|left| *left > 0).map(|left| (line.sku.clone(), left))
    };
    lines.iter().filter_map(left).collect()
}

/// Whether these lines of a return are what is asked for.
pub(crate) fn is_same(lines: &[&ReturnRecord], wishes: &[ReturnWish]) -> bool {
    let wished = |line: &&ReturnRecord| {
        wishes.iter().any(|wish| {
            (wish.sku.as_str(), wish.quantity, wish.reason.as_str())
                == (&*line.sku, line.quantity.unsigned_abs(), &*line.reason)
        })
    };
    lines.len() == wishes.len() && lines.iter().all(wished)
}

/// Whether so much can be sent back.
pub(crate) fn check(
    wishes: &[ReturnWish],
    left: &BTreeMap<String, u32>,
) -> Result<(), ReturnFailure> {
    let mut seen = Vec::new();
    for ReturnWish { sku, quantity, .. } in wishes {
        if *quantity == 0 || seen.contains(&sku) {
            return Err(ReturnFailure::Nothing);
        }
        seen.push(sku);
        let left = left.get(sku.as_str()).copied().unwrap_or_default();
        if *quantity > left {
            return Err(ReturnFailure::TooMany { sku: sku.clone(), left });
        }
    }
    if seen.is_empty() { Err(ReturnFailure::Nothing) } else { Ok(()) }
}

/// What was accepted of each line of a return.
pub(crate) fn verdict<'a>(
    ours: &'a [ReturnRecord],
    accepted: &[(Sku, u32)],
) -> Result<Vec<(&'a str, i64)>, ReturnFailure> {
    for (sku, pieces) in accepted {
        let line = ours.iter().find(|line| line.sku == sku.as_str());
        let left = line.map_or(0, |line| line.quantity.unsigned_abs());
        if *pieces > left {
            return Err(ReturnFailure::TooMany { sku: sku.clone(), left });
        }
    }
    let taken = |line: &'a ReturnRecord| {
        let named = accepted.iter().find(|(sku, _)| sku.as_str() == line.sku);
        (line.sku.as_str(), named.map_or(0, |(_, pieces)| i64::from(*pieces)))
    };
    Ok(ours.iter().map(taken).collect())
}
