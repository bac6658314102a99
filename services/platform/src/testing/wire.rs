//! A line to a server of which a test counts the round trips, and which it may freeze or cut: what
//! happens to networks, without touching the server that other tests use.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    runtime::{self, Runtime},
    sync::watch,
};

/// What drivers say to servers of their own accord: greetings, heartbeats, and the wait for news.
const HOUSEKEEPING: [&[u8]; 11] = [
    b"hello\0",
    b"isMaster\0",
    b"ismaster\0",
    b"endSessions\0",
    b"\x10ping\0",
    b"CLIENT\r\n",
    b"XREAD\r\n",
    // PostgreSQL's: whether TLS is spoken, who it is, and the two steps of the password.
    &[0, 0, 0, 8, 4, 210, 22, 47],
    b"client_encoding\0",
    b"SCRAM-SHA-256\0",
    b"c=biws",
];

/// What [`Wire::round_trips`] says of PostgreSQL's message of that name alone, by which the driver
/// looks after a connection that was given back to its pool: nobody waits for it.
pub const SYNC: &str = "S";

/// How much of what was said is kept for a test that wants to know.
const KEPT: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Frozen,
    Cut,
}

/// A line to a server, through a port of its own on loopback. It has a thread of its own: a test that
/// ends waits for its databases to go, and they for what is under way on the line.
pub struct Wire {
    address: SocketAddr,
    state: watch::Sender<State>,
    said: Arc<Mutex<VecDeque<String>>>,
    runtime: Option<Runtime>,
}

impl Wire {
    /// A line to the server that a URL names, and the same URL leading through it. The URL must name
    /// host and port.
    pub async fn through(url: &str) -> (Self, String) {
        let start = url.find("://").map_or(0, |at| at + 3);
        let end = url[start..].find(['/', '?']).map_or(url.len(), |at| start + at);
        let host = url[start..end].rfind('@').map_or(start, |at| start + at + 1);
        let server = url[host..end].to_owned();
        assert!(server.contains(':'), "{server} names no port");
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a thread can be started");
        let listening = runtime.spawn(TcpListener::bind("127.0.0.1:0")).await;
        let listener = listening.expect("binding ends").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (state, watched) = watch::channel(State::Open);
        let said = Arc::new(Mutex::new(VecDeque::new()));
        runtime.spawn(accept(listener, server, watched, said.clone()));
        let mut url = format!("{}{address}{}", &url[..host], &url[end..]);
        if url.starts_with("mongodb") {
            // Else the driver goes on to where the server says that it is.
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str("directConnection=true");
        }
        (Self { address, state, said, runtime: Some(runtime) }, url)
    }

    /// Where the line begins.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was asked of the server since the last call, one entry for each round trip: whatever is
    /// sent before an answer comes counts as one. Drivers' own housekeeping is left out.
    pub fn round_trips(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    /// Nothing goes through any more, and no connection ends: a server that hangs.
    pub fn freeze(&self) {
        self.state.send_replace(State::Frozen);
    }

    /// Every connection ends, and new ones do at once: a server that is gone.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// All is well again; what waited goes through.
    pub fn mend(&self) {
        self.state.send_replace(State::Open);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

type Said = Arc<Mutex<VecDeque<String>>>;

async fn accept(listener: TcpListener, server: String, state: watch::Receiver<State>, said: Said) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(connect(client, server.clone(), state.clone(), said.clone()));
    }
}

async fn connect(client: TcpStream, server: String, state: watch::Receiver<State>, said: Said) {
    if *state.borrow() == State::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Whether an answer is outstanding: what is said meanwhile belongs to the same round trip.
    let waiting = Arc::new(Mutex::new(false));
    let asked = {
        let waiting = waiting.clone();
        move |bytes: &[u8]| {
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if *waiting || is_housekeeping(bytes) {
                return;
            }
            *waiting = true;
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_back(readable(bytes));
            if said.len() > KEPT {
                said.pop_front();
            }
        }
    };
    let answered = move |_: &[u8]| *waiting.lock().unwrap_or_else(PoisonError::into_inner) = false;
    tokio::join!(
        pass(from_client, to_server, state.clone(), asked),
        pass(from_server, to_client, state, answered),
    );
}

/// Hands bytes on until either side ends or the line is cut.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    heard: impl Fn(&[u8]),
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut cut = state.clone();
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read.unwrap_or(0),
            _ = cut.wait_for(|state| *state == State::Cut) => 0,
        };
        if read == 0 || state.wait_for(|state| *state != State::Frozen).await.is_err() {
            break;
        }
        if *state.borrow() == State::Cut {
            break;
        }
        heard(&buffer[..read]);
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

fn is_housekeeping(bytes: &[u8]) -> bool {
    HOUSEKEEPING.iter().any(|words| bytes.windows(words.len()).any(|window| window == *words))
}

/// The letters among the bytes, for a test's message.
fn readable(bytes: &[u8]) -> String {
    let letter = |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte) } else { ' ' };
    let text: String = bytes.iter().take(400).map(letter).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
