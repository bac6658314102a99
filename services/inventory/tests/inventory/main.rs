//! The inventory service against a real PostgreSQL, each test with a database of its own.

mod acts;
mod allocating;
mod bundles;
mod constraints;
mod contention;
mod counts;
mod crowd;
mod events;
mod holding;
mod killed;
mod ledger;
mod levels;
mod listing;
mod migrations;
mod partitions;
mod previews;
mod purchases;
mod random_operations;
mod statements;
mod stockroom;
mod sweeping;
mod together;
mod told;
mod transfers;
mod warehouses;
