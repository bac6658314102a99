//! The load of many pages: addresses that are asked for in turn, each anew only when all others had
//! their turn, whoever asks.

use crate::{
    http::{self, Client},
    load::{Worker, Workload},
};
use anyhow::{Context, ensure};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};
use tokio::task::JoinSet;

/// Pages of one node that are asked for in turn.
pub struct Pages {
    url: String,
    requests: Rc<[Vec<u8>]>,
    tally: Rc<RefCell<Tally>>,
}

/// What came of the requests so far.
#[derive(Debug, Default)]
struct Tally {
    /// How many were sent.
    sent: usize,
    /// The length of each body, by its page; 0 of one that was not asked for.
    lengths: Vec<usize>,
    /// How many answers came from where, as the store says.
    sources: BTreeMap<String, usize>,
}

impl Pages {
    /// These paths on the node of this URL.
    ///
    /// # Errors
    /// The URL is not plain HTTP.
    pub fn new(url: &str, paths: &[String]) -> anyhow::Result<Self> {
        let authority = http::split(url)?.0;
        let requests = paths.iter().map(|path| http::get(authority, path, None)).collect();
        let tally = Tally { lengths: vec![0; paths.len()], ..Tally::default() };
        Ok(Self { url: url.to_owned(), requests, tally: Rc::new(tally.into()) })
    }

    /// Asks for each of them once.
    ///
    /// # Errors
    /// One of them does not come, or not in brotli.
    pub async fn each_once(&self, workers: usize) -> anyhow::Result<()> {
        let end = self.tally.borrow().sent + self.requests.len();
        let mut running = JoinSet::new();
        for index in 0..workers {
            let mut reader = self.worker(index).await?;
            running.spawn_local(async move {
                while reader.tally.borrow().sent < end {
                    reader.once().await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(finished) = running.join_next().await {
            finished.context("a worker panicked")??;
        }
        Ok(())
    }

    /// The length of each body that came, in bytes.
    pub fn lengths(&self) -> Vec<usize> {
        self.tally.borrow().lengths.clone()
    }

    /// The share of the answers that came from there.
    pub fn share_from(&self, source: &str) -> f64 {
        let sources = &self.tally.borrow().sources;
        let all: usize = sources.values().sum();
        sources.get(source).copied().unwrap_or_default() as f64 / all.max(1) as f64
    }
}

/// One connection that asks for whichever page has its turn.
pub struct Reader {
    client: Client,
    requests: Rc<[Vec<u8>]>,
    tally: Rc<RefCell<Tally>>,
}

impl Workload for Pages {
    type Worker = Reader;

    async fn worker(&self, _: usize) -> anyhow::Result<Reader> {
        let client = Client::connect(&self.url).await?;
        Ok(Reader { client, requests: self.requests.clone(), tally: self.tally.clone() })
    }
}

impl Worker for Reader {
    async fn once(&mut self) -> anyhow::Result<()> {
        let page = {
            let sent = &mut self.tally.borrow_mut().sent;
            *sent += 1;
            (*sent - 1) % self.requests.len()
        };
        let answer = self.client.send(&self.requests[page]).await?;
        ensure!(answer.status == 200, "status {} under load: {}", answer.status, answer.excerpt());
        ensure!(answer.header("content-encoding") == Some("br"), "a page that is not in brotli");
        let source = answer.header("x-cache").unwrap_or("nowhere");
        let mut tally = self.tally.borrow_mut();
        tally.lengths[page] = answer.body.len();
        match tally.sources.get_mut(source) {
            Some(count) => *count += 1,
            None => drop(tally.sources.insert(source.to_owned(), 1)),
        }
        Ok(())
    }
}
