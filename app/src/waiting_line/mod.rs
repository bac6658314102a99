//! The line before a product drop: its page, which is the same for everyone, and where a visitor stands in it. Who
//! is admitted is decided by the service behind `api`.

#[cfg(feature = "ssr")]
mod api;
mod live;
#[cfg(feature = "ssr")]
mod page;
mod place;

#[cfg(feature = "ssr")]
pub use {
    api::{Announcement, address_of_line, line_of, sold_by},
    page::{LineNotice, LinePage, PlacePage},
};

/// What is said to who wants something before it is their turn.
#[cfg(feature = "ssr")]
pub const WAITING_ROOM: &str = "This is sold by a line, and it is not your turn yet.";
