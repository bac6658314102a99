//! The load of pages: one address, asked for again and again, whose bytes must stay what they are.

use crate::{
    http::{self, Client},
    load::{Worker, Workload},
};
use anyhow::ensure;

/// A page that was looked at once.
#[derive(Clone)]
pub struct Page {
    url: String,
    request: Vec<u8>,
    /// What is expected of each answer.
    status: u16,
    length: usize,
    tag: String,
    /// Its body in brotli.
    pub body: Vec<u8>,
    /// What the store says of where it came from.
    pub source: String,
}

impl Page {
    /// Looks at a page, which must come in brotli.
    ///
    /// # Errors
    /// It is not there, or comes otherwise.
    pub async fn find(url: &str) -> anyhow::Result<Self> {
        let (authority, path) = http::split(url)?;
        let request = http::get(authority, path, None);
        let mut client = Client::connect(url).await?;
        let answer = client.send(&request).await?;
        ensure!(answer.status == 200, "{url} answers with {}: {}", answer.status, answer.excerpt());
        let encoding = answer.header("content-encoding").unwrap_or("none");
        ensure!(encoding == "br", "{url} comes in another encoding than brotli: {encoding}");
        let source = answer.header("x-cache").unwrap_or("nowhere").to_owned();
        let tag = answer.header("etag").unwrap_or_default().to_owned();
        let body = answer.body.to_vec();
        Ok(Self {
            url: url.to_owned(),
            request,
            status: 200,
            length: body.len(),
            tag,
            body,
            source,
        })
    }

    /// The same page, asked for by who has it already.
    ///
    /// # Errors
    /// It has no entity tag.
    pub fn known(&self) -> anyhow::Result<Self> {
        ensure!(!self.tag.is_empty(), "{} has no entity tag", self.url);
        let (authority, path) = http::split(&self.url)?;
        let request = http::get(authority, path, Some(&self.tag));
        Ok(Self { request, status: 304, length: 0, ..self.clone() })
    }
}

/// One connection that asks for the page.
pub struct Reader {
    client: Client,
    request: Vec<u8>,
    status: u16,
    length: usize,
}

impl Workload for Page {
    type Worker = Reader;

    async fn worker(&self, _: usize) -> anyhow::Result<Reader> {
        let client = Client::connect(&self.url).await?;
        let (status, length) = (self.status, self.length);
        Ok(Reader { client, request: self.request.clone(), status, length })
    }
}

impl Worker for Reader {
    async fn once(&mut self) -> anyhow::Result<()> {
        let answer = self.client.send(&self.request).await?;
        let status = answer.status;
        ensure!(status == self.status, "status {status} under load: {}", answer.excerpt());
        ensure!(
            answer.body.len() == self.length,
            "a page of {} bytes instead of {}",
            answer.body.len(),
            self.length
        );
        Ok(())
    }
}
