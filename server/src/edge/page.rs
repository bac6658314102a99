//! A rendered page as it is sent: for each encoding the body and every header, made once.

use super::{
    encoding::{Encoding, decode_brotli},
    outside::{Outside, Vouched},
    tags::TagList,
};
use crate::{entity_tag::is_known, guard::X_REQUEST_ID};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How the edge came by an answer.
pub const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
/// What a CDN in front may be asked to purge by.
const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");
/// More than this no CDN takes in one header; what carries more tags is purged by `all`.
const SURROGATE_KEY_LIMIT: usize = 8_000;

/// Where a page came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// This node's memory.
    Local,
    /// The cache that all nodes share.
    Shared,
    /// This node's memory, while a newer one is being made or cannot be made.
    Stale,
    /// It was rendered for this request.
    Miss,
}

impl Source {
    fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Local => "hit-local",
            Self::Shared => "hit-shared",
            Self::Stale => "stale",
            Self::Miss => "miss",
        })
    }
}

/// What is told of a page beside its body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    /// A hash of the body; the entity tag of each encoding is made of it.
    pub hash: String,
    /// What the page was made of.
    pub tags: TagList,
    /// When its render began, in milliseconds of the Unix epoch.
    pub made: u64,
    /// The number of the last change that its render could see; see `purges`.
    pub seen: u64,
}

/// Every header of a page but what is its own, by the encoding it is sent in. Thousands of pages share
/// these.
#[derive(Debug)]
pub struct Common {
    whole: [HeaderMap; Encoding::ALL.len()],
    /// Those of the answer to who has the page already.
    not_modified: HeaderMap,
    /// What caches may do with a page that carries more tags than can be told, and with one that is not
    /// vouched for.
    unnamed: HeaderValue,
    unvouched: HeaderValue,
}

impl Common {
    /// Headers of every answer, and for how long a cache between here and the visitor may serve a page
    /// without asking (`shared`), and when none is to be had (`stale`).
    pub fn new(headers: HeaderMap, shared: Duration, stale: Duration) -> Self {
        let outside = Outside::new(shared, stale);
        let fixed = HeaderValue::from_static;
        let not_modified = HeaderMap::from_iter([
            (header::CACHE_CONTROL, outside.named()),
            (header::VARY, fixed("accept-encoding")),
            (X_CACHE, Source::Local.name()),
            (SERVER_TIMING, timing(Source::Local)),
            // What a node vouches for is as good as made now: a cache in front counts from here
            // (RFC 9111, 5.1).
            (header::AGE, fixed("0")),
            // The page's own takes its place.
            (header::ETAG, fixed("")),
        ]);
        let mut base = headers;
        base.extend(not_modified.clone());
        base.insert(header::CONTENT_TYPE, fixed("text/html; charset=utf-8"));
        base.insert(header::CONTENT_LENGTH, fixed("0"));
        base.insert(SURROGATE_KEY, fixed("all"));
        let whole = Encoding::ALL.map(|encoding| {
            let mut headers = base.clone();
            headers.extend(encoding.header().map(|name| (header::CONTENT_ENCODING, name)));
            headers
        });
        let (unnamed, unvouched) = (outside.unnamed(), outside.unvouched());
        Self { whole, not_modified, unnamed, unvouched }
    }
}

/// A page, ready to be sent.
#[derive(Debug)]
pub struct Page {
    /// What is told of it.
    pub head: Head,
    status: StatusCode,
    brotli: Bytes,
    common: Arc<Common>,
    // Made when somebody first asks for that encoding. Most ask for one and the same.
    ready: [OnceLock<Box<Ready>>; Encoding::ALL.len()],
}

/// A page in one encoding: what no other page has.
#[derive(Debug)]
struct Ready {
    tag: HeaderValue,
    body: Bytes,
}

impl Head {
    /// What is told of a page with this body.
    pub fn new(html: &[u8], tags: TagList, seen: u64) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(html)[..16]);
        Self { hash, tags, made: now(), seen }
    }
}

impl Page {
    /// A page that was rendered just now.
    pub fn rendered(head: Head, html: &[u8], common: &Arc<Common>) -> Self {
        Self::kept(head, Encoding::Brotli.encode(html), common)
    }

    /// A page of which the shared cache has kept this.
    pub fn kept(head: Head, brotli: Bytes, common: &Arc<Common>) -> Self {
        let (status, common) = (StatusCode::OK, common.clone());
        Self { head, status, brotli, common, ready: Default::default() }
    }

    /// The same page as the answer to an address under which there is nothing.
    pub fn of_nothing(self) -> Self {
        Self { status: StatusCode::NOT_FOUND, ..self }
    }

    /// Whether there is something under its address.
    pub fn is_found(&self) -> bool {
        self.status == StatusCode::OK
    }

    /// In how many encodings it was made so far.
    pub fn encodings(&self) -> usize {
        self.ready.iter().filter(|ready| ready.get().is_some()).count()
    }

    /// The body as the shared cache keeps it.
    pub fn brotli(&self) -> &Bytes {
        &self.brotli
    }

    /// How long ago it was made.
    pub fn age(&self) -> Duration {
        Duration::from_millis(now().saturating_sub(self.head.made))
    }

    /// How many bytes it takes in memory by now, about.
    pub fn weight(&self) -> usize {
        let tags = self.head.tags.header().len();
        let ready = self.ready.iter().zip(Encoding::ALL).filter_map(|(ready, encoding)| {
            let body = ready.get()?.body.len();
            Some(READY + if encoding == Encoding::Brotli { 0 } else { body })
        });
        OWN + tags + self.head.tags.iter().count() * TAG + self.brotli.len() + ready.sum::<usize>()
    }

    /// The answer to a request for this page: 304 when the client has it already, without a body when
    /// only the head was asked for.
    pub fn answer(
        &self,
        method: &Method,
        request: &HeaderMap,
        source: Source,
        vouched: Vouched,
    ) -> Response {
        let encoding = Encoding::accepted(request);
        let ready = self.ready(encoding);
        let tags = self.head.tags.header();
        let is_unnamed = tags.len() > SURROGATE_KEY_LIMIT;
        let mut response = Response::new(Body::empty());
        if self.is_found() && is_known(request, ready.tag.as_bytes()) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.headers_mut() = self.common.not_modified.clone();
        } else {
            *response.status_mut() = self.status;
            let mut headers = self.common.whole[encoding as usize].clone();
            headers.insert(header::CONTENT_LENGTH, ready.body.len().into());
            if !is_unnamed {
                headers.insert(SURROGATE_KEY, tags.clone());
            }
            *response.headers_mut() = headers;
            if method != Method::HEAD {
                *response.body_mut() = Body::from(ready.body.clone());
            }
        }
        let headers = response.headers_mut();
        headers.insert(header::ETAG, ready.tag.clone());
        if vouched == Vouched::No {
            headers.insert(header::AGE, self.age().as_secs().into());
            headers.insert(header::CACHE_CONTROL, self.common.unvouched.clone());
        } else if is_unnamed {
            headers.insert(header::CACHE_CONTROL, self.common.unnamed.clone());
        }
        // Who has named the request finds the answer by that name.
        if let Some(name) = request.get(X_REQUEST_ID) {
            headers.insert(X_REQUEST_ID, name.clone());
        }
        if source != Source::Local {
            headers.insert(X_CACHE, source.name());
            headers.insert(SERVER_TIMING, timing(source));
        }
        response
    }

    fn ready(&self, encoding: Encoding) -> &Ready {
        self.ready[encoding as usize].get_or_init(|| {
            let suffix = encoding.name().map(|name| format!("-{name}")).unwrap_or_default();
            let tag = HeaderValue::from_str(&format!("\"{}{suffix}\"", self.head.hash));
            let body = match encoding {
                Encoding::Brotli => self.brotli.clone(),
                Encoding::Identity => decode_brotli(&self.brotli),
                other => other.encode(&decode_brotli(&self.brotli)),
            };
            Box::new(Ready { tag: tag.unwrap_or(HeaderValue::from_static("\"\"")), body })
        })
    }
}

/// About what a page takes beside its body and its tags, what each of these takes in the index, and what
/// each encoding takes beside its body; `make bench` compares the sum with the growth of a node's memory.
const OWN: usize = 800;
const TAG: usize = 30;
const READY: usize = 200;

fn timing(source: Source) -> HeaderValue {
    HeaderValue::from_static(match source {
        Source::Local => "cache;desc=hit-local",
        Source::Shared => "cache;desc=hit-shared",
        Source::Stale => "cache;desc=stale",
        Source::Miss => "cache;desc=miss",
    })
}

/// Milliseconds of the Unix epoch.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &'static str) -> Page {
        let common =
            Common::new(HeaderMap::new(), Duration::from_secs(60), Duration::from_secs(3600));
        let head = Head::new(html.as_bytes(), TagList::new(&["product:1"]).unwrap(), 7);
        Page::rendered(head, html.as_bytes(), &common.into())
    }

    fn asked(name: HeaderName, value: &HeaderValue) -> HeaderMap {
        HeaderMap::from_iter([(name, value.clone())])
    }

    #[test]
    fn who_has_the_page_is_sent_no_body() {
        let page = page("<p>hello</p>");
        let answer =
            |request: &HeaderMap| page.answer(&Method::GET, request, Source::Local, Vouched::Yes);
        let first = answer(&HeaderMap::new());
        assert_eq!(first.headers()[header::CONTENT_LENGTH], "12");
        let tag = first.headers()[header::ETAG].clone();
        let weak = HeaderValue::from_str(&format!("\"x\", W/{}", tag.to_str().unwrap())).unwrap();
        for known in [&tag, &weak, &HeaderValue::from_static("*")] {
            let again = answer(&asked(header::IF_NONE_MATCH, known));
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(again.headers()[header::ETAG], tag);
        }
        let other = asked(header::IF_NONE_MATCH, &HeaderValue::from_static("\"other\""));
        assert_eq!(answer(&other).status(), StatusCode::OK);
    }

    #[test]
    fn each_encoding_has_a_tag_and_a_length_of_its_own_and_says_where_it_came_from() {
        let page = page("<p>hello hello hello hello hello hello hello hello</p>");
        let mut tags = std::collections::BTreeSet::new();
        for encoding in Encoding::ALL {
            let name = encoding.name().unwrap_or("identity");
            let request = asked(header::ACCEPT_ENCODING, &HeaderValue::from_static(name));
            let answer = page.answer(&Method::HEAD, &request, Source::Stale, Vouched::No);
            let headers = answer.headers();
            assert_eq!(headers.get(header::CONTENT_ENCODING).cloned(), encoding.header());
            assert_eq!(
                (&headers[X_CACHE], &headers[header::AGE]),
                (&"stale".parse().unwrap(), &0.into())
            );
            assert_eq!(headers[SURROGATE_KEY], "product:1");
            tags.insert(headers[header::ETAG].to_str().unwrap().to_owned());
        }
        assert_eq!(tags.len(), Encoding::ALL.len());
    }

    #[test]
    fn a_page_holds_the_encodings_that_were_asked_for_and_no_other() {
        let page = page("<p>hello hello hello hello hello hello hello hello</p>");
        assert_eq!(page.encodings(), 0);
        let before = page.weight();
        for name in ["br", "br", "gzip, br"] {
            let request = asked(header::ACCEPT_ENCODING, &HeaderValue::from_static(name));
            page.answer(&Method::GET, &request, Source::Local, Vouched::Yes);
        }
        assert_eq!((page.encodings(), page.weight()), (1, before + READY));
        page.answer(&Method::GET, &HeaderMap::new(), Source::Local, Vouched::Yes);
        assert_eq!((page.encodings(), page.weight()), (2, before + 2 * READY + 54));
    }

    #[test]
    fn a_cache_in_front_keeps_what_is_vouched_for_and_asks_soon_for_anything_else() {
        let kept = |page: &Page, vouched| {
            let request = HeaderMap::new();
            let answer = page.answer(&Method::GET, &request, Source::Local, vouched);
            let known = asked(header::IF_NONE_MATCH, &answer.headers()[header::ETAG]);
            let again = page.answer(&Method::GET, &known, Source::Local, vouched);
            let told = |answer: &Response| {
                let value = |name| answer.headers()[name].to_str().unwrap().to_owned();
                let all = value(header::CACHE_CONTROL);
                let (_, rest) = all.split_once("s-maxage=").unwrap();
                let (kept, rest) = rest.split_once(", ").unwrap();
                assert!(rest.ends_with("stale-if-error=3600"), "{all}");
                (value(header::AGE).parse::<u64>().unwrap(), kept.parse::<u64>().unwrap())
            };
            assert_eq!(told(&again), told(&answer));
            told(&answer)
        };
        let mut page = page("<p>hello</p>");
        assert_eq!(kept(&page, Vouched::Yes), (0, 60));
        assert_eq!(kept(&page, Vouched::No), (0, 1));
        page.head.made -= 500_000;
        assert_eq!(kept(&page, Vouched::Yes), (0, 60));
        assert_eq!(kept(&page, Vouched::No), (500, 1));

        // What shows more than can be named is not told of by what it shows.
        let html = b"<p>much</p>";
        let tags: Vec<_> = (0..2_000).map(|number| format!("product:{number}")).collect();
        let common =
            Common::new(HeaderMap::new(), Duration::from_secs(60), Duration::from_secs(3600));
        let much =
            Page::rendered(Head::new(html, TagList::new(&tags).unwrap(), 7), html, &common.into());
        assert_eq!(kept(&much, Vouched::Yes), (0, 10));
        let answer = much.answer(&Method::GET, &HeaderMap::new(), Source::Local, Vouched::Yes);
        assert_eq!(answer.headers()[SURROGATE_KEY], "all");
    }
}
