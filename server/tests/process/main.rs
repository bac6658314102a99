//! The binary against real databases: what a request costs them, and what it does when they are away.

mod cart;
mod costs;
mod freshness;
mod life;
mod markup;
mod world;
