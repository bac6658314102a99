//! A store to try connectors on.

use super::facts::{Levels, OPENING, SKUS, WAREHOUSES, instant};
use crate::{Connector, DeliverError, Delivered, Document, Policy, deliver};
use domain::Country;
use inventory::{
    Answer, Inventory, LevelFilter, MIGRATOR, Mode, SCHEMA, ToldKind, ToldMovement, UnknownSkus,
    Warehouse,
};
use jiff::SignedDuration;
use platform::testing::TestDatabase;

/// A store with something on its shelves, in a database of its own.
pub struct World {
    inventory: Inventory,
    _database: TestDatabase,
}

impl World {
    /// As it is before anything happens.
    pub async fn new() -> Self {
        let database = platform::testing::postgres(SCHEMA, &MIGRATOR).await;
        let inventory = Inventory::new(database.pool.clone());
        let warehouse = |(priority, code): (i32, &str)| Warehouse {
            code: code.to_owned(),
            name: code.to_owned(),
            country: Country::DE,
            priority,
        };
        let warehouses: Vec<_> = (1..).zip(WAREHOUSES).map(warehouse).collect();
        inventory.ensure_warehouses(&warehouses).await.expect("there can be warehouses");
        let before = instant(0).saturating_sub(SignedDuration::from_hours(24)).ok();
        let opening = |(place, sku): (&str, &str)| ToldMovement {
            external_id: format!("{place}/{sku}"),
            sequence: None,
            warehouse: place.to_owned(),
            sku: sku.to_owned(),
            kind: ToldKind::Received,
            quantity: OPENING,
            order: None,
            occurred_at: before,
        };
        let all = WAREHOUSES.iter().flat_map(|place| SKUS.iter().map(move |sku| (*place, *sku)));
        let rows: Vec<_> = all.map(opening).collect();
        let open = UnknownSkus::Open;
        let answers = inventory.apply_movements("opening", Mode::All, open, &rows).await;
        let answers = answers.expect("the shelves can be filled");
        assert!(answers.iter().all(|answer| *answer == Answer::Applied), "{answers:?}");
        Self { inventory, _database: database }
    }

    /// Delivers a document, and sees to it that the books are right after it.
    pub async fn deliver(
        &self,
        connector: &dyn Connector,
        document: &Document<'_>,
        mode: Mode,
    ) -> Result<Result<Delivered, DeliverError>, String> {
        let policy = Policy { mode, unknown: UnknownSkus::Refuse };
        let delivered = deliver(&self.inventory, connector, document, policy).await;
        match self.inventory.verify().await.expect("the books can be read").as_slice() {
            [] => Ok(delivered),
            wrong => Err(format!("the books are wrong: {wrong:?}")),
        }
    }

    /// What lies where.
    pub async fn levels(&self) -> Levels {
        let all = LevelFilter { skus: Vec::new(), warehouses: Vec::new(), after: None, limit: 500 };
        let page = self.inventory.list_levels(&all).await.expect("the levels can be read");
        let level = |level: inventory::LevelNow| {
            ((level.warehouse, level.sku.as_str().to_owned()), level.on_hand)
        };
        page.levels.into_iter().map(level).collect()
    }
}
