//! Which requests are for a page that is the same for everyone, and under which name it is kept.

use axum::http::{Method, Uri};
use domain::listing::Sort;
use std::borrow::Cow;

/// What the edge does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan<'a> {
    /// The page of this address, path and query in one spelling. Whatever else the URL carried
    /// (campaign marks and the like) neither splits the cache nor reaches the render.
    Cached(Cow<'a, str>),
    /// Not for the cache.
    Bypass,
}

/// What to do with a request.
pub fn plan<'a>(method: &Method, uri: &'a Uri) -> Plan<'a> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Plan::Bypass;
    }
    let path = uri.path();
    let query = uri.query().unwrap_or("");
    if path == "/" || path == "/credits" {
        return Plan::Cached(path.into());
    }
    if path.strip_prefix("/c/").is_some_and(is_plain) {
        return Plan::Cached(match category_query(query) {
            Some(query) => format!("{path}?{query}").into(),
            None => path.into(),
        });
    }
    if path.strip_prefix("/p/").is_some_and(|slug| is_plain(slug) && !slug.contains('/')) {
        let personal =
            parameters(query).any(|(key, _)| matches!(key, "sku" | "quantity" | "problem"));
        return if personal { Plan::Bypass } else { Plan::Cached(path.into()) };
    }
    if path.strip_prefix("/line/").is_some_and(|name| is_plain(name) && !name.contains('/')) {
        return Plan::Cached(path.into());
    }
    Plan::Bypass
}

/// Letters of slugs, one slash between them: everything else is not a page of ours.
fn is_plain(path: &str) -> bool {
    path.len() <= 300
        && path.split('/').all(|part| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            !part.is_empty() && part.bytes().all(plain)
        })
}

fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter_map(|pair| pair.split_once('='))
}

/// The parameters a category knows, in one order and only where they say something.
fn category_query(query: &str) -> Option<String> {
    if query.is_empty() {
        return None;
    }
    let find = |wanted| parameters(query).find(|(key, _)| *key == wanted).map(|(_, value)| value);
    let sort = find("sort").and_then(Sort::parse).filter(|sort| *sort != Sort::default());
    let page = find("page").and_then(|page| page.parse::<u32>().ok()).filter(|page| *page > 1);
    let pairs: Vec<String> =
        [page.map(|page| format!("page={page}")), sort.map(|sort| format!("sort={}", sort.code()))]
            .into_iter()
            .flatten()
            .collect();
    (!pairs.is_empty()).then(|| pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(uri: &str) -> Option<String> {
        match plan(&Method::GET, &uri.parse().unwrap()) {
            Plan::Cached(key) => Some(key.into_owned()),
            Plan::Bypass => None,
        }
    }

    fn cached(key: &str) -> Option<String> {
        Some(key.to_owned())
    }

    #[test]
    fn campaign_marks_do_not_split_the_cache() {
        assert_eq!(planned("/p/laptop?utm_source=x&fbclid=y"), cached("/p/laptop"));
        assert_eq!(planned("/?gclid=1"), cached("/"));
        assert_eq!(planned("/line/lamp?utm_source=x"), cached("/line/lamp"));
        let category = cached("/c/electronics?page=2&sort=price-up");
        assert_eq!(planned("/c/electronics?sort=price-up&utm_medium=m&page=2"), category);
        assert_eq!(planned("/c/electronics?page=2&sort=price-up"), category);
    }

    #[test]
    fn parameters_that_say_nothing_are_dropped() {
        for uri in [
            "/c/a?page=1",
            "/c/a?page=x",
            "/c/a?sort=name",
            "/c/a?sort=drop%20table",
            "/c/a?page=-1",
        ] {
            assert_eq!(planned(uri), cached("/c/a"), "{uri}");
        }
    }

    #[test]
    fn personal_and_strange_addresses_are_not_cached() {
        for uri in [
            "/cart",
            "/checkout",
            "/orders/V-1?key=k",
            "/api/cart/get",
            "/line/lamp/place",
            "/line/",
            "/p/laptop?sku=L1&quantity=0",
            "/p/x%2f..",
            "//p/laptop",
            "/p//laptop",
            "/p/Laptop",
            "/p/laptop/",
            "/p/laptop.",
            "/c/",
            "/account/x.css",
            "/p/laptop/../cart",
        ] {
            assert_eq!(planned(uri), None, "{uri}");
        }
        assert_eq!(plan(&Method::POST, &"/p/laptop".parse().unwrap()), Plan::Bypass);
    }
}
