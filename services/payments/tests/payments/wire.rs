//! A slow network between the store and the provider: what is sent arrives, whether or not the
//! sender is still waiting.

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{Method, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// How long writing requests and their answers are on their way, in milliseconds.
#[derive(Default)]
pub struct Delays {
    pub request: AtomicU64,
    pub answer: AtomicU64,
}

#[derive(Clone)]
struct Wire {
    provider: SocketAddr,
    delays: Arc<Delays>,
    client: reqwest::Client,
}

/// An address from where everything reaches the provider in its time.
pub async fn lay(provider: SocketAddr) -> (SocketAddr, Arc<Delays>) {
    let delays = Arc::new(Delays::default());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let wire = Wire { provider, delays: Arc::clone(&delays), client };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let router = Router::new().fallback(pass).with_state(wire);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (addr, delays)
}

async fn pass(State(wire): State<Wire>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let wait = |delay: &AtomicU64| match parts.method {
        Method::POST => Duration::from_millis(delay.load(Ordering::Relaxed)),
        _ => Duration::ZERO,
    };
    let (before, after) = (wait(&wire.delays.request), wait(&wire.delays.answer));
    // A task of its own: the sender may hang up.
    let passing = tokio::spawn(async move {
        tokio::time::sleep(before).await;
        let url = format!("http://{}{}", wire.provider, parts.uri);
        let mut headers = parts.headers;
        headers.remove("host");
        let sent = wire.client.request(parts.method, url).headers(headers).body(body).send().await;
        let answer = sent.map_err(|_| StatusCode::BAD_GATEWAY)?;
        let status = answer.status();
        let body: Bytes = answer.bytes().await.map_err(|_| StatusCode::BAD_GATEWAY)?;
        tokio::time::sleep(after).await;
        Ok::<_, StatusCode>((status, [(CONTENT_TYPE, "application/json")], body))
    });
    passing.await.unwrap().into_response()
}
