//! The cache that all nodes share, in Redis; with [`mod@super::follow`] the only places of the server
//! with Redis keys. A page is one hash with what is told of it, its body in Brotli and whether it is
//! stale; each tag is the set of the pages that carry it.
//!
//! Changes are numbered. The purge of some tags takes the next number, notes it for each of them,
//! marks the pages and tells every node, all in one step. A render notes the last number before it
//! reads anything, and its page is kept only if none of its tags has changed with a later one: so a
//! page that was being rendered while something changed is not kept after the change.
//!
//! All keys of a market have one hash tag, so that on a cluster one script sees them all.

use super::{
    local::Purge,
    page::{Common, Head, Page},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use platform::redis::Redis;
use redis::Script;
use sha2::{Digest, Sha256};
use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// A page is kept this much longer than it is fresh, for when no newer one can be made.
const SPARE: Duration = Duration::from_secs(24 * 3600);
/// How long it is remembered with which number a tag changed; longer than any render takes.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// About how many changes are kept for nodes that were away for a moment.
const CHANGES: usize = 10_000;
/// Tags that one step purges; more of them take several.
const TAGS_AT_ONCE: usize = 500;
/// After a failure Redis is left alone for this long, so that it makes no page wait.
const REST: Duration = Duration::from_millis(500);

// KEYS: page, then for each tag its pages and its number  ARGV: seen, seconds, head, body
static STORE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "for i = 3, #KEYS, 2 do
           local changed = tonumber(redis.call('get', KEYS[i]) or 0)
           if changed > tonumber(ARGV[1]) then return 0 end
         end
         redis.call('del', KEYS[1])
         redis.call('hset', KEYS[1], 'head', ARGV[3], 'br', ARGV[4])
         redis.call('expire', KEYS[1], ARGV[2])
         for i = 2, #KEYS, 2 do
           redis.call('sadd', KEYS[i], KEYS[1])
           redis.call('expire', KEYS[i], ARGV[2])
         end
         return 1",
    )
});

// KEYS: number, changes, then for each tag its pages and its number
// ARGV: soft or hard, the tags, how many changes are kept, seconds
// The first number is the time, so that numbers grow even if Redis loses everything.
static PURGE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local number = redis.call('incr', KEYS[1])
         if number == 1 then
           local time = redis.call('time')
           number = time[1] * 1000000 + time[2]
           redis.call('set', KEYS[1], string.format('%.0f', number))
         end
         local text = string.format('%.0f', number)
         local pages = 0
         for i = 3, #KEYS, 2 do
           for _, page in ipairs(redis.call('smembers', KEYS[i])) do
             if ARGV[1] == 'hard' then
               pages = pages + redis.call('del', page)
             elseif redis.call('exists', page) == 1 then
               pages = pages + redis.call('hset', page, 'stale', 1)
             end
           end
           redis.call('del', KEYS[i])
           redis.call('set', KEYS[i + 1], text, 'ex', ARGV[4])
         end
         redis.call('xadd', KEYS[2], 'maxlen', '~', ARGV[3], '*', 'number', text, 'kind', ARGV[1], 'tags', ARGV[2])
         return {text, pages}",
    )
});

/// The cache of one market.
#[derive(Clone)]
pub struct PageStore {
    redis: Redis,
    prefix: String,
    release: String,
    breaker: Arc<Breaker>,
}

/// What the cache says of a page.
pub enum Found {
    /// It is there and fresh.
    Page(Page),
    /// It is not, or not fresh.
    Missing {
        /// The number of the last change before now.
        seen: u64,
        /// A page to fall back on if no newer one can be made.
        spare: Option<Page>,
    },
}

/// What a purge came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// The number of the change: a node that has taken it in serves nothing older.
    pub number: u64,
    /// How many pages of the shared cache it concerned.
    pub pages: u64,
}

impl PageStore {
    /// The cache under a namespace for a market. Pages name the files of the release that rendered
    /// them, so each release keeps its own; tags are common, and a purge reaches all of them.
    pub fn new(redis: Redis, namespace: &str, market: &str) -> Self {
        let prefix = format!("{{{namespace}:edge:{market}}}:");
        Self { redis, prefix, release: release(), breaker: Arc::default() }
    }

    fn page(&self, key: &str) -> String {
        format!("{}page:{}:{key}", self.prefix, self.release)
    }

    /// The two keys of a tag: its pages, and the number with which it last changed.
    fn tag(&self, tag: &str) -> [String; 2] {
        [format!("{}tag:{tag}", self.prefix), format!("{}changed:{tag}", self.prefix)]
    }

    /// The key of the number of the last change.
    pub(super) fn number(&self) -> String {
        format!("{}number", self.prefix)
    }

    /// The key of the stream of changes.
    pub(super) fn changes(&self) -> String {
        format!("{}changes", self.prefix)
    }

    /// The key of the set of nodes, or of what one of them has taken in.
    pub(super) fn nodes(&self, node: Option<&str>) -> String {
        node.map_or_else(
            || format!("{}nodes", self.prefix),
            |node| format!("{}node:{node}", self.prefix),
        )
    }

    /// The connection that all share.
    pub(super) fn redis(&self) -> Redis {
        self.redis.clone()
    }

    /// Looks a page up, in one round trip. `None` while Redis is away.
    pub async fn find(&self, key: &str, fresh: Duration, common: &Arc<Common>) -> Option<Found> {
        self.breaker.closed()?;
        type Fields = (Option<String>, Option<Vec<u8>>, Option<u8>);
        let mut redis = self.redis.clone();
        let answer: redis::RedisResult<(Fields, Option<u64>)> = redis::pipe()
            .hmget(self.page(key), &["head", "br", "stale"])
            .get(self.number())
            .query_async(&mut redis)
            .await;
        let ((head, body, stale), number) = self.breaker.note("asked", answer)?;
        let head = head.and_then(|json| serde_json::from_str::<Head>(&json).ok());
        let page = head.zip(body).map(|(head, body)| Page::kept(head, body.into(), common));
        Some(match page {
            Some(page) if stale.is_none() && page.age() < fresh => Found::Page(page),
            spare => Found::Missing { seen: number.unwrap_or_default(), spare },
        })
    }

    /// Keeps a page, unless something that it shows has changed since its render began. Answers
    /// whether it was kept; `None` while Redis is away.
    pub async fn keep(&self, key: &str, page: &Page, fresh: Duration) -> Option<bool> {
        self.breaker.closed()?;
        let mut invocation = STORE.prepare_invoke();
        invocation.key(self.page(key));
        for tag in page.head.tags.iter() {
            let [pages, number] = self.tag(tag);
            invocation.key(pages).key(number);
        }
        // A head is plain text; serialising it cannot fail.
        let head = serde_json::to_string(&page.head).unwrap_or_default();
        invocation
            .arg(page.head.seen)
            .arg((fresh + SPARE).as_secs())
            .arg(head)
            .arg(page.brotli().as_ref());
        let answer: redis::RedisResult<u8> = invocation.invoke_async(&mut self.redis.clone()).await;
        Some(self.breaker.note("given a page", answer)? == 1)
    }

    /// Says that what carries one of these tags has changed: pages of it are stale, or gone, and every
    /// node is told.
    pub async fn purge(&self, tags: &[String], purge: Purge) -> redis::RedisResult<Purged> {
        let mut purged = Purged::default();
        for tags in tags.chunks(TAGS_AT_ONCE) {
            let mut invocation = PURGE.prepare_invoke();
            invocation.key(self.number()).key(self.changes());
            for tag in tags {
                let [pages, number] = self.tag(tag);
                invocation.key(pages).key(number);
            }
            invocation
                .arg(match purge {
                    Purge::Soft => "soft",
                    Purge::Hard => "hard",
                })
                .arg(tags.join(" "))
                .arg(CHANGES)
                .arg(REMEMBERED.as_secs());
            let (number, pages): (u64, u64) =
                invocation.invoke_async(&mut self.redis.clone()).await?;
            purged = Purged { number, pages: purged.pages + pages };
        }
        Ok(purged)
    }
}

/// Leaves Redis alone for a moment after it failed: a page does not wait for what is away.
#[derive(Debug)]
struct Breaker {
    begun: Instant,
    /// In milliseconds since it began.
    open_until: AtomicU64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { begun: Instant::now(), open_until: AtomicU64::new(0) }
    }
}

impl Breaker {
    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn closed(&self) -> Option<()> {
        (self.now() >= self.open_until.load(Relaxed)).then_some(())
    }

    fn note<T>(&self, what: &str, answer: redis::RedisResult<T>) -> Option<T> {
        answer
            .inspect_err(|error| {
                tracing::warn!(%error, "the shared page cache did not answer when {what}");
                self.open_until.store(self.now() + REST.as_millis() as u64, Relaxed);
            })
            .ok()
    }
}

/// What tells this release's pages from another's: the hashes of its files, which the build writes
/// beside the binary. Without them (a development build) it is when the binary was built.
fn release() -> String {
    let Ok(binary) = std::env::current_exe() else { return "unknown".to_owned() };
    let told = std::fs::read(binary.with_file_name("hash.txt")).unwrap_or_else(|_| {
        let built = std::fs::metadata(&binary).and_then(|file| file.modified());
        format!("{built:?}").into_bytes()
    });
    URL_SAFE_NO_PAD.encode(&Sha256::digest(told)[..9])
}

#[cfg(test)]
mod tests {
    use super::{super::tags::TagList, *};
    use axum::http::HeaderMap;
    use bytes::Bytes;
    use platform::testing;
    use redis::AsyncCommands;

    const LONG: Duration = Duration::from_secs(600);

    async fn store() -> PageStore {
        let (url, namespace) = testing::redis();
        PageStore::new(platform::redis::connect(&url).await.unwrap(), &namespace, "eu")
    }

    fn common() -> Arc<Common> {
        Common::new(HeaderMap::new(), LONG, LONG).into()
    }

    fn tags(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|tag| (*tag).to_owned()).collect()
    }

    async fn look(store: &PageStore, key: &str) -> Found {
        store.find(key, LONG, &common()).await.unwrap()
    }

    async fn seen(store: &PageStore, key: &str) -> u64 {
        match look(store, key).await {
            Found::Missing { seen, .. } => seen,
            Found::Page(_) => panic!("{key} is there"),
        }
    }

    async fn keep(store: &PageStore, key: &str, seen: u64, page_tags: &[&str]) -> bool {
        let html = Bytes::from_static(b"<p>a page</p>");
        let head = Head::new(&html, TagList::new(page_tags).unwrap(), seen);
        store.keep(key, &Page::rendered(head, &html, &common()), LONG).await.unwrap()
    }

    #[tokio::test]
    async fn a_purge_takes_the_pages_of_its_tag_and_no_others() {
        let store = store().await;
        let now = seen(&store, "/p/a").await;
        assert!(keep(&store, "/p/a", now, &["product:1", "stock:A"]).await);
        assert!(keep(&store, "/p/b", now, &["product:2"]).await);
        let purged = store.purge(&tags(&["product:1"]), Purge::Soft).await.unwrap();
        assert_eq!(purged.pages, 1);
        assert!(matches!(look(&store, "/p/b").await, Found::Page(_)));
        let Found::Missing { seen, spare: Some(spare) } = look(&store, "/p/a").await else {
            panic!("a page that is stale can be fallen back on");
        };
        assert_eq!(seen, purged.number);
        assert!(spare.head.tags.iter().eq(["product:1", "stock:A"]));
        assert!(keep(&store, "/p/a", seen, &["product:1"]).await);
        assert!(matches!(look(&store, "/p/a").await, Found::Page(_)));
        let purged = store.purge(&tags(&["product:1", "product:2"]), Purge::Hard).await.unwrap();
        assert_eq!(purged.pages, 2);
        assert!(matches!(look(&store, "/p/b").await, Found::Missing { spare: None, .. }));
    }

    #[tokio::test]
    async fn a_page_rendered_before_a_change_of_what_it_shows_is_not_kept_after_it() {
        let store = store().await;
        let before = seen(&store, "/p/a").await;
        let first = store.purge(&tags(&["product:1"]), Purge::Soft).await.unwrap();
        assert!(!keep(&store, "/p/a", before, &["product:1"]).await);
        assert!(matches!(look(&store, "/p/a").await, Found::Missing { spare: None, .. }));
        assert!(keep(&store, "/p/b", before, &["product:2"]).await);
        assert_eq!(seen(&store, "/p/a").await, first.number);
        assert!(keep(&store, "/p/a", first.number, &["product:1"]).await);
    }

    #[tokio::test]
    async fn numbers_grow_even_if_everything_is_lost() {
        let store = store().await;
        let purge = async || store.purge(&tags(&["a"]), Purge::Soft).await.unwrap().number;
        let first = purge().await;
        assert_eq!(purge().await, first + 1);
        let () = store.redis().del(store.number()).await.unwrap();
        assert!(purge().await > first + 1);
    }
}
