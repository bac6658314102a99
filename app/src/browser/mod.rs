//! What the islands need of the browser: the parts of the page, events, requests, the kept cart, news.
//! No page and no business rule here, and no crate above `web-sys`.
//!
//! An island of this shop is a behaviour that wakes in the browser beside a piece of HTML that the server
//! rendered, whole and useful without scripts, and says what changes in it. The HTML is written once, in
//! the server's half; the browser gets neither views nor a general JSON decoder to download. See
//! `docs/decisions` for what that saves.
//!
//! All this is compiled for the server too, so that islands are written without conditions, but it is
//! only ever called when an island wakes and from what it hears then, which is in the browser alone. Where
//! a browser denies something (storage, channels), the caller learns that it is not there, and nothing
//! breaks.

mod channel;
mod events;
mod json;
mod location;
mod lock;
mod news;
mod part;
mod random;
pub mod read;
mod send;
mod storage;
mod wake;

pub use channel::Channel;
pub use events::{after, listen, on_passed, on_return};
pub use json::{Json, parse};
pub use location::{go, path, rename};
pub use lock::{alone, begin};
pub use news::Ear;
pub use part::Part;
pub use random::random_name;
pub use send::{Fields, Refused, get, post};
pub use storage::{Denied, keep, kept};
pub use wake::awake;
