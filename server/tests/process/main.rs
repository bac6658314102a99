//! The binary against real databases: what a request costs them, and what it does when they are away.

mod api;
mod books;
mod cart;
mod configuration;
mod costs;
mod doctor;
mod edge;
mod faults;
mod freshness;
mod imports;
mod leftover;
mod life;
mod live;
mod load;
mod markup;
mod proxies;
mod redis;
mod roles;
mod servers;
mod shopper;
mod start;
mod topology;
mod varnish;
mod webhooks;
mod work;
mod world;
