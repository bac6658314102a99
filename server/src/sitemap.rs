//! `/sitemap.xml`: the pages that want to be found (sitemaps.org 0.9). A file may name 50,000 pages; where
//! there are more, it is an index of several. It is made at most every ten seconds, however many ask.

use crate::guard::problem;
use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use catalogue::Catalogue;
use domain::listing::SitemapEntry;
use std::{fmt::Write, sync::Arc, time::Duration};

/// The most pages of one file.
const MOST: usize = 50_000;
const MADE_EVERY: Duration = Duration::from_secs(10);
/// Pages that are not the catalogue's.
const OURS: [&str; 2] = ["/", "/credits"];
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

#[derive(Clone)]
struct Sitemaps {
    catalogue: Catalogue,
    public_url: Arc<str>,
    made: moka::future::Cache<(), Files>,
}

/// The index, or the only file; then the files that the index names.
type Files = Arc<Vec<Bytes>>;

/// The sitemap's routes.
pub fn routes(catalogue: Catalogue, public_url: Arc<str>) -> Router {
    let made = moka::future::Cache::builder().max_capacity(1).time_to_live(MADE_EVERY).build();
    Router::new()
        .route("/sitemap.xml", get(first))
        .route("/sitemaps/{file}", get(further))
        .with_state(Sitemaps { catalogue, public_url, made })
}

async fn first(State(sitemaps): State<Sitemaps>) -> Response {
    sitemaps.answer(0).await
}

/// `/sitemaps/1.xml` and so on.
async fn further(State(sitemaps): State<Sitemaps>, Path(file): Path<String>) -> Response {
    match file.strip_suffix(".xml").and_then(|number| number.parse().ok()) {
        Some(number @ 1..) => sitemaps.answer(number).await,
        _ => not_found(),
    }
}

fn not_found() -> Response {
    problem(StatusCode::NOT_FOUND, "not_found", "There is no such sitemap.")
}

impl Sitemaps {
    async fn answer(&self, number: usize) -> Response {
        let making = async {
            let entries = self.catalogue.sitemap().await?;
            Ok::<_, catalogue::Error>(Arc::new(files(&self.public_url, &entries, MOST)))
        };
        let files = match self.made.try_get_with((), making).await {
            Ok(files) => files,
            Err(error) => {
                tracing::error!(%error, "the sitemap could not be made");
                return problem(StatusCode::SERVICE_UNAVAILABLE, "try_again", "Please try again.");
            }
        };
        let Some(file) = files.get(number) else { return not_found() };
        let headers = [
            (header::CONTENT_TYPE, "application/xml; charset=utf-8"),
            (header::CACHE_CONTROL, "public, max-age=3600"),
        ];
        (headers, file.clone()).into_response()
    }
}

fn files(url: &str, entries: &[SitemapEntry], most: usize) -> Vec<Bytes> {
    // Writing to a String cannot fail. Paths are slugs: there is nothing in them to escape.
    let ours = OURS.map(|path| format!("<url><loc>{url}{path}</loc></url>\n"));
    let entry = |entry: &SitemapEntry| {
        let (path, day) = (&entry.path, &entry.modified);
        format!("<url><loc>{url}{path}</loc><lastmod>{day}</lastmod></url>\n")
    };
    let lines: Vec<String> = ours.into_iter().chain(entries.iter().map(entry)).collect();
    let file = |lines: &[String]| {
        Bytes::from(format!("{HEAD}<urlset xmlns=\"{NAMESPACE}\">\n{}</urlset>\n", lines.concat()))
    };
    let mut files: Vec<Bytes> = lines.chunks(most).map(file).collect();
    if files.len() > 1 {
        let mut index = format!("{HEAD}<sitemapindex xmlns=\"{NAMESPACE}\">\n");
        for number in 1..=files.len() {
            let _ = writeln!(index, "<sitemap><loc>{url}/sitemaps/{number}.xml</loc></sitemap>");
        }
        index.push_str("</sitemapindex>\n");
        files.insert(0, index.into());
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(count: usize) -> Vec<String> {
        let entry = |number| SitemapEntry {
            path: format!("/p/{number}"),
            modified: "2026-01-02".to_owned(),
        };
        let entries: Vec<_> = (0..count).map(entry).collect();
        let files = files("https://shop.example", &entries, 4);
        files.into_iter().map(|file| String::from_utf8(file.to_vec()).unwrap()).collect()
    }

    #[test]
    fn a_small_shop_has_one_file() {
        let [only] = &made(2)[..] else { panic!("one file") };
        assert!(only.contains("<urlset"));
        assert_eq!(only.matches("<loc>").count(), 4);
        let page = "<url><loc>https://shop.example/p/1</loc><lastmod>2026-01-02</lastmod></url>";
        assert!(only.contains(page));
    }

    #[test]
    fn a_large_one_has_an_index_of_files_that_name_each_page_once() {
        let files = made(9);
        assert!(files[0].contains("<sitemapindex"));
        assert_eq!(files[0].matches("<sitemap>").count(), files.len() - 1);
        assert!(files[0].contains("<loc>https://shop.example/sitemaps/3.xml</loc>"));
        let counts: Vec<_> = files[1..].iter().map(|file| file.matches("<url>").count()).collect();
        assert_eq!(counts, [4, 4, 3]);
    }
}
