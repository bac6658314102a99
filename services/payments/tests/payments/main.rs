//! The service over the wire: a real sandbox provider, a real PostgreSQL.

mod books;
mod cancelling;
mod capturing;
mod choosing;
mod conformance;
mod database;
mod disputing;
mod inbox;
mod ledger;
mod paying;
mod reconciling;
mod refunding;
mod trouble;
mod webhooks;
mod wire;
mod world;
