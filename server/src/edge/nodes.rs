//! The nodes that serve pages: what each says of itself, and how long a change takes until all of them serve
//! nothing older.

use super::PageStore;
use redis::AsyncCommands;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// A node that serves pages, and what it said of itself last.
#[derive(Debug, Clone)]
pub struct NodeStanding {
    /// Its name, new at each start.
    pub node: String,
    /// What it said.
    pub report: Report,
}

/// What a node says of itself.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Report {
    /// The number of the last change older than which it serves nothing.
    pub settled: u64,
    /// Pages in its memory, and the bytes they take.
    pub pages: u64,
    /// See `pages`.
    pub bytes: u64,
    /// Answers since it started: from its memory, from the shared cache, from its memory while a newer
    /// one was being made, and after a render they waited for.
    pub served: [u64; 4],
    /// Pages it has rendered to be kept; many answers may have waited for one.
    #[serde(default)]
    pub rendered: u64,
}

impl PageStore {
    /// Which nodes serve pages now, and how each stands.
    pub async fn nodes_standing(&self) -> redis::RedisResult<Vec<NodeStanding>> {
        let mut redis = self.redis();
        let mut nodes: Vec<String> = redis.smembers(self.nodes(None)).await?;
        nodes.sort();
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = nodes.iter().map(|node| self.nodes(Some(node))).collect();
        let told: Vec<Option<String>> = redis.mget(keys).await?;
        // What a node that is gone left behind expires; only its name stays, until somebody looks.
        let (mut standing, mut gone) = (Vec::new(), Vec::new());
        for (node, told) in nodes.into_iter().zip(told) {
            match told.and_then(|json| serde_json::from_str(&json).ok()) {
                Some(report) => standing.push(NodeStanding { node, report }),
                None => gone.push(node),
            }
        }
        if !gone.is_empty() {
            let () = redis.srem(self.nodes(None), gone).await?;
        }
        Ok(standing)
    }

    /// Waits until every node that serves pages has settled the change with this number. Answers
    /// those that have not done so in time.
    pub async fn wait_until_settled(
        &self,
        number: u64,
        patience: Duration,
    ) -> redis::RedisResult<Vec<String>> {
        let begun = Instant::now();
        loop {
            let nodes = self.nodes_standing().await?;
            let behind = nodes.into_iter().filter(|node| node.report.settled < number);
            let behind: Vec<String> = behind.map(|node| node.node).collect();
            if behind.is_empty() || begun.elapsed() >= patience {
                return Ok(behind);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
