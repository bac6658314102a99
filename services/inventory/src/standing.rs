//! How an order stands with the shelves its pieces lie on: what a decision about a hold is made from.
//! Plain values, read under lock; nothing here touches the database.

use domain::{
    Sku,
    stock::{Allocation, Demand, HoldState, Shortage, Supply, allocate},
};
use std::collections::BTreeMap;

/// What one level could give, as it stands under lock.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub warehouse: String,
    pub priority: i32,
    pub sku: Sku,
    /// On hand and neither promised nor kept back; below zero where the safety stock is eaten into.
    pub free: i64,
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

/// How an order stands: its latest round, and the shelves it concerns, all locked until the
/// transaction ends.
pub(crate) struct Standing {
    pub shelves: Vec<Shelf>,
}

impl Standing {
    fn pieces(&self) -> impl Iterator<Item = (&Shelf, &Piece)> {
        self.shelves.iter().filter_map(|shelf| Some((shelf, shelf.piece.as_ref()?)))
    }

    /// The state all pieces of the latest round share; they change it together. `None` for an order
    /// that never held anything.
    pub fn state(&self) -> Option<HoldState> {
        self.pieces().next().map(|(_, piece)| piece.state)
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

    /// What the latest round was for.
    pub fn demands(&self) -> Vec<Demand> {
        let mut summed = BTreeMap::<&Sku, u32>::new();
        for (shelf, piece) in self.pieces() {
            *summed.entry(&shelf.sku).or_default() += piece.quantity;
        }
        let demand = |(sku, quantity): (&Sku, u32)| Demand { sku: sku.clone(), quantity };
        summed.into_iter().map(demand).collect()
    }

    /// Serves the demands from the shelves, by SKU and warehouse. What the order still holds counts
    /// as free: it is given back before.
    pub fn plan(&self, demands: &[Demand]) -> Result<Vec<Allocation>, Vec<Shortage>> {
        let supply = |shelf: &Shelf| {
            let own = shelf.piece.as_ref().filter(|piece| piece.state == HoldState::Held);
            let free = shelf.free + own.map_or(0, |piece| i64::from(piece.quantity));
            Supply {
                warehouse: shelf.warehouse.clone(),
                priority: shelf.priority,
                sku: shelf.sku.clone(),
                available: u32::try_from(free.max(0)).unwrap_or(u32::MAX),
            }
        };
        let supplies: Vec<_> = self.shelves.iter().map(supply).collect();
        let mut plan = allocate(demands, &supplies)?;
        plan.sort_by(|a, b| (&a.sku, &a.warehouse).cmp(&(&b.sku, &b.warehouse)));
        Ok(plan)
    }
}
