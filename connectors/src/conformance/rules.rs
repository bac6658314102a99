//! The rules about what is told, each with what it takes to find a connector out that breaks it.

use super::{
    Scribe,
    facts::{Fact, OPENING, SKUS, WAREHOUSES, What, counts, fact, levels, movements},
    world::World,
};
use crate::{Became, Connector, DeliverError, Delivered, Document, MOST_ROWS};
use inventory::{Mode, ToldKind, told::MOST_PIECES};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

/// Whether a rule is kept, and if not, how it is broken.
pub type Kept = Result<(), String>;

/// A connector, and what it is tried with.
pub struct Exam<'a> {
    pub connector: &'a dyn Connector,
    pub scribe: &'a dyn Scribe,
    pub seed: u64,
}

/// Broken in this way, unless it is fine.
pub fn ensure(fine: bool, how: impl FnOnce() -> String) -> Kept {
    if fine { Ok(()) } else { Err(how()) }
}

impl Exam<'_> {
    /// The same chances each time.
    pub fn random(&self) -> StdRng {
        StdRng::seed_from_u64(self.seed)
    }

    /// A document of this source.
    pub fn document<'d>(&'d self, source: &'d str, bytes: &'d [u8]) -> Document<'d> {
        Document { source, name: self.scribe.file_name(), bytes }
    }

    /// Delivers a document that can be read.
    pub async fn deliver(
        &self,
        world: &World,
        source: &str,
        bytes: &[u8],
        mode: Mode,
    ) -> Result<Delivered, String> {
        let document = self.document(source, bytes);
        world.deliver(self.connector, &document, mode).await?.map_err(told)
    }

    /// Documents with movements and counts through each other: what happened is spread over all of them.
    pub fn documents(&self, random: &mut StdRng) -> (Vec<Vec<u8>>, Vec<Fact>) {
        let mut instants: Vec<usize> = (0..72).collect();
        instants.shuffle(random);
        let (mut documents, mut all) = (Vec::new(), Vec::new());
        for (nth, instants) in instants.chunks(12).enumerate() {
            let facts = match nth % 3 {
                2 => counts(random, self.scribe, &instants[..4]),
                _ => movements(random, self.scribe, instants),
            };
            if !facts.is_empty() {
                documents.push(self.scribe.write(&facts));
            }
            all.extend(facts);
        }
        (documents, all)
    }

    pub async fn says_what_was_written(&self) -> Kept {
        let mut random = self.random();
        let instants: Vec<usize> = (0..40).collect();
        let moved = movements(&mut random, self.scribe, &instants[..30]);
        let counted = counts(&mut random, self.scribe, &instants[30..]);
        let world = World::new().await;
        let mut told = Vec::new();
        // Looked at in between: what was counted hides what was told before.
        for facts in [moved, counted].into_iter().filter(|facts| !facts.is_empty()) {
            self.deliver(&world, "wms", &self.scribe.write(&facts), Mode::All).await?;
            told.extend(facts);
            let (found, expected) = (world.levels().await, levels(&told));
            ensure(found == expected, || format!("{found:?} lie there, and {expected:?} should"))?;
        }
        Ok(())
    }

    pub async fn told_twice_is_told_once(&self) -> Kept {
        let (documents, facts) = self.documents(&mut self.random());
        let world = World::new().await;
        for bytes in &documents {
            self.deliver(&world, "wms", bytes, Mode::Each).await?;
            let levels = world.levels().await;
            let again = self.deliver(&world, "wms", bytes, Mode::Each).await?;
            ensure(world.levels().await == levels, || "told again, it moves something".to_owned())?;
            ensure(news(&again).is_empty(), || {
                format!("told again, it is new: {:?}", news(&again))
            })?;
        }
        ensure(world.levels().await == levels(&facts), || {
            "it does not come to what happened".to_owned()
        })
    }

    pub async fn rows_in_any_order(&self) -> Kept {
        let mut random = self.random();
        let instants: Vec<usize> = (0..30).collect();
        for facts in [
            movements(&mut random, self.scribe, &instants),
            counts(&mut random, self.scribe, &instants),
        ] {
            if facts.is_empty() {
                continue;
            }
            let mut shuffled = facts.clone();
            shuffled.shuffle(&mut random);
            let (straight, shuffled) = (self.scribe.write(&facts), self.scribe.write(&shuffled));
            let world = World::new().await;
            self.deliver(&world, "wms", &shuffled, Mode::Each).await?;
            let (found, expected) = (world.levels().await, levels(&facts));
            ensure(found == expected, || format!("shuffled, {found:?} and not {expected:?}"))?;
            let again = self.deliver(&world, "wms", &straight, Mode::Each).await?;
            ensure(world.levels().await == expected && news(&again).is_empty(), || {
                format!("in another order it is not the same any more: {:?}", news(&again))
            })?;
        }
        Ok(())
    }

    pub async fn documents_in_any_order(&self) -> Kept {
        let mut random = self.random();
        let (mut documents, facts) = self.documents(&mut random);
        let expected = levels(&facts);
        for _ in 0..3 {
            documents.shuffle(&mut random);
            let world = World::new().await;
            for bytes in &documents {
                self.deliver(&world, "wms", bytes, Mode::Each).await?;
            }
            let found = world.levels().await;
            ensure(found == expected, || format!("{found:?} and not {expected:?}"))?;
        }
        Ok(())
    }

    pub async fn sources_have_names_of_their_own(&self) -> Kept {
        let mut random = self.random();
        let facts = movements(&mut random, self.scribe, &[1, 2, 3, 4, 5, 6, 7, 8]);
        let bytes = self.scribe.write(&facts);
        let world = World::new().await;
        for source in ["wms-north", "wms-south"] {
            self.deliver(&world, source, &bytes, Mode::All).await?;
        }
        let (found, once) = (world.levels().await, levels(&facts));
        let twice = once.into_iter().map(|(at, level)| (at, level + level - OPENING)).collect();
        ensure(found == twice, || format!("{found:?} and not {twice:?}"))
    }

    pub async fn every_row_is_answered_once(&self) -> Kept {
        let mut random = self.random();
        let mut facts = movements(&mut random, self.scribe, &[1, 2, 3, 4, 5, 6, 7, 8]);
        facts[2].sku = "unheard-of".to_owned();
        let bytes = self.scribe.write_unreadable(&facts, 5);
        let world = World::new().await;
        for _ in 0..2 {
            let delivered = self.deliver(&world, "wms", &bytes, Mode::Each).await?;
            let (items, rows) = (delivered.items.len(), facts.len());
            ensure(items == rows, || format!("{rows} rows have {items} answers"))?;
            for (nth, item) in delivered.items.iter().enumerate() {
                let fits = match &item.became {
                    Became::Told(rows) => nth != 5 && rows.len() == 1,
                    Became::Refused(_) => nth == 5,
                    Became::Skipped { .. } => false,
                };
                ensure(fits, || format!("the answer in place {nth} is {item:?}"))?;
            }
            let answers = self.connector.answer(&delivered);
            let answers = String::from_utf8_lossy(&answers);
            for Fact { id, .. } in &facts {
                let times = answers.matches(id.as_str()).count();
                ensure(times == 1, || format!("{id} is answered {times} times in {answers}"))?;
            }
        }
        Ok(())
    }

    pub async fn what_cannot_be_is_told(&self) -> Kept {
        let mut random = self.random();
        let received = |pieces| What::Moved(ToldKind::Received, pieces);
        let mut odd = |nth, pieces, warehouse: &str, sku: &str| Fact {
            warehouse: warehouse.to_owned(),
            sku: sku.to_owned(),
            ..fact(&mut random, nth, received(pieces))
        };
        let ([north, _], [mug, ..]) = (WAREHOUSES, SKUS);
        let facts = [
            odd(1, 5, north, mug),
            odd(2, 5, "moon", mug),
            odd(3, 5, north, "unheard-of"),
            odd(4, -5, north, mug),
            odd(5, 0, north, mug),
            odd(6, MOST_PIECES + 1, north, mug),
            odd(7, i64::MAX, north, mug),
            odd(8, i64::MIN, north, mug),
            odd(9, 7, north, mug),
        ];
        let world = World::new().await;
        let delivered = self.deliver(&world, "wms", &self.scribe.write(&facts), Mode::Each).await?;
        let told: Vec<_> = delivered.items.iter().map(code).collect();
        let absurd = "absurd_quantity";
        let expected = [
            "applied",
            "unknown_warehouse",
            "unknown_sku",
            absurd,
            absurd,
            absurd,
            absurd,
            absurd,
            "applied",
        ];
        ensure(told == expected, || format!("they are told {told:?}"))?;
        let expected = levels(&[facts[0].clone(), facts[8].clone()]);
        let found = world.levels().await;
        ensure(found == expected, || format!("{found:?} and not {expected:?}"))
    }

    pub async fn all_or_nothing(&self) -> Kept {
        let mut random = self.random();
        let facts = movements(&mut random, self.scribe, &[1, 2, 3, 4, 5, 6]);
        let mut unknown = facts.clone();
        unknown[3].sku = "unheard-of".to_owned();
        let world = World::new().await;
        let before = world.levels().await;
        for bytes in [self.scribe.write_unreadable(&facts, 3), self.scribe.write(&unknown)] {
            let delivered = self.deliver(&world, "wms", &bytes, Mode::All).await?;
            let found = delivered.tally();
            ensure(found.applied == 0 && found.refused == facts.len(), || format!("{found:?}"))?;
            ensure(world.levels().await == before, || "something is told all the same".to_owned())?;
        }
        self.deliver(&world, "wms", &self.scribe.write(&facts), Mode::All).await?;
        let (found, expected) = (world.levels().await, levels(&facts));
        ensure(found == expected, || format!("{found:?} and not {expected:?}"))
    }

    pub async fn too_many_rows_are_refused(&self) -> Kept {
        let mut random = self.random();
        let one = |nth| fact(&mut random, nth, What::Moved(ToldKind::Received, 1));
        let facts: Vec<_> = (0..=MOST_ROWS).map(one).collect();
        let bytes = self.scribe.write(&facts);
        let world = World::new().await;
        let before = world.levels().await;
        let document = self.document("wms", &bytes);
        let delivered = world.deliver(self.connector, &document, Mode::Each).await?;
        let refused = matches!(delivered, Err(DeliverError::Unreadable(_)));
        ensure(refused, || format!("{} rows are taken", facts.len()))?;
        ensure(world.levels().await == before, || "something is told all the same".to_owned())
    }
}

/// What became of an item of one row, in a word.
pub fn code(item: &crate::ItemAnswer) -> &'static str {
    match &item.became {
        Became::Told(rows) => rows.first().map_or("nothing", |row| row.outcome.code()),
        Became::Skipped { code, .. } => code,
        Became::Refused(fault) => fault.code,
    }
}

/// Of what was told before, what passed for something else.
fn news(delivered: &Delivered) -> Vec<&'static str> {
    let codes = delivered.items.iter().map(code);
    codes.filter(|code| NEWS.contains(code)).collect()
}

const NEWS: [&str; 4] = ["applied", "applied_before_count", "adjusted", "conflict"];

fn told(error: DeliverError) -> String {
    match error {
        DeliverError::Unreadable(faults) => format!("it cannot be read: {faults:?}"),
        error => error.to_string(),
    }
}
