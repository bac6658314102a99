//! What is bought: some SKUs that the store sells, with more pieces of each than can be sold in a run.

use crate::{checkout::add_to_cart, http::Client};
use anyhow::ensure;
use sqlx::{PgConnection, Row};
use std::{fmt::Write, path::Path, process::Stdio, rc::Rc};
use tokio::process::Command;

/// How many SKUs are bought in turn: so many that shoppers rarely wait for one another's row.
const VARIETY: usize = 16;
/// How many pieces of each can be sold in every warehouse.
const PIECES: i64 = 1_000_000;

/// A SKU and a warehouse it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Good {
    /// The SKU.
    pub sku: String,
    /// The warehouse.
    pub warehouse: String,
}

/// What is bought, in turn.
#[derive(Debug, Clone)]
pub struct Goods(Rc<[Good]>);

impl Goods {
    /// What is bought at this turn.
    pub fn of_turn(&self, turn: usize) -> &Good {
        &self.0[turn % self.0.len()]
    }

    /// How many SKUs there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Chooses SKUs that the store sells and imports a count of stock for them.
    ///
    /// # Errors
    /// The store sells nothing, or the import fails.
    pub async fn stock_up(
        database: &mut PgConnection,
        store: &str,
        vitrine: &Path,
    ) -> anyhow::Result<Self> {
        let levels = sqlx::query(
            "select sku, warehouse, held + allocated + safety as spoken_for
             from inventory.stock_levels
             order by sku, warehouse",
        )
        .fetch_all(database)
        .await?;
        let (mut chosen, mut count) = (Vec::<Good>::new(), "warehouse,sku,on_hand\n".to_owned());
        let mut client = Client::connect(store).await?;
        let mut passed_over = String::new();
        for level in levels {
            let (sku, warehouse): (String, String) = (level.get(0), level.get(1));
            let is_chosen = chosen.last().is_some_and(|good| good.sku == sku);
            if !is_chosen {
                if chosen.len() == VARIETY {
                    break;
                }
                // Some may be stocked but not sold.
                if sku == passed_over || add_to_cart(&mut client, &sku).await.is_err() {
                    passed_over = sku;
                    continue;
                }
                chosen.push(Good { sku: sku.clone(), warehouse: warehouse.clone() });
            }
            let spoken_for: i64 = level.get(2);
            writeln!(count, "{warehouse},{sku},{}", spoken_for + PIECES)?;
        }
        ensure!(!chosen.is_empty(), "nothing in stock is sold");
        import(vitrine, &count).await?;
        Ok(Self(chosen.into()))
    }
}

async fn import(vitrine: &Path, count: &str) -> anyhow::Result<()> {
    let file = std::env::temp_dir().join(format!("vitrine-bench-stock-{}.csv", std::process::id()));
    tokio::fs::write(&file, count).await?;
    let done = Command::new(vitrine)
        .args(["import", "stock"])
        .arg(&file)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    tokio::fs::remove_file(&file).await?;
    let done = done?;
    ensure!(
        done.status.success(),
        "the import of stock failed: {}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(())
}
