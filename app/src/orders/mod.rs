//! Orders as their buyers see them: a page that reads like a letter, open to whoever holds its key.

#[cfg(feature = "ssr")]
mod api;
#[cfg(feature = "ssr")]
mod course;
mod live;
#[cfg(feature = "ssr")]
mod markup;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod papers;
#[cfg(feature = "ssr")]
mod promise;
#[cfg(feature = "ssr")]
mod returns;
mod standing;
#[cfg(feature = "ssr")]
mod words;

#[cfg(feature = "ssr")]
pub use {page::OrderPage, promise::moment_in_words};
