//! The trial of a stampede: a crowd asks three nodes for one page again and again, and the page is
//! purged in the middle of it. Each node may render it once, nobody may be kept waiting for long, and
//! who asks after the purge has returned gets nothing older.

use crate::{
    crowd::{Crowd, Wave},
    load,
    standing::{self, vitrine},
    trial::{Figure, Trial, Unit},
};
use std::{
    cell::Cell,
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};

/// How often each kind of purge is tried.
const ROUNDS: usize = 3;
/// Waves after the purge has returned.
const AFTER: usize = 2;

/// Where the crowd is, and what it wants.
pub struct Place<'a> {
    /// The folder with the store's binary.
    pub release: &'a Path,
    /// The nodes.
    pub nodes: [&'a str; 3],
    /// The page.
    pub path: &'a str,
    /// How many there are.
    pub count: usize,
}

/// A round: the waves during a purge, and those after it.
struct Round {
    purge_took: Duration,
    waited: Vec<Duration>,
    /// Answers to who asked after the purge had returned that the store itself called stale.
    outdated: usize,
    /// The most that a node has rendered.
    rendered: u64,
}

/// Purges softly and hard.
///
/// # Errors
/// Somebody is not answered with a page.
pub async fn trials(place: &Place<'_>) -> anyhow::Result<Vec<Trial>> {
    let mut crowd = Crowd::gather(&place.nodes, place.path, place.count).await?;
    let mut trials = Vec::new();
    for (how, arguments) in [("softly", &[][..]), ("hard", &["--hard"])] {
        // Nothing happens in these: what the machine takes for so many answers.
        let mut calm = Vec::new();
        for _ in 0..ROUNDS + 1 {
            calm.push(crowd.wave().await?);
        }
        let calm = waited(calm.into_iter().skip(1));
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(round(&mut crowd, place, arguments).await?);
        }
        trials.push(told(place, how, calm, rounds));
    }
    Ok(trials)
}

async fn round(crowd: &mut Crowd, place: &Place<'_>, how: &[&str]) -> anyhow::Result<Round> {
    let before = standing::of_nodes(place.release).await?;
    let purge = Purge::begin(place, how);
    let (mut during, mut after) = (Vec::new(), Vec::new());
    while after.len() < AFTER {
        let wave = crowd.wave().await?;
        match purge.returned() {
            Some(returned) if wave.begun > returned => after.push(wave),
            _ => during.push(wave),
        }
    }
    let (begun, returned) = (purge.begun, purge.end().await?);
    let answers = during.iter().chain(&after).flat_map(|wave| &wave.answers);
    let outdated =
        answers.filter(|answer| answer.sent > returned && answer.source == "stale").count();
    let after = standing::of_nodes(place.release).await?;
    let rendered = after.iter().map(|(node, standing)| {
        standing.rendered - before.get(node).map_or(0, |before| before.rendered)
    });
    Ok(Round {
        purge_took: returned - begun,
        waited: waited(during.into_iter()),
        outdated,
        rendered: rendered.max().unwrap_or_default(),
    })
}

/// A purge under way.
struct Purge {
    begun: Instant,
    returned: Rc<Cell<Option<Instant>>>,
    running: tokio::task::JoinHandle<anyhow::Result<String>>,
}

impl Purge {
    fn begin(place: &Place<'_>, how: &[&str]) -> Self {
        let arguments = [&["cache", "purge", "--path", place.path], how].concat();
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let (release, returned) = (place.release.to_owned(), Rc::<Cell<_>>::default());
        let noting = returned.clone();
        let running = tokio::task::spawn_local(async move {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let told = vitrine(&release, &arguments).await;
            noting.set(Some(Instant::now()));
            told
        });
        Self { begun: Instant::now(), returned, running }
    }

    fn returned(&self) -> Option<Instant> {
        self.returned.get()
    }

    async fn end(self) -> anyhow::Result<Instant> {
        self.running.await??;
        Ok(self.returned.get().unwrap_or_else(Instant::now))
    }
}

/// How long everybody waited, shortest first.
fn waited(waves: impl Iterator<Item = Wave>) -> Vec<Duration> {
    let mut waited: Vec<Duration> =
        waves.flat_map(|wave| wave.answers).map(|answer| answer.took).collect();
    waited.sort_unstable();
    waited
}

fn told(place: &Place<'_>, how: &str, calm: Vec<Duration>, rounds: Vec<Round>) -> Trial {
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    let most = |of: fn(&Round) -> f64| rounds.iter().map(of).fold(0.0, f64::max);
    let rendered = most(|round| round.rendered as f64);
    let purge = most(|round| round.purge_took.as_secs_f64() * 1e6);
    let outdated = rounds.iter().map(|round| round.outdated).sum::<usize>() as f64;
    let mut waited: Vec<Duration> = rounds.into_iter().flat_map(|round| round.waited).collect();
    waited.sort_unstable();
    let quantile = |of: &[Duration], share| microseconds(load::quantile(of, share));
    let figure = |label: &str, value, unit| Figure::new(label, value, unit);
    use Unit::{Count, Microseconds};
    Trial {
        name: format!(
            "Stampede: {} requests in flight on three nodes, their page purged {how}",
            place.count
        ),
        figures: vec![
            figure("renders on a node, at most", rendered, Count).at_most(1.0),
            figure("answers called stale, to who asked after it returned", outdated, Count)
                .at_most(0.0),
            figure("p50 while it is purged", quantile(&waited, 0.5), Microseconds),
            figure("p99 while it is purged", quantile(&waited, 0.99), Microseconds)
                .at_most(100_000.0),
            figure("p99 while nothing happens", quantile(&calm, 0.99), Microseconds),
            figure("the purge, at most", purge, Microseconds),
        ],
    }
}
