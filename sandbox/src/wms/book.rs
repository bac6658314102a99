//! The warehouse's book in memory: what the file's records add up to.
//!
//! The book changes by [`Book::apply`] alone, at start for every record of the file and later for every new one,
//! so that a restart cannot end anywhere else than the running process was. It knows no file and no network.
//!
//! It knows two numbers of each place: what lies on the shelf, which in the world only a count would find, and
//! what the software believes. They differ after a slip or a miscount, until the next count that is right.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::record::{Instruction, InstructionKind, Move, MoveKind, Pieces, Place, Record};

/// What lies somewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Level {
    /// Pieces, as the software believes.
    pub known: i64,
    /// Pieces, in truth.
    pub shelf: i64,
}

/// An order in one warehouse.
pub type JobKey = (Uuid, String);

/// What is to be done for an order in one warehouse, and what was done.
#[derive(Debug, Clone, Default)]
pub struct Job {
    /// When it was heard of, or something was sent for it last.
    pub touched_at: Timestamp,
    /// When it was heard that it is cancelled, if it was.
    pub cancelled_at: Option<Timestamp>,
    /// Parcels sent so far.
    pub parcels: u32,
    /// By SKU.
    pub lines: BTreeMap<String, JobLine>,
}

/// Pieces of one SKU of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobLine {
    /// The store wanted so many sent.
    pub wanted: i64,
    /// And then so many not.
    pub cancelled: i64,
    /// So many left the house.
    pub shipped: i64,
    /// The customer sent so many back.
    pub returned: i64,
    /// The carrier brought so many back that had been sent in vain.
    pub brought_back: i64,
}

impl JobLine {
    /// Pieces to be sent. A cancellation may be heard before what it cancels.
    pub fn left(self) -> i64 {
        (self.wanted - self.cancelled - self.shipped).max(0)
    }

    /// Pieces that were sent and should not have been: they had been cancelled and it was not known yet.
    pub fn in_vain(self) -> i64 {
        (self.shipped - (self.wanted - self.cancelled).max(0)).max(0)
    }

    /// Pieces that the customer has and could send back.
    pub fn kept(self) -> i64 {
        (self.shipped - self.in_vain() - self.returned).max(0)
    }

    /// Pieces of those that were sent in vain that are still to come back.
    pub fn coming_back(self) -> i64 {
        (self.in_vain() - self.brought_back).max(0)
    }
}

/// A movement that the store may not have yet.
#[derive(Debug, Clone)]
pub struct Untold {
    /// Its place in the book's own order.
    pub number: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What it is.
    pub movement: Move,
    /// It was for an order that had been cancelled by then: it is told for none.
    pub too_late: bool,
}

/// A count that the store may not have yet.
#[derive(Debug, Clone)]
pub struct UntoldCount {
    /// As of when it was.
    pub as_of: Timestamp,
    /// What was counted.
    pub counted: BTreeMap<Place, i64>,
}

/// All that the warehouse knows.
#[derive(Debug, Default)]
pub struct Book {
    /// What the book is called.
    pub name: String,
    /// How often the software was started.
    pub lives: u64,
    /// Whether it is known what lay there at first.
    pub is_stocked: bool,
    /// What lies where.
    pub levels: BTreeMap<Place, Level>,
    /// Orders.
    pub jobs: BTreeMap<JobKey, Job>,
    /// Orders with something to be sent or to come back.
    pub open: BTreeSet<JobKey>,
    /// Returns that are expected, with when they were heard of.
    pub returns: BTreeMap<Uuid, (Timestamp, Instruction)>,
    /// What was heard, and whether the store knows so.
    pub heard: HashMap<Uuid, bool>,
    /// Where the feed goes on.
    pub cursor: Option<String>,
    /// Movements that the store may not have.
    pub untold: BTreeMap<i64, Untold>,
    /// Counts that the store may not have, the oldest first.
    pub counts: Vec<UntoldCount>,
    /// When the shelves were counted last, and when goods came.
    pub counted_at: Timestamp,
    /// See `counted_at`.
    pub received_at: Timestamp,
    numbers: i64,
    clock: Timestamp,
}

impl Book {
    /// The next instant: to the microsecond, which is what the store keeps, and never the same twice, so that
    /// of any two things that happen here one is the earlier.
    pub fn tick(&mut self) -> Timestamp {
        let now = Timestamp::from_microsecond(Timestamp::now().as_microsecond());
        let next = self.clock.saturating_add(SignedDuration::from_micros(1));
        let next = next.unwrap_or(Timestamp::MAX);
        self.clock = now.unwrap_or(next).max(next);
        self.clock
    }

    /// The name that the store gets for a movement.
    pub fn external_id(&self, untold: &Untold) -> String {
        let late = if untold.too_late { "-too-late" } else { "" };
        format!("{}-{}{late}", self.name, untold.number)
    }

    /// Takes a record in.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::Started { at, book } => {
                if self.lives == 0 {
                    self.name.clone_from(book);
                    (self.counted_at, self.received_at) = (*at, *at);
                }
                self.lives += 1;
                self.pass(*at);
            }
            Record::Stocked { at, levels } => {
                self.is_stocked = true;
                self.pass(*at);
                for Pieces { place, on_hand } in levels {
                    let level = Level { known: *on_hand, shelf: *on_hand };
                    self.levels.insert(place.clone(), level);
                }
            }
            Record::Heard { at, instructions, cursor } => {
                self.pass(*at);
                for instruction in instructions {
                    self.hear(*at, instruction);
                }
                if cursor.is_some() {
                    self.cursor.clone_from(cursor);
                }
            }
            Record::Acknowledged { ids } => {
                self.heard.extend(ids.iter().map(|id| (*id, true)));
            }
            Record::Moved { at, moves, slips, closes } => {
                self.pass(*at);
                for movement in moves {
                    self.move_pieces(*at, movement, closes.is_some());
                }
                let orders: BTreeSet<_> = moves.iter().filter_map(key_of).collect();
                for key in orders {
                    self.close_if_done(&key);
                }
                for Pieces { place, on_hand } in slips {
                    self.levels.entry(place.clone()).or_default().known += on_hand;
                }
                if let Some(id) = closes {
                    self.returns.remove(id);
                }
            }
            Record::Counted { at, levels } => {
                self.pass(*at);
                self.counted_at = *at;
                let counted =
                    levels.iter().map(|Pieces { place, on_hand }| (place.clone(), *on_hand));
                let counted: BTreeMap<_, _> = counted.collect();
                for (place, pieces) in &counted {
                    self.levels.entry(place.clone()).or_default().known = *pieces;
                    self.forget_counts(|_| true, place);
                }
                self.counts.push(UntoldCount { as_of: *at, counted });
            }
            Record::Told { numbers } => {
                for number in numbers {
                    self.untold.remove(number);
                }
            }
            Record::CameTooLate { numbers } => {
                for number in numbers {
                    if let Some(untold) = self.untold.get_mut(number) {
                        untold.too_late = true;
                    }
                }
            }
            Record::CountTold { as_of, places } => {
                for place in places {
                    self.forget_counts(|count| count.as_of <= *as_of, place);
                }
            }
        }
        self.counts.retain(|count| !count.counted.is_empty());
    }

    fn pass(&mut self, at: Timestamp) {
        self.clock = self.clock.max(at);
    }

    fn forget_counts(&mut self, which: impl Fn(&UntoldCount) -> bool, place: &Place) {
        for count in self.counts.iter_mut().filter(|count| which(count)) {
            count.counted.remove(place);
        }
    }

    fn hear(&mut self, at: Timestamp, instruction: &Instruction) {
        self.heard.entry(instruction.id).or_insert(false);
        let key = (instruction.order, instruction.warehouse.clone());
        match instruction.kind {
            InstructionKind::Unknown => return,
            InstructionKind::TakeBack => {
                self.returns.insert(instruction.id, (at, instruction.clone()));
                return;
            }
            InstructionKind::Send | InstructionKind::Refrain => {}
        }
        let job = self.jobs.entry(key.clone()).or_default();
        if instruction.kind == InstructionKind::Send {
            job.touched_at = at;
        } else {
            job.cancelled_at = Some(at);
        }
        for line in &instruction.lines {
            let known = job.lines.entry(line.sku.clone()).or_default();
            match instruction.kind {
                InstructionKind::Send => known.wanted += line.quantity,
                _ => known.cancelled += line.quantity,
            }
        }
        self.open.insert(key.clone());
        self.close_if_done(&key);
    }

    /// `expected` says that the customer had announced it.
    fn move_pieces(&mut self, at: Timestamp, movement: &Move, expected: bool) {
        self.numbers += 1;
        let (number, movement) = (self.numbers, movement.clone());
        let level = self.levels.entry(movement.place.clone()).or_default();
        level.shelf += movement.adds();
        level.known += movement.adds();
        if movement.kind == MoveKind::Received {
            self.received_at = at;
        }
        let job = key_of(&movement).and_then(|key| self.jobs.get_mut(&key));
        if let Some(job) = job {
            let line = job.lines.entry(movement.place.sku.clone()).or_default();
            match movement.kind {
                MoveKind::Shipped => {
                    line.shipped += movement.quantity;
                    if job.touched_at < at {
                        job.parcels += 1;
                    }
                    job.touched_at = at;
                }
                MoveKind::Returned if expected => line.returned += movement.quantity,
                MoveKind::Returned => line.brought_back += movement.quantity,
                MoveKind::Received | MoveKind::Scrapped => {}
            }
        }
        self.untold.insert(number, Untold { number, at, movement, too_late: false });
    }

    fn close_if_done(&mut self, key: &JobKey) {
        let is_done =
            |job: &Job| job.lines.values().all(|line| line.left() == 0 && line.coming_back() == 0);
        if self.jobs.get(key).is_none_or(is_done) {
            self.open.remove(key);
        }
    }
}

fn key_of(movement: &Move) -> Option<JobKey> {
    Some((movement.order?, movement.place.warehouse.clone()))
}
