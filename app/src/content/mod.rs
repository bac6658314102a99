//! Pages that show nothing for sale: credits, and what is said when a page cannot be shown.

mod api;
mod credits;
mod failure;
mod not_found;
mod too_fast;

pub use credits::CreditsPage;
pub use failure::{Apology, Failure, TITLE as FAILURE_TITLE};
pub use not_found::NotFound;
pub use too_fast::{TITLE as TOO_FAST_TITLE, TooFast};
