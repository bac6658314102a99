//! What open pages cost a node: opens many streams of live news to one store on this machine, from many
//! addresses of loopback, waits until each was told how things stand, and prints how much the node's
//! memory has grown (`VmRSS`). With `--hold` they stay open, and what they are told meanwhile is counted.

use anyhow::{Context, bail, ensure};
use clap::Parser;
use std::{
    fs,
    io::Write,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

/// How many streams are being opened at the same time.
const AT_ONCE: usize = 100;
/// How long one may take until it was told everything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which node, and how many streams.
#[derive(Parser)]
#[command(about, long_about = None)]
struct Arguments {
    /// Where the node listens.
    #[arg(long)]
    node: SocketAddr,
    /// The node's process.
    #[arg(long)]
    pid: u32,
    /// What each page asks to hear of: one SKU or several, as in the address of `/events`.
    #[arg(long)]
    query: String,
    /// How many pages.
    #[arg(long, default_value_t = 10_000)]
    streams: usize,
    /// How many addresses they come from: 127.0.0.2 and following.
    #[arg(long, default_value_t = 50)]
    addresses: u8,
    /// How many seconds they stay open afterwards.
    #[arg(long, default_value_t = 0)]
    hold: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let skus = arguments.query.matches("sku=").count();
    ensure!(skus > 0, "the query names no SKU");
    let before = resident(arguments.pid)?;
    let begun = Instant::now();
    let streams = open_all(&arguments, 2 * skus).await?;
    let (opened, took) = (streams.len(), begun.elapsed());
    let after = resident(arguments.pid)?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{opened} streams open and told, in {:.1} s\n\
         resident memory of the node: {:.1} MB before, {:.1} MB after\n\
         growth: {:.1} MB, {:.1} kB a stream",
        took.as_secs_f64(),
        before as f64 / 1e6,
        after as f64 / 1e6,
        (after as f64 - before as f64) / 1e6,
        (after as f64 - before as f64) / 1e3 / opened as f64,
    )?;
    if arguments.hold > 0 {
        let heard = listen(streams, Duration::from_secs(arguments.hold)).await;
        let now = resident(arguments.pid)?;
        writeln!(out, "held for {} s: {heard}; {:.1} MB", arguments.hold, now as f64 / 1e6)?;
    }
    Ok(())
}

/// Opens them all; each has heard `events` events when this returns.
async fn open_all(arguments: &Arguments, events: usize) -> anyhow::Result<Vec<TcpStream>> {
    let (node, addresses) = (arguments.node, usize::from(arguments.addresses));
    let request: Arc<str> = format!(
        "GET /events?{} HTTP/1.1\r\nhost: {node}\r\naccept: text/event-stream\r\n\r\n",
        arguments.query
    )
    .into();
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut opening = JoinSet::new();
    for number in 0..arguments.streams {
        let last = 2 + u8::try_from(number % addresses)?;
        let (request, place) = (request.clone(), places.clone().acquire_owned().await?);
        opening.spawn(async move {
            let opened =
                timeout(PATIENCE, open(node, Ipv4Addr::new(127, 0, 0, last), &request, events));
            let opened = opened.await.context("a stream was not told everything in time")?;
            drop(place);
            opened
        });
    }
    let mut streams = Vec::with_capacity(arguments.streams);
    while let Some(opened) = opening.join_next().await {
        streams.push(opened??);
    }
    Ok(streams)
}

async fn open(
    node: SocketAddr,
    from: Ipv4Addr,
    request: &str,
    events: usize,
) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddrV4::new(from, 0).into())?;
    let mut stream = socket.connect(node).await.context("the node does not answer")?;
    stream.write_all(request.as_bytes()).await?;
    let mut heard = Vec::new();
    while count(&heard) < events {
        ensure!(stream.read_buf(&mut heard).await? > 0, "the node ended a stream");
        if !heard.starts_with(b"HTTP/1.1 200 ") {
            bail!("refused: {}", String::from_utf8_lossy(&heard));
        }
    }
    Ok(stream)
}

/// How many events there are in what was heard.
fn count(heard: &[u8]) -> usize {
    heard.windows(7).filter(|window| window == b"event: ").count()
}

/// Hears what is told for a while; says how much that was, and how long the last page waited after the
/// first.
async fn listen(streams: Vec<TcpStream>, hold: Duration) -> String {
    let begun = Instant::now();
    let heard: Arc<[AtomicU64; 3]> = Arc::new([0, u64::MAX, 0].map(AtomicU64::new));
    for mut stream in streams {
        let heard = heard.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 2_048];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                let events = count(buffer.get(..read).unwrap_or_default()) as u64;
                if events > 0 {
                    let at = begun.elapsed().as_micros() as u64;
                    heard[0].fetch_add(events, Relaxed);
                    heard[1].fetch_min(at, Relaxed);
                    heard[2].fetch_max(at, Relaxed);
                }
            }
        });
    }
    sleep(hold).await;
    let [events, first, last] = [0, 1, 2].map(|index: usize| heard[index].load(Relaxed));
    match events {
        0 => "nothing was told".to_owned(),
        events => format!(
            "{events} events told, the last {:.0} ms after the first",
            last.saturating_sub(first) as f64 / 1e3
        ),
    }
}

/// Resident memory of a process, in bytes.
fn resident(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("there is no process {pid}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no VmRSS")?;
    Ok(kibibytes.trim().parse::<u64>()? * 1_024)
}
