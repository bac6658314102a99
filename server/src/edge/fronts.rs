//! Caches in front of the store that are told what has changed: Varnish, as `deploy/varnish` configures it.
//! They are told once every node has taken the change in, or they would fetch the older page again. One
//! that cannot be told serves what it has for as long as a page says that it may
//! (`edge.shared_cache_seconds`).

use super::{PageStore, Purge, shared::Purged};
use axum::http::Method;
use futures::future::join_all;
use platform::Backoff;
use reqwest::{Client, StatusCode, Url};
use std::{sync::Arc, time::Duration};

/// How long every node may take to take a change in before the caches in front are told all the same.
const SETTLED_WITHIN: Duration = Duration::from_secs(3);
/// How long a cache may take to answer, and how often it is asked.
const ANSWER: Duration = Duration::from_secs(2);
const TRIES: usize = 3;
/// So many bytes of tags go into one request: a header may have about eight thousand.
const TAGS: usize = 6_000;

/// Purges pages wherever they are kept: in the shared cache, on every node, and in front of them. Cheap to
/// clone.
#[derive(Clone)]
pub struct Purger {
    pages: PageStore,
    fronts: Arc<[Url]>,
    client: Client,
}

impl Purger {
    /// Purges these pages, also in the caches with these addresses.
    pub fn new(pages: PageStore, fronts: &[Url]) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().timeout(ANSWER).build()?;
        Ok(Self { pages, fronts: fronts.into(), client })
    }

    /// Says that what carries one of these tags has changed.
    ///
    /// # Errors
    /// Redis's alone: what a cache in front was not told is logged, and expires there.
    pub async fn purge(&self, tags: &[String], how: Purge) -> redis::RedisResult<Purged> {
        let purged = self.pages.purge(tags, how).await?;
        if !self.fronts.is_empty() {
            let behind = self.pages.wait_until_settled(purged.number, SETTLED_WITHIN).await?;
            if !behind.is_empty() {
                tracing::warn!(?behind, "not every node has taken a change in");
            }
            self.tell_fronts(tags, how).await;
        }
        Ok(purged)
    }

    /// Tells the caches in front, all at the same time.
    pub async fn tell_fronts(&self, tags: &[String], how: Purge) {
        let requests = in_requests(tags);
        join_all(self.fronts.iter().map(|front| self.tell_all(front, &requests, how))).await;
    }

    async fn tell_all(&self, front: &Url, requests: &[String], how: Purge) {
        for tags in requests {
            if let Err(error) = self.tell(front, tags, how).await {
                let words = "a cache in front serves older pages until they expire";
                tracing::warn!(%front, error, "{words}");
                return;
            }
        }
    }

    async fn tell(&self, front: &Url, tags: &str, how: Purge) -> Result<(), String> {
        // The name of a method that is no word of HTTP's own, written of plain letters.
        let method = Method::from_bytes(b"PURGE").unwrap_or(Method::POST);
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_millis(500));
        let mut tried = 0;
        loop {
            let mut request = self.client.request(method.clone(), front.clone());
            request = request.header("surrogate-key", tags);
            if how == Purge::Soft {
                request = request.header("soft-purge", "1");
            }
            let error = match request.send().await.map(|answer| answer.status()) {
                Ok(StatusCode::OK) => return Ok(()),
                Ok(status) => format!("it answers {status}"),
                Err(error) => error.to_string(),
            };
            tried += 1;
            if tried == TRIES {
                return Err(error);
            }
            backoff.wait().await;
        }
    }
}

/// The tags with spaces between them, as many as fit into one request.
fn in_requests(tags: &[String]) -> Vec<String> {
    let mut requests: Vec<String> = Vec::new();
    for tag in tags {
        match requests.last_mut() {
            Some(last) if last.len() + tag.len() < TAGS => {
                last.push(' ');
                last.push_str(tag);
            }
            _ => requests.push(tag.clone()),
        }
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_tags_there_are_none_is_left_out_and_no_request_is_too_large() {
        let tags: Vec<String> = (0..2_000).map(|number| format!("product:{number}")).collect();
        let requests = in_requests(&tags);
        assert!(requests.len() > 1 && requests.iter().all(|request| request.len() <= TAGS));
        assert_eq!(requests.join(" "), tags.join(" "));
        assert!(in_requests(&[]).is_empty());
    }
}
