//! Looking up what pages show and the board does not know: for all of them together, so that ten
//! thousand pages that open at once cost a database a few reads.

use super::{
    board::Board,
    news::{Kind, News},
};
use domain::Sku;
use platform::Backoff;
use std::{fmt::Display, future::Future, sync::Arc, time::Duration};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How many SKUs are read at once.
const BATCH: usize = 500;
/// How long a database may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads what is wanted of one kind, one batch after the other, until `stop`. While the database is
/// away the streams stay open, and are told when it is back.
pub async fn look_up<F, E: Display>(
    board: Arc<Board>,
    kind: Kind,
    stop: CancellationToken,
    read: impl Fn(Vec<Sku>) -> F,
) where
    F: Future<Output = Result<Vec<News>, E>>,
{
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    while let Some(skus) = stop.run_until_cancelled(board.wanted(kind, BATCH)).await {
        match timeout(PATIENCE, read(skus.clone())).await {
            Ok(Ok(news)) => {
                board.put_up(&news);
                backoff.reset();
                continue;
            }
            Ok(Err(error)) => tracing::warn!(?kind, %error, "what pages show is not known yet"),
            Err(_) => tracing::warn!(?kind, "what pages show is not known yet: no answer in time"),
        }
        board.want_again(kind, skus);
        stop.run_until_cancelled(backoff.wait()).await;
    }
}
