//! A cache in front of the store that can be told what has changed: Varnish, as `deploy/varnish` configures
//! it. When it is told is [`super::purger`]'s matter.

use super::{Purge, untold::Untold};
use axum::http::Method;
use reqwest::{Client, StatusCode, Url};
use std::{collections::BTreeSet, time::Duration};

/// How long a cache may take to answer.
const ANSWER: Duration = Duration::from_secs(2);
/// So many bytes of tags go into one request: a header may have about eight thousand.
const TAGS: usize = 6_000;

/// One such cache. Cheap to clone.
#[derive(Clone)]
pub struct FrontCache {
    /// Where it takes a PURGE.
    pub url: Url,
    client: Client,
    method: Method,
}

impl FrontCache {
    /// The caches with these addresses.
    pub fn all(urls: &[Url]) -> anyhow::Result<Vec<Self>> {
        let client = Client::builder().no_proxy().timeout(ANSWER).build()?;
        let method = Method::from_bytes(b"PURGE")?;
        let cache =
            |url: &Url| Self { url: url.clone(), client: client.clone(), method: method.clone() };
        Ok(urls.iter().map(cache).collect())
    }

    /// Tells it what has changed.
    ///
    /// # Errors
    /// What it answered, or why it did not, in words for the log. It may have heard a part.
    pub async fn tell(&self, untold: &Untold) -> Result<(), String> {
        for (tags, how) in [(&untold.gone, Purge::Hard), (&untold.changed, Purge::Soft)] {
            for tags in in_requests(tags) {
                self.ask(&tags, how).await?;
            }
        }
        Ok(())
    }

    async fn ask(&self, tags: &str, how: Purge) -> Result<(), String> {
        let request = self.client.request(self.method.clone(), self.url.clone());
        let request = request.header("surrogate-key", tags);
        let request = match how {
            Purge::Soft => request.header("soft-purge", "1"),
            Purge::Hard => request,
        };
        match request.send().await.map(|answer| answer.status()) {
            Ok(StatusCode::OK) => Ok(()),
            Ok(status) => Err(format!("it answers {status}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The tags with spaces between them, as many as fit into one request.
fn in_requests(tags: &BTreeSet<String>) -> Vec<String> {
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
        let tags: BTreeSet<String> = (0..2_000).map(|number| format!("product:{number}")).collect();
        let requests = in_requests(&tags);
        assert!(requests.len() > 1 && requests.iter().all(|request| request.len() <= TAGS));
        let told: BTreeSet<String> =
            requests.iter().flat_map(|request| request.split(' ')).map(str::to_owned).collect();
        assert_eq!(told, tags);
        assert!(in_requests(&BTreeSet::new()).is_empty());
    }
}
