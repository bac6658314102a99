//! Databases of a test's own, as processes that it may kill and freeze without taking them from the others.

use crate::world::{Process, SOON, free_port, until};
use platform::testing;
use std::{
    net::TcpStream,
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// A server, its data and the port that it listens on.
pub struct Server {
    process: Process,
    command: Box<dyn Fn() -> Command>,
    port: u16,
    _data: Folder,
}

/// A folder that goes with its value. It is where any user can reach it: PostgreSQL's must, which refuses to
/// run as root.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = Path::new("/var/tmp").join(format!("vitrine-{}", testing::redis().1));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Server {
    async fn start(data: Folder, command: impl Fn(u16, &Path) -> Command + 'static) -> Self {
        let (port, folder) = (free_port(), data.0.clone());
        let command = move || command(port, &folder);
        let process = Process::start(&mut command());
        let server = Self { process, command: Box::new(command), port, _data: data };
        until("the server listens", async || server.listens()).await;
        server
    }

    /// Redis, which keeps nothing.
    pub async fn redis() -> Self {
        Self::start(Folder::new(), |port, folder| {
            let mut command = Command::new("redis-server");
            command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--dir"]).arg(folder);
            command.args(["--save", "", "--appendonly", "no", "--daemonize", "no"]);
            command
        })
        .await
    }

    /// The server that speaks MongoDB's protocol. What it has acknowledged outlives it, as MongoDB's own
    /// default has it (a majority that has it in their journals).
    pub async fn mongodb() -> Self {
        Self::start(Folder::new(), |port, folder| {
            let mut command = Command::new("secantusd-rs");
            command.args(["--host", "127.0.0.1", "--port", &port.to_string(), "--storage-path"]);
            command.arg(folder).args(["--cache-size", "64M", "--log-level", "WARNING"]);
            command.arg("--sync-on-commit");
            command
        })
        .await
    }

    /// PostgreSQL with a cluster of its own.
    pub async fn postgres() -> Self {
        let data = Folder::new();
        let mut make = as_somebody("initdb", &data.0);
        make.args(["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust"]);
        make.arg("--username=vitrine").arg("--pgdata").arg(data.0.join("cluster"));
        assert!(make.stdout(Stdio::null()).status().unwrap().success());
        Self::start(data, |port, folder| {
            let mut command = as_somebody("postgres", folder);
            command.arg("-D").arg(folder.join("cluster"));
            for setting in [
                &format!("port={port}"),
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                "fsync=off",
                // Each process has a pool for each service.
                "max_connections=400",
            ] {
                command.args(["-c", setting]);
            }
            command
        })
        .await
    }

    /// Where it is, for a scheme and with what goes before and after its address.
    pub fn url(&self, before: &str, after: &str) -> String {
        format!("{before}127.0.0.1:{}{after}", self.port)
    }

    fn listens(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }

    /// Kills it, as a machine that is lost would be.
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// It hangs until [`Self::thaw`].
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// It hangs no longer.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// To it and to the processes that it has started: PostgreSQL has one for each connection.
    fn signal(&self, name: &str) {
        let id = self.process.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let children = children.unwrap_or_default();
        let ids =
            std::iter::once(id.to_string()).chain(children.split_whitespace().map(str::to_owned));
        let _ = Command::new("kill").args(["-s", name]).args(ids).stderr(Stdio::null()).status();
    }

    /// Starts it again, where it was and with what it has kept.
    pub async fn start_again(&mut self) {
        let begun = Instant::now();
        while !self.listens() {
            // What is left of the one before may have to end first; then it does not start at once.
            if self.process.has_ended() {
                self.process = Process::start(&mut (self.command)());
            }
            assert!(begun.elapsed() < SOON, "it does not start again: {}", self.process.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A program of PostgreSQL's, run by somebody who is not root, whose the folder is from now on.
fn as_somebody(program: &str, folder: &Path) -> Command {
    let places = (15..20).map(|version| format!("/usr/lib/postgresql/{version}/bin/{program}"));
    let program = places.into_iter().find(|place| Path::new(place).exists());
    let program = program.expect("PostgreSQL 15 or later is installed");
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return Command::new(program);
    }
    let id = |flag: &str| {
        let told = Command::new("id").args([flag, "postgres"]).output().unwrap().stdout;
        String::from_utf8(told).unwrap().trim().parse::<u32>().expect("there is a user postgres")
    };
    let (user, group) = (id("-u"), id("-g"));
    chown(folder, Some(user), Some(group)).unwrap();
    let mut command = Command::new("setpriv");
    command.args([
        format!("--reuid={user}"),
        format!("--regid={group}"),
        "--clear-groups".to_owned(),
    ]);
    command.arg("--").arg(program).current_dir("/");
    command
}
