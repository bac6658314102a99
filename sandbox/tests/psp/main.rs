//! The sandbox payment provider over the wire, with a small shop that receives its webhooks.

mod api;
mod authorisations;
mod durability;
mod faults;
mod movements;
mod pages;
mod shop;
mod tokens;
mod webhooks;
mod world;
