//! How far each source is: for those who fetch from it, and for people who wonder why nothing comes.

use crate::{Error, Inventory, TellError, queries, told::check_source};
use jiff::Timestamp;

/// A source, as far as it was heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedNow {
    /// The highest of its own sequence that was written. What comes below it came late, or the source has begun to
    /// count anew; both are taken.
    pub sequence: Option<i64>,
    /// Where whoever fetches from it goes on.
    pub cursor: Option<String>,
    /// When something of it was written last.
    pub heard_at: Timestamp,
}

impl Inventory {
    /// How far a source is; `None` for one that nothing was ever written of.
    pub async fn find_feed(&self, source: &str) -> Result<Option<FeedNow>, Error> {
        Ok(queries::told::find_feed(&self.pool, source).await?)
    }

    /// Remembers where whoever fetches from a source goes on. To be called after what came before it was applied:
    /// what is fetched twice is written once.
    pub async fn set_feed_cursor(&self, source: &str, cursor: &str) -> Result<(), TellError> {
        check_source(source)?;
        queries::told::set_cursor(&self.pool, source, cursor).await?;
        Ok(())
    }
}
