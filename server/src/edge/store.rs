//! The page cache in Redis, the only place of the server with Redis keys. A page is one hash with the
//! head and the body in each encoding; each tag is the set of the pages that carry it.
//!
//! A page that was being rendered while something changed must not be stored after the change. Every
//! purge raises the cache's generation; a render notes the generation before it reads anything, and
//! its page is stored only if that still holds.

use super::page::{Encoding, Head, Page};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use redis::{Script, aio::ConnectionManager};
use sha2::{Digest, Sha256};
use std::{sync::LazyLock, time::Duration};

/// How long a page is kept at most. Purges are what keeps it fresh; this bounds what a lost purge costs.
const KEPT: Duration = Duration::from_secs(600);

// KEYS: page, generation, tags…  ARGV: generation seen, seconds, head, identity, brotli
static STORE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if (redis.call('get', KEYS[2]) or '0') ~= ARGV[1] then return 0 end
         redis.call('hset', KEYS[1], 'head', ARGV[3], 'identity', ARGV[4], 'br', ARGV[5])
         redis.call('expire', KEYS[1], ARGV[2])
         for i = 3, #KEYS do
           redis.call('sadd', KEYS[i], KEYS[1])
           redis.call('expire', KEYS[i], ARGV[2])
         end
         return 1",
    )
});

// KEYS: generation, tags…
static PURGE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "redis.call('incr', KEYS[1])
         local gone = 0
         for i = 2, #KEYS do
           for _, page in ipairs(redis.call('smembers', KEYS[i])) do
             gone = gone + redis.call('del', page)
           end
           redis.call('del', KEYS[i])
         end
         return gone",
    )
});

/// The cache of one market.
#[derive(Clone)]
pub struct PageStore {
    redis: ConnectionManager,
    prefix: String,
    release: String,
}

/// What the cache says of a page.
pub enum Found {
    /// It is there.
    Page(Page),
    /// It is not; a render that begins now sees this generation.
    Missing {
        /// To be named when the page is stored.
        generation: String,
    },
}

impl PageStore {
    /// The cache under a namespace for a market. Pages name the files of the release that rendered
    /// them, so each release keeps its own; tags are common, and a purge reaches all of them.
    pub fn new(redis: ConnectionManager, namespace: &str, market: &str) -> Self {
        Self { redis, prefix: format!("{namespace}:edge:{market}:"), release: release() }
    }

    fn page(&self, key: &str) -> String {
        format!("{}page:{}:{key}", self.prefix, self.release)
    }

    fn tag(&self, tag: &str) -> String {
        format!("{}tag:{tag}", self.prefix)
    }

    fn generation(&self) -> String {
        format!("{}generation", self.prefix)
    }

    /// Looks a page up, in one round trip.
    pub async fn find(&self, key: &str, encoding: Encoding) -> redis::RedisResult<Found> {
        let field = match encoding {
            Encoding::Brotli => "br",
            Encoding::Identity => "identity",
        };
        let mut redis = self.redis.clone();
        type Fields = (Option<String>, Option<Vec<u8>>);
        let ((head, body), generation): (Fields, Option<String>) = redis::pipe()
            .hmget(self.page(key), &["head", field])
            .get(self.generation())
            .query_async(&mut redis)
            .await?;
        let head = head.and_then(|json| serde_json::from_str::<Head>(&json).ok());
        Ok(match (head, body) {
            (Some(head), Some(body)) => Found::Page(Page { head, encoding, body: body.into() }),
            _ => Found::Missing { generation: generation.unwrap_or_else(|| "0".to_owned()) },
        })
    }

    /// Keeps a page, unless something was purged since its render began. Answers whether it was kept.
    pub async fn store(
        &self,
        key: &str,
        generation: &str,
        head: &Head,
        identity: &Bytes,
        brotli: &Bytes,
        tags: &[String],
    ) -> redis::RedisResult<bool> {
        let mut invocation = STORE.prepare_invoke();
        invocation.key(self.page(key)).key(self.generation());
        // `all` is on every page, so that the whole market can be purged.
        for tag in tags.iter().map(String::as_str).chain(["all"]) {
            invocation.key(self.tag(tag));
        }
        // A head is plain text; serialising it cannot fail.
        let head = serde_json::to_string(head).unwrap_or_default();
        invocation
            .arg(generation)
            .arg(KEPT.as_secs())
            .arg(head)
            .arg(identity.as_ref())
            .arg(brotli.as_ref());
        let stored: u8 = invocation.invoke_async(&mut self.redis.clone()).await?;
        Ok(stored == 1)
    }

    /// Forgets every page that carries one of these tags; answers how many there were.
    pub async fn purge(&self, tags: &[String]) -> redis::RedisResult<u64> {
        let mut invocation = PURGE.prepare_invoke();
        invocation.key(self.generation());
        for tag in tags {
            invocation.key(self.tag(tag));
        }
        invocation.invoke_async(&mut self.redis.clone()).await
    }
}

/// What tells this release's pages from another's: the hashes of its files, which the build writes
/// beside the binary. Without them (a development build) the files' names do not change.
fn release() -> String {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|binary| std::fs::read(binary.with_file_name("hash.txt")).ok());
    beside.map_or_else(
        || "unhashed".to_owned(),
        |hashes| URL_SAFE_NO_PAD.encode(&Sha256::digest(hashes)[..9]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::testing;

    async fn store() -> PageStore {
        let (url, namespace) = testing::redis();
        PageStore::new(platform::redis::connect(&url).await.unwrap(), &namespace, "eu")
    }

    async fn generation(store: &PageStore, key: &str) -> String {
        match store.find(key, Encoding::Identity).await.unwrap() {
            Found::Missing { generation } => generation,
            Found::Page(_) => panic!("{key} is there"),
        }
    }

    async fn keep(store: &PageStore, key: &str, generation: &str, tags: &[&str]) -> bool {
        let (html, head) = (Bytes::from_static(b"<p>"), Head::new(b"<p>", String::new()));
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        store.store(key, generation, &head, &html, &compress_of(&html), &tags).await.unwrap()
    }

    fn compress_of(html: &Bytes) -> Bytes {
        super::super::page::compress(html)
    }

    async fn is_there(store: &PageStore, key: &str) -> bool {
        matches!(store.find(key, Encoding::Brotli).await.unwrap(), Found::Page(_))
    }

    #[tokio::test]
    async fn a_purge_takes_the_pages_of_its_tag_and_no_others() {
        let store = store().await;
        let seen = generation(&store, "/p/a").await;
        assert!(keep(&store, "/p/a", &seen, &["product:1", "stock:A"]).await);
        assert!(keep(&store, "/p/b", &seen, &["product:2"]).await);
        assert_eq!(store.purge(&["product:1".to_owned()]).await.unwrap(), 1);
        assert!(!is_there(&store, "/p/a").await);
        assert!(is_there(&store, "/p/b").await);
        assert_eq!(store.purge(&["all".to_owned()]).await.unwrap(), 1);
        assert!(!is_there(&store, "/p/b").await);
    }

    #[tokio::test]
    async fn a_page_rendered_before_a_change_is_not_kept_after_it() {
        let store = store().await;
        let seen = generation(&store, "/p/a").await;
        store.purge(&["product:1".to_owned()]).await.unwrap();
        assert!(!keep(&store, "/p/a", &seen, &["product:1"]).await);
        assert!(!is_there(&store, "/p/a").await);
        let seen = generation(&store, "/p/a").await;
        assert!(keep(&store, "/p/a", &seen, &["product:1"]).await);
    }
}
