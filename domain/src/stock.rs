//! Stock: how much of it there is in words, the lives of holds and of what moves between warehouses, and the
//! allocator that says from which warehouses a wish is served. Levels and holds themselves live in the
//! inventory service.

mod allocator;
mod demand;
mod hours;
mod level;
mod life;
mod place;
mod plan;
mod search;

pub use allocator::{BackOrder, Destination, Incoming, Offer, Site, Strategy, Supply, allocate};
pub use demand::{Allocation, Demand, Recipe, Shortage, in_pieces, sum_demands};
pub use hours::{Hours, WorkingDays};
pub use level::Level;
pub use life::{HoldState, PurchaseState, TransferState};
pub use place::Place;
pub use plan::{Decided, Parcel, ParcelLine, Plan};

use serde::{Deserialize, Serialize};

/// How much there is, as far as a shopper needs to know. Cached pages are made anew only when this
/// changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "class")]
pub enum StockClass {
    /// Plenty.
    InStock,
    /// So few that it is worth saying.
    FewLeft {
        /// How many can still be bought.
        left: u32,
    },
    /// None.
    SoldOut,
}

impl StockClass {
    /// Up to this many are "few left".
    pub const FEW: u32 = 5;

    /// The class of a number of pieces that can be bought.
    pub fn of(available: u32) -> Self {
        match available {
            0 => Self::SoldOut,
            1..=Self::FEW => Self::FewLeft { left: available },
            _ => Self::InStock,
        }
    }

    /// Whether at least one can be bought.
    pub fn is_available(self) -> bool {
        self != Self::SoldOut
    }

    /// The words for it.
    pub fn label(self) -> String {
        match self {
            Self::InStock => "In stock".to_owned(),
            Self::FewLeft { left } => format!("Only {left} left"),
            Self::SoldOut => "Sold out".to_owned(),
        }
    }
}
