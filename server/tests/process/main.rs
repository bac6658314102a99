//! The binary against real databases: what a request costs them, and what it does when they are away.

mod costs;
mod edge;
mod freshness;
mod imports;
mod life;
mod world;
