//! What people in the warehouse do: pack parcels, take returns in, put goods on shelves, count. Here is decided
//! what is done next; nothing is written and nobody is told.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::book::{Book, Job, JobKey};
use super::config::Habits;
use super::faults::{Chance, Faults};
use super::record::{Instruction, Line, Move, MoveKind, Pieces, Place, Record};

/// What a supplier brings at most.
const LARGEST_DELIVERY: u64 = 5;

/// All that decides what is done.
pub struct Floor<'a> {
    /// The book as it is.
    pub book: &'a Book,
    /// How people work.
    pub habits: Habits,
    /// What goes wrong.
    pub faults: Faults,
    /// How it goes.
    pub chance: &'a Chance,
    /// The instant.
    pub now: Timestamp,
}

impl Floor<'_> {
    /// The next thing that is due, if there is one.
    pub fn next(&self) -> Option<Record> {
        self.expected_return()
            .or_else(|| self.book.open.iter().find_map(|key| self.of_order(key)))
            .or_else(|| self.delivery())
            .or_else(|| {
                let is_due = self.is_due(self.book.counted_at, self.habits.count_every_ms);
                (self.habits.count_every_ms > 0 && is_due).then(|| self.count())
            })
    }

    /// A count of everything, as people do it: sometimes wrong by one.
    pub fn count(&self) -> Record {
        let levels = self.book.levels.iter().map(|(place, level)| {
            let which = format!("{} {} {}", place.warehouse, place.sku, self.now);
            let is_wrong = self.chance.happens_to(self.faults.miscounts, "miscount", &which);
            let by = if is_wrong { self.one_off("miscounted", &which) } else { 0 };
            Pieces { place: place.clone(), on_hand: (level.shelf + by).max(0) }
        });
        Record::Counted { at: self.now, levels: levels.collect() }
    }

    fn is_due(&self, since: Timestamp, milliseconds: u64) -> bool {
        let wait = SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX));
        self.now.duration_since(since) >= wait
    }

    /// One more or one fewer.
    fn one_off(&self, what: &str, which: &str) -> i64 {
        if self.chance.number(what, which).is_multiple_of(2) { 1 } else { -1 }
    }

    /// A parcel for an order, or what comes back of what was sent for it in vain.
    fn of_order(&self, key: &JobKey) -> Option<Record> {
        let job = self.book.jobs.get(key)?;
        self.sent_in_vain(key, job).or_else(|| self.parcel(key, job))
    }

    fn parcel(&self, (order, warehouse): &JobKey, job: &Job) -> Option<Record> {
        let which = format!("{order} {warehouse} {}", job.parcels);
        let spread = self.habits.pick_ms_most.saturating_sub(self.habits.pick_ms_least);
        let by_chance = self.chance.number("pick", &which) % spread.saturating_add(1);
        if !self.is_due(job.touched_at, self.habits.pick_ms_least + by_chance) {
            return None;
        }
        let is_part = self.chance.happens_to(self.habits.parts, "part", &which);
        let mut moves = Vec::new();
        for (sku, line) in &job.lines {
            let place = Place { warehouse: warehouse.clone(), sku: sku.clone() };
            let level = self.book.levels.get(&place).copied().unwrap_or_default();
            // What the software does not know of is not looked for, and what is not there cannot be taken.
            let can = line.left().min(level.shelf).min(level.known).max(0);
            // The larger half: every parcel has something in it.
            let quantity = if is_part { can - can / 2 } else { can };
            if quantity > 0 {
                let kind = MoveKind::Shipped;
                moves.push(Move { place, kind, quantity, order: Some(*order) });
            }
            if is_part && !moves.is_empty() {
                break;
            }
        }
        if moves.is_empty() {
            return None;
        }
        let slips = moves.iter().filter_map(|movement| {
            let which = format!("{which} {}", movement.place.sku);
            let by = self.one_off("slipped", &which);
            let place = movement.place.clone();
            let slips = self.chance.happens_to(self.faults.slips, "slip", &which);
            slips.then_some(Pieces { place, on_hand: by })
        });
        let slips = slips.collect();
        Some(Record::Moved { at: self.now, moves, slips, closes: None })
    }

    /// The carrier brings back what nobody wants any more.
    fn sent_in_vain(&self, (order, warehouse): &JobKey, job: &Job) -> Option<Record> {
        let since = job.cancelled_at?.max(job.touched_at);
        let back = job.lines.iter().filter(|(_, line)| line.coming_back() > 0);
        let back: Vec<_> = back
            .map(|(sku, line)| Line { sku: sku.clone(), quantity: line.coming_back() })
            .collect();
        if back.is_empty() || !self.is_due(since, self.habits.return_ms) {
            return None;
        }
        let moves = self.taken_in(warehouse, *order, &back);
        Some(Record::Moved { at: self.now, moves, slips: Vec::new(), closes: None })
    }

    fn expected_return(&self) -> Option<Record> {
        let is_due =
            |(since, _): &&(Timestamp, Instruction)| self.is_due(*since, self.habits.return_ms);
        let (_, expected) = self.book.returns.values().find(is_due)?;
        let key = (expected.order, expected.warehouse.clone());
        let job = self.book.jobs.get(&key);
        let mut asked = BTreeMap::<&str, i64>::new();
        for line in &expected.lines {
            *asked.entry(&line.sku).or_default() += line.quantity;
        }
        let back = asked.into_iter().filter_map(|(sku, quantity)| {
            // No more comes back than was sent from here, however often it is expected.
            let sent = job.and_then(|job| job.lines.get(sku));
            let most = sent.map_or(quantity, |line| line.kept());
            let quantity = quantity.min(most);
            (quantity > 0).then(|| Line { sku: sku.to_owned(), quantity })
        });
        let back: Vec<_> = back.collect();
        let moves = self.taken_in(&expected.warehouse, expected.order, &back);
        let closes = Some(expected.id);
        Some(Record::Moved { at: self.now, moves, slips: Vec::new(), closes })
    }

    /// What came back, and of that what can only be thrown away.
    fn taken_in(&self, warehouse: &str, order: uuid::Uuid, lines: &[Line]) -> Vec<Move> {
        let mut moves = Vec::new();
        for Line { sku, quantity } in lines {
            let place = Place { warehouse: warehouse.to_owned(), sku: sku.clone() };
            let waste = (0..*quantity).filter(|piece| {
                let which = format!("{order} {warehouse} {sku} {} {piece}", self.now);
                self.chance.happens_to(self.habits.scrap, "scrap", which)
            });
            let waste = i64::try_from(waste.count()).unwrap_or_default();
            for (kind, quantity) in [(MoveKind::Returned, *quantity), (MoveKind::Scrapped, waste)] {
                if quantity > 0 {
                    moves.push(Move { place: place.clone(), kind, quantity, order: Some(order) });
                }
            }
        }
        moves
    }

    /// A supplier brings something.
    fn delivery(&self) -> Option<Record> {
        let every = self.habits.receive_every_ms;
        if every == 0 || self.book.levels.is_empty() || !self.is_due(self.book.received_at, every) {
            return None;
        }
        let places = u64::try_from(self.book.levels.len()).unwrap_or(1);
        let which = usize::try_from(self.chance.number("delivery", self.now) % places).ok()?;
        let place = self.book.levels.keys().nth(which)?.clone();
        let pieces = 1 + self.chance.number("pieces", self.now) % LARGEST_DELIVERY;
        let quantity = i64::try_from(pieces).ok()?;
        let moves = vec![Move { place, kind: MoveKind::Received, quantity, order: None }];
        Some(Record::Moved { at: self.now, moves, slips: Vec::new(), closes: None })
    }
}
