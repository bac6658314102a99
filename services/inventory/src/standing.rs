//! How an order stands with the shelves its pieces lie on: what a decision about a hold is made from.
//! Plain values; nothing here touches the database.

use domain::{
    Sku,
    stock::{
        Allocation, BackOrder, Demand, Destination, HoldState, Incoming, Level, Offer, Plan,
        Recipe, Shortage, Site, Strategy, Supply, allocate,
    },
};
use std::collections::BTreeMap;

/// What one level could give, as it stands.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub warehouse: String,
    pub sku: Sku,
    pub level: Level,
    pub incoming: Vec<Incoming>,
    /// What the order's latest round has, or had, from this shelf.
    pub piece: Option<Piece>,
}

/// A hold's row.
#[derive(Debug)]
pub(crate) struct Piece {
    pub round: i32,
    pub quantity: u32,
    pub state: HoldState,
    pub expired: bool,
}

/// How an order stands: its latest round, and the shelves it concerns. Where a decision is made from it, all of
/// them are locked until the transaction ends.
#[derive(Debug)]
pub(crate) struct Standing {
    pub shelves: Vec<Shelf>,
    /// The warehouses that send.
    pub sites: Vec<Site>,
    /// What people call them, by code.
    pub names: BTreeMap<String, String>,
    /// What the bundles that are wanted are made of.
    pub recipes: Vec<Recipe>,
}

impl Standing {
    fn pieces(&self) -> impl Iterator<Item = (&Shelf, &Piece)> {
        self.shelves.iter().filter_map(|shelf| Some((shelf, shelf.piece.as_ref()?)))
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
        let supplies: Vec<_> = self.shelves.iter().map(Shelf::supply).collect();
        let offer = Offer {
            sites: &self.sites,
            supplies: &supplies,
            recipes: &self.recipes,
            destination,
            strategy,
        };
        allocate(demands, &offer)
    }

    /// Whether the latest round is for exactly these demands.
    pub fn is_for(&self, demands: &[Demand]) -> bool {
        self.demands() == domain::stock::in_pieces(demands, &self.recipes)
    }
}

impl Shelf {
    fn supply(&self) -> Supply {
        let own = self.piece.as_ref().filter(|piece| piece.state == HoldState::Held);
        let own = own.map_or(0, |piece| i64::from(piece.quantity));
        let level = Level { promised: self.level.promised - own, ..self.level };
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
