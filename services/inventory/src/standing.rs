//! How orders stand with the shelves their pieces lie on: what a decision about a hold is made from.
//! Plain values; nothing here touches the database.

use domain::{
    Sku,
    stock::{
        Allocation, BackOrder, Demand, Destination, HoldState, Incoming, Level, Offer, Plan,
        Recipe, Shortage, Site, Strategy, Supply, allocate, in_pieces,
    },
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// All that decisions about some orders are made from. Where one is made from it, the levels are locked until the
/// transaction ends.
#[derive(Debug)]
pub(crate) struct Room {
    /// By SKU and warehouse.
    pub shelves: Vec<Shelf>,
    /// The warehouses that send.
    pub sites: Vec<Site>,
    /// What people call them, by code.
    pub names: BTreeMap<String, String>,
    /// What the bundles that are wanted are made of.
    pub recipes: Vec<Recipe>,
    /// What the latest round of each order has, or had: by shelf.
    pub pieces: HashMap<Uuid, Vec<Piece>>,
}

/// What one level could give, as it stands.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub warehouse: String,
    pub sku: Sku,
    pub level: Level,
    pub incoming: Vec<Incoming>,
}

/// A hold's row.
#[derive(Debug)]
pub(crate) struct Piece {
    /// Which of the room's shelves it lies on.
    pub shelf: usize,
    pub round: i32,
    pub quantity: u32,
    pub state: HoldState,
    pub expired: bool,
}

/// How an order stands: its latest round, and the room.
pub(crate) struct Standing<'a> {
    room: &'a Room,
    pieces: &'a [Piece],
}

impl Room {
    /// How an order stands.
    pub fn standing(&self, reference: Uuid) -> Standing<'_> {
        let pieces = self.pieces.get(&reference).map(Vec::as_slice).unwrap_or_default();
        Standing { room: self, pieces }
    }

    /// The order has these pieces from now on, and what it held before is given back. Whoever is decided about
    /// next finds that much less.
    pub fn replace(&mut self, reference: Uuid, plan: &[Allocation]) {
        for piece in self.pieces.get(&reference).into_iter().flatten() {
            if piece.state == HoldState::Held {
                self.shelves[piece.shelf].level.promised -= i64::from(piece.quantity);
            }
        }
        for part in plan {
            let lies_here =
                |shelf: &&mut Shelf| shelf.sku == part.sku && shelf.warehouse == part.warehouse;
            if let Some(shelf) = self.shelves.iter_mut().find(lies_here) {
                shelf.level.promised += i64::from(part.quantity);
            }
        }
    }
}

impl Standing<'_> {
    fn pieces(&self) -> impl Iterator<Item = (&Shelf, &Piece)> {
        self.pieces.iter().map(|piece| (&self.room.shelves[piece.shelf], piece))
    }

    /// The state of the latest round. Its pieces are held, given back and paid for together; once they are paid
    /// for it is [`HoldState::Allocated`], however many of them were sent or cancelled since. `None` for an
    /// order that never held anything.
    pub fn state(&self) -> Option<HoldState> {
        let state = self.pieces().next().map(|(_, piece)| piece.state)?;
        Some(if state.is_paid() { HoldState::Allocated } else { state })
    }

    pub fn expired(&self) -> bool {
        self.pieces().all(|(_, piece)| piece.expired)
    }

    pub fn next_round(&self) -> i32 {
        self.pieces().next().map_or(1, |(_, piece)| piece.round + 1)
    }

    /// The pieces of the latest round by SKU and warehouse, the order they were read in.
    pub fn allocations(&self) -> Vec<Allocation> {
        let allocation = |(shelf, piece): (&Shelf, &Piece)| Allocation {
            warehouse: shelf.warehouse.clone(),
            sku: shelf.sku.clone(),
            quantity: piece.quantity,
        };
        self.pieces().map(allocation).collect()
    }

    /// What the latest round was for: bundles are their components.
    pub fn demands(&self) -> Vec<Demand> {
        let mut summed = BTreeMap::<&Sku, u32>::new();
        for (shelf, piece) in self.pieces() {
            *summed.entry(&shelf.sku).or_default() += piece.quantity;
        }
        let demand = |(sku, quantity): (&Sku, u32)| Demand { sku: sku.clone(), quantity };
        summed.into_iter().map(demand).collect()
    }

    /// Serves the demands from the shelves. What the order still holds counts as free: it is given back
    /// before.
    pub fn plan(
        &self,
        demands: &[Demand],
        destination: Option<Destination>,
        strategy: Strategy,
    ) -> Result<Plan, Vec<Shortage>> {
        let pieces = in_pieces(demands, &self.room.recipes);
        let is_wanted = |sku: &Sku| pieces.iter().any(|wanted| &wanted.sku == sku);
        let shelves = self.room.shelves.iter().enumerate();
        let supplies: Vec<_> = shelves
            .filter(|(_, shelf)| is_wanted(&shelf.sku))
            .map(|(at, shelf)| shelf.supply(self.held_on(at)))
            .collect();
        let offer = Offer {
            sites: &self.room.sites,
            supplies: &supplies,
            recipes: &self.room.recipes,
            destination,
            strategy,
        };
        allocate(demands, &offer)
    }

    fn held_on(&self, shelf: usize) -> u32 {
        let own = self.pieces.iter().find(|piece| piece.shelf == shelf);
        own.filter(|piece| piece.state == HoldState::Held).map_or(0, |piece| piece.quantity)
    }

    /// Whether the latest round is for exactly these demands.
    pub fn is_for(&self, demands: &[Demand]) -> bool {
        self.demands() == in_pieces(demands, &self.room.recipes)
    }
}

impl Shelf {
    /// What it could give to an order that holds so many of these pieces itself.
    fn supply(&self, own: u32) -> Supply {
        let level = Level { promised: self.level.promised - i64::from(own), ..self.level };
        Supply {
            warehouse: self.warehouse.clone(),
            sku: self.sku.clone(),
            available: level.on_shelf(),
            back_order: BackOrder {
                pieces: level.to_come(),
                owed: level.owed(),
                incoming: self.incoming.clone(),
            },
        }
    }
}
