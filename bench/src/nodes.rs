//! More nodes of the store: processes of its own binary on its databases, each with its own memory.
//! They take their settings from this program's environment, and end with it.

use crate::{cpu::Program, http::Client};
use anyhow::Context;
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{net::TcpStream, time::sleep};

/// A running node.
pub struct Node {
    child: Child,
    /// Where it answers.
    pub url: String,
}

impl Node {
    /// Starts a node with the binary of this folder and waits until it is ready. `settings` are what
    /// it has otherwise than the store.
    ///
    /// # Errors
    /// Its port is taken, or it does not become ready.
    pub async fn start(
        release: &Path,
        port: u16,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let address = format!("127.0.0.1:{port}");
        anyhow::ensure!(
            TcpStream::connect(&address).await.is_err(),
            "port {port}, meant for another node of the store, is taken"
        );
        // Whatever becomes of this program, the node is told to end.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM"])
            .arg(release.join("vitrine"))
            .arg("serve")
            .env("VITRINE__SERVER__LISTEN", &address)
            .env("VITRINE__LOG__FILTER", "warn")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("setpriv could not be started")?;
        let mut node = Self { child, url: format!("http://{address}") };
        for _ in 0..200 {
            if let Some(status) = node.child.try_wait()? {
                anyhow::bail!("a node of the store ended at once: {status}");
            }
            if node.is_ready().await {
                return Ok(node);
            }
            sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("a node of the store does not become ready at {address}")
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut client) = Client::connect(&self.url).await else { return false };
        client.page("/health/ready").await.is_ok_and(|answer| answer.status == 200)
    }

    /// Its processes.
    pub fn program(&self) -> Program {
        Program { name: "node", pid: self.child.id() }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Asked and not killed, so that its name leaves the list of nodes with it.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if asked.is_ok_and(|status| status.success()) {
            let _ = self.child.wait();
        }
    }
}
