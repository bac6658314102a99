//! A crowd: very many connections to all nodes that ask for one page at the same time.

use crate::http::{self, Client};
use anyhow::{Context, ensure};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How many are connected at the same time; a listener's queue is not endless.
const CONNECTED_AT_ONCE: usize = 64;

/// Connections to some nodes, the same number to each.
pub struct Crowd {
    members: Vec<Member>,
}

struct Member {
    client: Client,
    request: std::rc::Rc<[u8]>,
    sent: Instant,
}

/// What one of the crowd was answered.
#[derive(Debug)]
pub struct Answered {
    /// When it asked.
    pub sent: Instant,
    /// How long it waited for the whole page.
    pub took: Duration,
    /// Where the page came from, as the store says.
    pub source: String,
}

/// All of them once.
#[derive(Debug)]
pub struct Wave {
    /// When the first asked.
    pub begun: Instant,
    /// What each was answered.
    pub answers: Vec<Answered>,
}

impl Crowd {
    /// Connects so many altogether to these nodes.
    ///
    /// # Errors
    /// A node refuses a connection, or this program may not have as many.
    pub async fn gather(nodes: &[&str], path: &str, count: usize) -> anyhow::Result<Self> {
        let mut members = Vec::with_capacity(count);
        while members.len() < count {
            let mut connecting = JoinSet::new();
            for number in members.len()..count.min(members.len() + CONNECTED_AT_ONCE) {
                let node = nodes[number % nodes.len()].to_owned();
                let request = http::get(http::split(&node)?.0, path, None).into();
                connecting.spawn_local(async move {
                    let client = Client::connect(&node).await?;
                    anyhow::Ok(Member { client, request, sent: Instant::now() })
                });
            }
            for member in connecting.join_all().await {
                let hint = || format!("connection {} of {count}; see `ulimit -n`", members.len());
                members.push(member.with_context(hint)?);
            }
        }
        Ok(Self { members })
    }

    /// All ask, and only then the first answer is read.
    ///
    /// # Errors
    /// One of them is not answered with a page.
    pub async fn wave(&mut self) -> anyhow::Result<Wave> {
        let begun = Instant::now();
        for member in &mut self.members {
            member.sent = Instant::now();
            member.client.begin(&member.request).await?;
        }
        let mut reading = JoinSet::new();
        for member in self.members.drain(..) {
            reading.spawn_local(member.read());
        }
        let mut answers = Vec::with_capacity(reading.len());
        while let Some(read) = reading.join_next().await {
            let (member, answered) = read.context("a reader panicked")??;
            self.members.push(member);
            answers.push(answered);
        }
        Ok(Wave { begun, answers })
    }
}

impl Member {
    async fn read(mut self) -> anyhow::Result<(Self, Answered)> {
        let answer = self.client.answer().await?;
        let took = self.sent.elapsed();
        ensure!(answer.status == 200, "status {} in a crowd: {}", answer.status, answer.excerpt());
        let source = answer.header("x-cache").unwrap_or_default().to_owned();
        let answered = Answered { sent: self.sent, took, source };
        Ok((self, answered))
    }
}
