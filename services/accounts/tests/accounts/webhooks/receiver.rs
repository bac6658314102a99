//! Somebody who is told.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
    routing::any,
};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};
use uuid::Uuid;

/// What it does with what it is told.
#[derive(Debug, Clone)]
pub enum Does {
    /// Answers with this status.
    Answer(u16),
    /// Sends the caller on.
    SendOn(String),
    /// Says nothing.
    Nothing,
    /// Says yes, and then talks without end.
    TalkForEver,
}

/// One that was told, as it came.
#[derive(Debug, Clone)]
pub struct Told {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Told {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The message's id.
    pub fn id(&self) -> Uuid {
        self.header("webhook-id").parse().unwrap()
    }
}

#[derive(Clone)]
struct Ears {
    told: Arc<Mutex<Vec<Told>>>,
    does: Arc<Mutex<Does>>,
}

/// It listens until it is dropped.
pub struct Receiver {
    pub url: String,
    ears: Ears,
    listening: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Receiver {
    pub async fn open(does: Does) -> Self {
        let ears = Ears { told: Arc::default(), does: Arc::new(Mutex::new(does)) };
        let router = Router::new().fallback(any(hear)).with_state(ears.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let listening = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, ears, listening }
    }

    /// From now on.
    pub fn does(&self, does: Does) {
        *self.ears.does.lock().unwrap() = does;
    }

    /// All that it was told.
    pub fn told(&self) -> Vec<Told> {
        self.ears.told.lock().unwrap().clone()
    }

    /// The ids of what it was told.
    pub fn ids(&self) -> Vec<Uuid> {
        self.told().iter().map(Told::id).collect()
    }
}

async fn hear(State(ears): State<Ears>, headers: HeaderMap, body: Bytes) -> Response {
    ears.told.lock().unwrap().push(Told { headers, body });
    let does = ears.does.lock().unwrap().clone();
    match does {
        Does::Answer(status) => {
            (StatusCode::from_u16(status).unwrap(), "that is what I say").into_response()
        }
        Does::SendOn(to) => (StatusCode::PERMANENT_REDIRECT, [(LOCATION, to)]).into_response(),
        Does::Nothing => std::future::pending().await,
        Does::TalkForEver => {
            let talk = futures::stream::unfold((), async |()| {
                tokio::time::sleep(Duration::from_millis(1)).await;
                Some((Ok::<_, Infallible>(Bytes::from(vec![b'x'; 4_096])), ()))
            });
            Body::from_stream(talk).into_response()
        }
    }
}
