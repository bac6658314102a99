//! Connections: how many there may be, how long one may take to say what it wants, how they end. What
//! is answered is the service's business.

mod patient;

use crate::client::TrustedProxies;
use axum::{body::Body, extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use patient::Patient;
use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

/// The largest head of a request: a cookie and a referrer fit many times. hyper itself refuses more
/// than a hundred headers.
const HEAD: usize = 32 * 1024;
/// How long accepting rests when the system has no file left for a connection.
const REST: Duration = Duration::from_secs(1);

/// What is not to be exceeded.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time; who comes then waits to be accepted.
    pub connections: usize,
    /// How long the head of a request may take from the first byte to the last. A connection that is
    /// kept for a next request may rest as long.
    pub head: Duration,
    /// How long a peer may take nothing of what it is sent.
    pub write: Duration,
}

impl Limits {
    /// So many connections, and half a minute for a head and for a pause in reading.
    pub fn new(connections: usize) -> Self {
        let half_a_minute = Duration::from_secs(30);
        Self { connections, head: half_a_minute, write: half_a_minute }
    }
}

/// Serves until `stop`; then nothing is accepted any more, and what was begun is finished. With each
/// request is the address of whoever asks ([`ClientAddress`](crate::client::ClientAddress)), for which
/// these proxies are believed.
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
    limits: Limits,
    proxies: TrustedProxies,
    stop: CancellationToken,
) where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(limits.head).max_header_size(HEAD);
    let places = Arc::new(Semaphore::new(limits.connections));
    let proxies = Arc::new(proxies);
    let connections = GracefulShutdown::new();
    while let Some((place, stream, peer)) =
        stop.run_until_cancelled(accept(&listener, &places)).await.flatten()
    {
        let proxies = proxies.clone();
        let service = service.clone().map_request(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            let client = proxies.client(peer.ip(), request.headers());
            request.extensions_mut().insert(client);
            request
        });
        let service = TowerToHyperService::new(service);
        let stream = TokioIo::new(Patient::new(stream, limits.write));
        let connection = protocol.serve_connection(stream, service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // A peer that went away or said nothing sensible is nobody's trouble but its own.
            if let Err(error) = connection.await {
                tracing::trace!(%error, "a connection broke");
            }
            drop(place);
        });
    }
    drop(listener);
    connections.shutdown().await;
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    // The semaphore is never closed.
    let place = places.clone().acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are written whole: nothing is gained by waiting for more.
                let _ = stream.set_nodelay(true);
                return Some((place, stream, peer));
            }
            Err(error) if is_of_one_peer(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// Whether a peer went away before it was accepted.
fn is_of_one_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ClientAddress;
    use axum::{Extension, Router, routing::get};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpSocket,
    };

    const SOON: Duration = Duration::from_secs(20);

    /// A service that says who asks, and the token that stops it.
    async fn served(limits: Limits) -> (SocketAddr, CancellationToken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let who = async |Extension(ClientAddress(who)): Extension<ClientAddress>| who.to_string();
        let stop = CancellationToken::new();
        let service = Router::new().route("/", get(who));
        let proxies = TrustedProxies::new(vec!["127.0.0.2".parse().unwrap()]);
        tokio::spawn(serve(listener, service, limits, proxies, stop.clone()));
        (address, stop)
    }

    /// What comes back until the connection ends.
    async fn answer(stream: &mut TcpStream, said: &str) -> String {
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut heard = Vec::new();
        let ended = tokio::time::timeout(SOON, stream.read_to_end(&mut heard)).await;
        ended.expect("the connection ends").unwrap();
        String::from_utf8(heard).unwrap()
    }

    #[tokio::test]
    async fn a_connection_that_sends_half_a_request_is_closed() {
        let limits = Limits { head: Duration::from_millis(100), ..Limits::new(10) };
        let (address, _stop) = served(limits).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        assert_eq!(answer(&mut stream, "GET / HT").await, "");
    }

    #[tokio::test]
    async fn a_peer_that_does_not_take_what_it_is_sent_is_dropped() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sent = Arc::new(());
        let held = sent.clone();
        // More than any buffer on the way holds, without end.
        let endless = move || {
            let held = held.clone();
            let chunks = futures::stream::repeat_with(move || {
                let _held = &held;
                Ok::<_, Infallible>(bytes::Bytes::from_static(&[b'x'; 64 * 1024]))
            });
            async move { Body::from_stream(chunks) }
        };
        let limits = Limits { write: Duration::from_millis(100), ..Limits::new(10) };
        let router = Router::new().route("/", get(endless));
        tokio::spawn(serve(
            listener,
            router,
            limits,
            TrustedProxies::default(),
            CancellationToken::new(),
        ));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n").await.unwrap();
        stream.readable().await.unwrap();
        let begun = tokio::time::Instant::now();
        // One for the test, one for the router's handler: the third is the answer's.
        while Arc::strong_count(&sent) > 2 {
            assert!(begun.elapsed() < SOON, "it is still being sent");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn a_request_carries_the_address_of_whoever_asks() {
        let (address, _stop) = served(Limits::new(10)).await;
        let request = "GET / HTTP/1.1\r\nhost: shop\r\nx-forwarded-for: 198.51.100.1\r\n\
                       connection: close\r\n\r\n";
        // Of these two only the second is a proxy.
        for (from, client) in [("127.0.0.1", "127.0.0.1"), ("127.0.0.2", "198.51.100.1")] {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::new(from.parse().unwrap(), 0)).unwrap();
            let mut stream = socket.connect(address).await.unwrap();
            let told = answer(&mut stream, request).await;
            assert!(told.ends_with(&format!("\r\n\r\n{client}")), "{told}");
        }
    }

    #[tokio::test]
    async fn who_comes_when_all_places_are_taken_waits_for_one() {
        let (address, _stop) = served(Limits::new(1)).await;
        let first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        let request = "GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n";
        let answered = tokio::spawn(async move { answer(&mut second, request).await });
        // Half a request holds the place; its end gives it back.
        first.writable().await.unwrap();
        first.try_write(b"GET / HT").unwrap();
        tokio::task::yield_now().await;
        assert!(!answered.is_finished());
        drop(first);
        assert!(answered.await.unwrap().starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn connections_without_a_request_do_not_delay_the_stop() {
        let (address, stop) = served(Limits::new(10)).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        let request = "GET / HTTP/1.1\r\nhost: shop\r\n\r\n";
        idle.write_all(request.as_bytes()).await.unwrap();
        let mut first = [0];
        idle.read_exact(&mut first).await.unwrap();
        stop.cancel();
        answer(&mut idle, "").await;
    }
}
