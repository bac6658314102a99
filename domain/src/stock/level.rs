//! What can be sold of a level, worked out of its numbers.

/// A level's numbers, as far as they say what can be sold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Level {
    /// Pieces that lie there.
    pub on_hand: i64,
    /// Pieces held or allocated.
    pub promised: i64,
    /// Pieces that are kept back from sale.
    pub safety: i64,
    /// How many may be promised beyond what lies there.
    pub back_order_limit: i64,
}

impl Level {
    /// Pieces on the shelf that are neither promised nor kept back.
    pub fn on_shelf(self) -> u32 {
        pieces(self.on_hand - self.promised - self.safety)
    }

    /// Pieces that may still be promised beyond those on the shelf.
    pub fn to_come(self) -> u32 {
        let for_sale = (self.on_hand - self.safety).max(0);
        let beyond = (self.promised - for_sale).max(0);
        pieces(self.back_order_limit - beyond)
    }

    /// Pieces that are promised and not there yet.
    pub fn owed(self) -> u32 {
        pieces(self.promised - self.on_hand)
    }

    /// The lowest `on_hand` with which every promise is within what may be promised.
    pub fn least_on_hand(self) -> i64 {
        (self.promised - self.back_order_limit).max(0)
    }
}

fn pieces(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shelf_is_sold_first_and_then_what_may_be_promised_beyond_it() {
        let mut level = Level { on_hand: 5, promised: 0, safety: 3, back_order_limit: 4 };
        let mut sold = Vec::new();
        for promised in 0..=6 {
            level.promised = promised;
            sold.push((level.on_shelf(), level.to_come(), level.owed()));
        }
        let expected =
            [(2, 4, 0), (1, 4, 0), (0, 4, 0), (0, 3, 0), (0, 2, 0), (0, 1, 0), (0, 0, 1)];
        assert_eq!(sold, expected);
        assert_eq!(level.least_on_hand(), 2);
    }

    #[test]
    fn a_safety_stock_that_is_not_there_costs_nobody_a_back_order() {
        let level = Level { on_hand: 1, promised: 0, safety: 3, back_order_limit: 4 };
        assert_eq!((level.on_shelf(), level.to_come()), (0, 4));
    }
}
