//! The service over the wire: a real sandbox provider, a real PostgreSQL.

mod books;
mod cancelling;
mod capturing;
mod conformance;
mod database;
mod ledger;
mod paying;
mod reconciling;
mod refunding;
mod trouble;
mod webhooks;
mod wire;
mod world;
