//! The load: so many at once, each doing the same thing again and again until the time is up. All of
//! it runs on one thread, so that on a small machine the rest is left to what is measured.

use anyhow::Context;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Something that can be done again and again by several at once.
pub trait Workload {
    /// One of those who do it.
    type Worker: Worker + 'static;

    /// Makes the worker of this index ready: connected, but with nothing done yet.
    async fn worker(&self, index: usize) -> anyhow::Result<Self::Worker>;
}

/// One of those who do the work.
pub trait Worker {
    /// Does it once, and checks that it was done.
    async fn once(&mut self) -> anyhow::Result<()>;
}

/// What came of a round.
#[derive(Debug)]
pub struct Load {
    /// How long each took, shortest first.
    latencies: Vec<Duration>,
    /// From the start until the last was done.
    elapsed: Duration,
}

impl Load {
    /// How many were done.
    pub fn done(&self) -> usize {
        self.latencies.len()
    }

    /// How many were done a second.
    pub fn per_second(&self) -> f64 {
        self.done() as f64 / self.elapsed.as_secs_f64()
    }

    /// The time within which this share of all was done.
    pub fn quantile(&self, share: f64) -> Duration {
        quantile(&self.latencies, share)
    }
}

/// The time within which this share of them was done; `latencies` are sorted, shortest first.
pub fn quantile(latencies: &[Duration], share: f64) -> Duration {
    let rank = (share * latencies.len() as f64).ceil() as usize;
    latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// Lets `workers` do the work for this long. What is under way at the end is finished and counted.
///
/// # Errors
/// One of them failed: a figure that leaves failures out would say nothing.
pub async fn drive<W: Workload>(
    workload: &W,
    workers: usize,
    time: Duration,
) -> anyhow::Result<Load> {
    let mut ready = Vec::with_capacity(workers);
    for index in 0..workers {
        ready.push(workload.worker(index).await?);
    }
    let mut running = JoinSet::new();
    let start = Instant::now();
    for mut worker in ready {
        running.spawn_local(async move {
            let mut latencies = Vec::new();
            let mut begun = Instant::now();
            while begun - start < time {
                worker.once().await?;
                let now = Instant::now();
                latencies.push(now - begun);
                begun = now;
            }
            anyhow::Ok(latencies)
        });
    }
    let mut latencies = Vec::new();
    while let Some(finished) = running.join_next().await {
        latencies.append(&mut finished.context("a worker panicked")??);
    }
    let elapsed = start.elapsed();
    latencies.sort_unstable();
    anyhow::ensure!(!latencies.is_empty(), "nothing was done within {time:?}");
    Ok(Load { latencies, elapsed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(milliseconds: impl Iterator<Item = u64>) -> Load {
        let latencies = milliseconds.map(Duration::from_millis).collect();
        Load { latencies, elapsed: Duration::from_secs(2) }
    }

    #[test]
    fn a_quantile_is_a_time_that_was_measured() {
        let load = load(1..=100);
        assert_eq!(load.quantile(0.5), Duration::from_millis(50));
        assert_eq!(load.quantile(0.99), Duration::from_millis(99));
        assert_eq!(load.quantile(1.0), Duration::from_millis(100));
        assert_eq!(load.per_second(), 50.0);
    }

    #[test]
    fn a_single_measurement_is_every_quantile() {
        let load = load(std::iter::once(7));
        assert_eq!(load.quantile(0.5), load.quantile(0.99));
    }
}
