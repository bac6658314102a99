//! Facts: what happened in two warehouses, and what is therefore on hand.

use super::Scribe;
use inventory::ToldKind;
use jiff::{SignedDuration, Timestamp};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use std::collections::BTreeMap;

/// The places.
pub const WAREHOUSES: [&str; 2] = ["north", "south"];
/// The goods.
pub const SKUS: [&str; 3] = ["mug", "cup", "pot"];
/// So many of each lie in each place before anything happens.
pub const OPENING: i64 = 1_000;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The source's name for it: a UUID.
    pub id: String,
    /// Where.
    pub warehouse: String,
    /// Of what.
    pub sku: String,
    /// What.
    pub what: What,
    /// When. No two facts have the same instant.
    pub at: Timestamp,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// So many pieces moved so.
    Moved(ToldKind, i64),
    /// So many lay there.
    Counted(i64),
}

impl What {
    /// Whether it is a count.
    pub fn is_count(&self) -> bool {
        matches!(self, Self::Counted(_))
    }
}

/// The instant of the fact with this number: some while ago, for nobody has counted in the future.
pub fn instant(nth: usize) -> Timestamp {
    let begin = Timestamp::from_second(1_736_150_400).unwrap_or_default();
    begin.saturating_add(SignedDuration::from_mins(nth as i64)).unwrap_or(begin)
}

/// A fact about the first goods in the first place.
pub fn fact(random: &mut StdRng, nth: usize, what: What) -> Fact {
    Fact {
        id: uuid::Builder::from_random_bytes(random.random()).into_uuid().to_string(),
        warehouse: WAREHOUSES[0].to_owned(),
        sku: SKUS[0].to_owned(),
        what,
        at: instant(nth),
    }
}

/// So many movements of every kind that the format can say, as they happened.
pub fn movements(random: &mut StdRng, scribe: &dyn Scribe, instants: &[usize]) -> Vec<Fact> {
    let can = |kind: &ToldKind| scribe.can_say(&What::Moved(*kind, 1));
    let kinds: Vec<_> = ToldKind::ALL.into_iter().filter(can).collect();
    let movement = |(place, nth): (usize, &usize)| {
        // Each kind comes, and then any.
        let kind = kinds.get(place).or_else(|| kinds.choose(random)).copied();
        let quantity = random.random_range(1..=9);
        let what = What::Moved(kind.unwrap_or(ToldKind::Received), quantity);
        somewhere(fact(random, *nth, what), random)
    };
    instants.iter().enumerate().map(movement).collect()
}

/// Counts at these instants; none if the format has none.
pub fn counts(random: &mut StdRng, scribe: &dyn Scribe, instants: &[usize]) -> Vec<Fact> {
    let count = |nth: &usize| {
        let what = What::Counted(random.random_range(500..1_500));
        somewhere(fact(random, *nth, what), random)
    };
    let counts: Vec<_> = instants.iter().map(count).collect();
    counts.into_iter().filter(|fact| scribe.can_say(&fact.what)).collect()
}

fn somewhere(fact: Fact, random: &mut StdRng) -> Fact {
    let any = |names: &[&str], random: &mut StdRng| {
        names.choose(random).copied().unwrap_or_default().to_owned()
    };
    Fact { warehouse: any(&WAREHOUSES, random), sku: any(&SKUS, random), ..fact }
}

/// What lies where, by place and goods.
pub type Levels = BTreeMap<(String, String), i64>;

/// What lies where after these facts, in the order in which they happened: this is what a store has to come to,
/// however it is told.
pub fn levels(facts: &[Fact]) -> Levels {
    let all = WAREHOUSES.iter().flat_map(|place| SKUS.iter().map(move |sku| (*place, *sku)));
    let opening = |(place, sku): (&str, &str)| ((place.to_owned(), sku.to_owned()), OPENING);
    let mut levels: Levels = all.map(opening).collect();
    let mut facts: Vec<_> = facts.iter().collect();
    facts.sort_by_key(|fact| fact.at);
    for fact in facts {
        let level = levels.entry((fact.warehouse.clone(), fact.sku.clone())).or_default();
        match fact.what {
            What::Counted(pieces) => *level = pieces,
            What::Moved(kind, pieces) => match kind {
                ToldKind::Shipped | ToldKind::Scrapped | ToldKind::TransferredOut => {
                    *level -= pieces
                }
                ToldKind::Received
                | ToldKind::Adjusted
                | ToldKind::Returned
                | ToldKind::TransferredIn => *level += pieces,
            },
        }
    }
    levels
}
