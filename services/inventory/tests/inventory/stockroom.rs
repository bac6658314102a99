//! Two warehouses to test in, and short words for what tests say often.

use domain::{
    Country, Sku,
    stock::{Allocation, Demand},
};
use inventory::{Inventory, MIGRATOR, SCHEMA, Warehouse};
use platform::testing::TestDatabase;
use std::time::Duration;

/// Long enough not to run out within a test.
pub const MINUTES: Duration = Duration::from_secs(600);
/// Runs out at once.
pub const NO_TIME: Duration = Duration::ZERO;

/// A database of its own with the warehouses `north` and `south`; `north` goes first.
pub struct Stockroom {
    pub inventory: Inventory,
    pub database: TestDatabase,
}

impl Stockroom {
    /// Empty shelves.
    pub async fn empty() -> Self {
        let database = platform::testing::postgres(SCHEMA, &MIGRATOR).await;
        let inventory = Inventory::new(database.pool.clone());
        let warehouse = |code: &str, priority| Warehouse {
            code: code.to_owned(),
            name: format!("Warehouse {code}"),
            country: Country::DE,
            priority,
        };
        inventory.ensure_warehouses(&[warehouse("north", 1), warehouse("south", 2)]).await.unwrap();
        Self { inventory, database }
    }

    /// Shelves with `(warehouse, sku, pieces)`.
    pub async fn with(stock: &[(&str, &str, u32)]) -> Self {
        let room = Self::empty().await;
        for (warehouse, name, pieces) in stock {
            let lines = [(sku(name), *pieces)];
            room.inventory.receive(warehouse, &lines, "delivery", None).await.unwrap();
        }
        room
    }

    /// What can be bought of one SKU.
    pub async fn available(&self, name: &str) -> u32 {
        self.inventory.availability(&[sku(name)]).await.unwrap()[&sku(name)]
    }

    /// A level's `(on_hand, held, allocated)`.
    pub async fn level(&self, warehouse: &str, name: &str) -> (i64, i64, i64) {
        sqlx::query_as(
            "select on_hand, held, allocated from stock_levels where warehouse = $1 and sku = $2",
        )
        .bind(warehouse)
        .bind(name)
        .fetch_one(&self.database.pool)
        .await
        .unwrap()
    }

    /// The number that a query counts.
    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.database.pool).await.unwrap()
    }

    /// Tries plain SQL that must be refused.
    pub async fn refused(&self, statement: &'static str) -> sqlx::Error {
        sqlx::query(statement).execute(&self.database.pool).await.unwrap_err()
    }

    /// Tries plain SQL and says which constraint refused it.
    pub async fn refused_by(&self, statement: &'static str) -> String {
        let error = self.refused(statement).await;
        let refusal = error.as_database_error().unwrap_or_else(|| panic!("{error}"));
        refusal.constraint().unwrap_or_else(|| panic!("{refusal}")).to_owned()
    }

    /// The levels are the sums of their movements and holds.
    pub async fn assert_books_are_right(&self) {
        assert_eq!(self.inventory.verify().await.unwrap(), []);
    }
}

pub fn sku(name: &str) -> Sku {
    Sku::parse(name).unwrap()
}

pub fn want(name: &str, quantity: u32) -> Demand {
    Demand { sku: sku(name), quantity }
}

pub fn part(warehouse: &str, name: &str, quantity: u32) -> Allocation {
    Allocation { warehouse: warehouse.to_owned(), sku: sku(name), quantity }
}

pub fn order() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}
