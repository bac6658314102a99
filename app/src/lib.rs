//! The store's pages. With `ssr` they are rendered on the server, whole and readable without
//! scripts; with `hydrate` only the islands are compiled, for the browser.
//!
//! One folder for each family of pages, with its islands and one `api.rs`: there, and nowhere else,
//! a service is named. What all pages share lies in `ui`. How a page is cached, compressed and
//! protected is the server's business.

// A view is one nested type; that of an island with a dialog in it is deeper than the usual limit.
#![recursion_limit = "256"]

pub mod address;
pub mod browser;
pub mod cart;
pub mod catalogue;
pub mod checkout;
pub mod error;
pub mod orders;
pub mod waiting_line;

mod shelf;

#[cfg(feature = "ssr")]
pub mod content;
#[cfg(feature = "ssr")]
pub mod home;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod services;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
pub mod ui;

#[cfg(feature = "ssr")]
pub use {
    routes::App,
    shell::{FONT, failure_document, own_scripts, shell, too_fast_document},
};
