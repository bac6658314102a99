//! The store for programs, through real processes and with real keys.

mod counts;
mod document;
mod events;
mod input;
pub mod instructions;
mod keys;
mod levels;
mod movements;
mod pace;
mod standing;
mod till;

use crate::world::Store;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

/// Runs `vitrine apikey` to its end: the code, and what it prints.
pub async fn apikey(store: &Store, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = store.command(&["apikey"]);
    command.args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = [output.stdout, if output.status.success() { Vec::new() } else { output.stderr }];
    (output.status.code(), String::from_utf8(said.concat()).unwrap())
}

/// A new secret key with these scopes.
pub async fn key(store: &Store, scopes: &str) -> String {
    let (code, said) = apikey(store, &["create", "--name", "a test", "--scopes", scopes]).await;
    assert_eq!(code, Some(0), "{said}");
    said.lines().last().unwrap().to_owned()
}

/// A program with a key.
pub struct Program<'a> {
    pub store: &'a Store,
    pub key: String,
}

impl<'a> Program<'a> {
    pub async fn with(store: &'a Store, scopes: &str) -> Self {
        Self { store, key: key(store, scopes).await }
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.ask_at(&self.store.url, method, path)
    }

    /// The same of the node with this address.
    pub fn ask_at(&self, node: &str, method: Method, path: &str) -> RequestBuilder {
        self.store.client.request(method, format!("{node}{path}")).bearer_auth(&self.key)
    }

    pub async fn get(&self, path: &str) -> Told {
        told(self.ask(Method::GET, path).send().await.unwrap()).await
    }
}

/// An answer, read.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Told {
    /// The status and the code of a problem, which must be one in form.
    pub fn problem(&self) -> (u16, &str) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        assert_eq!(self.headers["cache-control"], "no-store", "{self:?}");
        assert_eq!(self.body["status"], self.status, "{self:?}");
        let id = self.headers["x-request-id"].to_str().unwrap();
        assert_eq!(self.body["instance"], format!("urn:request:{id}"));
        let code = self.body["code"].as_str().unwrap();
        assert_eq!(self.body["type"], format!("/api#{code}"));
        assert!(self.body["title"].is_string() && self.body["detail"].is_string());
        (self.status, code)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

pub async fn told(answer: Response) -> Told {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    Told { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() }
}

const LEVELS: &str = "/api/v1/inventory/levels";
