//! The reference for checkouts: the 16 rows that an order leaves behind and their 10 changes, written by
//! one transaction in one round trip, without a shop around it. The tables are copies of the store's,
//! with its columns, checks and indexes but without triggers and foreign keys, in a schema of their own,
//! and go when the run is over.

use crate::{
    goods::Goods,
    load::{Worker, Workload},
};
use sqlx::{Connection, PgConnection};

/// Bare transactions on the store's database.
pub struct Transactions {
    /// The database.
    pub url: String,
    /// What is bought, in turn.
    pub goods: Goods,
}

impl Transactions {
    /// Makes the tables and the function that writes an order.
    ///
    /// # Errors
    /// The store's tables are no longer what `transaction.sql` copies.
    pub async fn prepare(&self, database: &mut PgConnection) -> sqlx::Result<()> {
        sqlx::raw_sql(include_str!("transaction.sql")).execute(&mut *database).await?;
        Ok(())
    }

    /// Takes the tables away.
    ///
    /// # Errors
    /// The database is away.
    pub async fn clear(url: &str) -> sqlx::Result<()> {
        let mut database = PgConnection::connect(url).await?;
        sqlx::raw_sql("drop schema if exists bench cascade").execute(&mut database).await?;
        database.close().await
    }
}

/// One connection that writes orders.
pub struct Writer {
    database: PgConnection,
    goods: Goods,
    turn: usize,
}

impl Workload for Transactions {
    type Worker = Writer;

    async fn worker(&self, index: usize) -> anyhow::Result<Writer> {
        let database = PgConnection::connect(&self.url).await?;
        Ok(Writer { database, goods: self.goods.clone(), turn: index })
    }
}

impl Worker for Writer {
    async fn once(&mut self) -> anyhow::Result<()> {
        let good = self.goods.of_turn(self.turn);
        self.turn += 1;
        sqlx::query("select bench.write_an_order($1, $2)")
            .bind(&good.sku)
            .bind(&good.warehouse)
            .execute(&mut self.database)
            .await?;
        Ok(())
    }
}
