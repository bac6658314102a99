//! The trial of live news: a warehouse tells a movement, and a thousand open pages are watched until the last of
//! them has heard of it.

use crate::{
    http::{self, Client},
    load, standing,
    trial::{Figure, Trial, Unit},
};
use anyhow::{Context, ensure};
use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    path::Path,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{sleep, timeout},
};

const PAGES: usize = 1_000;
/// The pages are of so many addresses: 127.0.0.2 and following.
const ADDRESSES: usize = 50;
const MOVEMENTS: usize = 100;
/// Sold by nobody, and few of it: each movement is news.
const SKU: &str = "BENCH-LIVE";
/// The pauses between two movements, of several lengths: they meet whatever comes at intervals at different moments.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(113), Duration::from_millis(129), Duration::from_millis(141)];
/// What was not heard so long afterwards is not heard at all.
const HEARD_WITHIN: Duration = Duration::from_secs(5);

/// What a page heard: how many pieces are left, and when.
type Heard = (usize, Instant);

/// Tells movements of one SKU again and again; at the end nothing of it is left.
///
/// # Errors
/// A movement is refused, or a page does not hear of it.
pub async fn trial(release: &Path, nodes: [&str; 3], warehouse: &str) -> anyhow::Result<Trial> {
    let scopes = ["apikey", "create", "--name", "bench", "--scopes", "inventory:write"];
    let made = standing::vitrine(release, &scopes).await?;
    let key = made.lines().last().context("no key was printed")?.to_owned();
    let mut floor = Floor {
        client: Client::connect(nodes[0]).await?,
        authority: http::split(nodes[0])?.0.to_owned(),
        warehouse: warehouse.to_owned(),
        key,
    };
    floor.tell("received", 1).await?;
    let measured = measure(&mut floor, &nodes).await;
    floor.tell("scrapped", 1).await?;
    let (mut each, mut last) = measured?;
    each.sort_unstable();
    last.sort_unstable();
    let figure = |label: &str, of: &[Duration], share| {
        let time = load::quantile(of, share).as_secs_f64() * 1e6;
        Figure::new(label, time, Unit::Microseconds)
    };
    Ok(Trial {
        name: format!(
            "A warehouse tells {MOVEMENTS} movements, and {PAGES} open pages on three nodes hear of each"
        ),
        figures: vec![
            figure("a page, p50", &each, 0.5),
            figure("a page, p99", &each, 0.99).at_most(100_000.0),
            figure("the last page, p50", &last, 0.5),
            figure("the last page, the longest", &last, 1.0),
        ],
    })
}

/// How long each page waited for each movement, and how long the last page did.
async fn measure(
    floor: &mut Floor,
    nodes: &[&str],
) -> anyhow::Result<(Vec<Duration>, Vec<Duration>)> {
    let (tell, mut heard) = unbounded_channel();
    for page in 0..PAGES {
        let address = Ipv4Addr::new(127, 0, 0, 2 + u8::try_from(page % ADDRESSES)?);
        let open = open(nodes[page % nodes.len()], address, tell.clone());
        timeout(HEARD_WITHIN, open).await.context("a page could not be opened in time")??;
    }
    drop(tell);
    hear(&mut heard, 1).await?;
    let (mut each, mut last) = (Vec::with_capacity(PAGES * MOVEMENTS), Vec::new());
    for (number, pause) in (0..MOVEMENTS).zip(PAUSES.into_iter().cycle()) {
        sleep(pause).await;
        let (kind, left) = [("received", 2), ("scrapped", 1)][number % 2];
        floor.tell(kind, 1).await?;
        let told = Instant::now();
        // Some hear of it before the warehouse has its answer.
        let waited = hear(&mut heard, left).await?.into_iter().map(|at| at.duration_since(told));
        let waited: Vec<_> = waited.collect();
        last.extend(waited.iter().max());
        each.extend(waited);
    }
    Ok((each, last))
}

/// When each page heard that so many are left.
async fn hear(heard: &mut UnboundedReceiver<Heard>, left: usize) -> anyhow::Result<Vec<Instant>> {
    let all = async {
        let mut when = Vec::with_capacity(PAGES);
        while when.len() < PAGES {
            let (told, at) = heard.recv().await.context("all pages have gone")?;
            ensure!(told == left, "a page hears of {told} where {left} are left");
            when.push(at);
        }
        Ok(when)
    };
    timeout(HEARD_WITHIN, all).await.context("not all pages have heard of a movement")?
}

/// Opens a page's stream, and reads it for as long as it lasts.
async fn open(node: &str, from: Ipv4Addr, tell: UnboundedSender<Heard>) -> anyhow::Result<()> {
    let authority = http::split(node)?.0;
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddrV4::new(from, 0).into())?;
    let address: SocketAddr = authority.parse().context("the node has no address of numbers")?;
    let mut stream = socket.connect(address).await.context("the node does not answer")?;
    let request = format!(
        "GET /events?sku={SKU} HTTP/1.1\r\nhost: {authority}\r\naccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    tokio::task::spawn_local(async move {
        let mut buffer = Vec::with_capacity(2_048);
        while let Ok(1..) = stream.read_buf(&mut buffer).await {
            let at = Instant::now();
            // An event ends with an empty line.
            while let Some(end) = buffer.windows(2).position(|two| two == b"\n\n") {
                if let Some(left) = left(&String::from_utf8_lossy(&buffer[..end]))
                    && tell.send((left, at)).is_err()
                {
                    return;
                }
                buffer.drain(..end + 2);
            }
        }
    });
    Ok(())
}

/// How many pieces are left by this event.
fn left(event: &str) -> Option<usize> {
    let (_, rest) = event.split_once("\"left\":")?;
    rest.split(|after: char| !after.is_ascii_digit()).next()?.parse().ok()
}

/// A warehouse's floor, from which movements are told.
struct Floor {
    client: Client,
    authority: String,
    warehouse: String,
    key: String,
}

impl Floor {
    async fn tell(&mut self, kind: &str, pieces: u32) -> anyhow::Result<()> {
        let body = serde_json::json!({
            "source": "bench",
            "new_skus": "open",
            "movements": [{
                "external_id": uuid::Uuid::now_v7(),
                "warehouse": self.warehouse,
                "sku": SKU,
                "kind": kind,
                "quantity": pieces,
            }],
        })
        .to_string();
        let request = format!(
            "POST /api/v1/inventory/movements HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.authority,
            self.key,
            body.len(),
        );
        let answer = self.client.send(request.as_bytes()).await?;
        let is_applied = answer.status == 200 && answer.text().contains("\"applied\"");
        ensure!(is_applied, "{kind} was answered {}: {}", answer.status, answer.excerpt());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_found_in_an_event_of_stock() {
        let stock =
            "event: stock\ndata: {\"sku\":\"A\",\"class\":\"few_left\",\"left\":12,\"version\":3}";
        assert_eq!(left(stock), Some(12));
        assert_eq!(left("event: price\ndata: {\"sku\":\"A\",\"price\":null,\"version\":0}"), None);
    }
}
