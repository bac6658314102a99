//! The software of warehouses over the wire, with a small store that keeps its side of the API.

mod control;
mod durability;
mod orders;
mod shelves;
mod store;
mod storm;
mod world;
